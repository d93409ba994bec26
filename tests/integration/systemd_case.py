"""Test cases whose service runs under a real systemd, as its unit says."""

from __future__ import annotations

import contextlib
import ftplib
from pathlib import Path

from tests.cases import SynchronousTestCase
from tests.integration.systemd_bench import SystemdBench

ETC = Path(__file__).parent.parent.parent / "etc"
TIMEOUT_SECONDS = 30.0

CONFIGURATION = """\
listeners: [{endpoint: "tcp:21:interface=127.0.0.1"}]
accounts:
  alice: {password: "{plain}secret", home: /srv/ftp/alice, permissions: all, create_home: true}
"""


class SystemdCase(SynchronousTestCase):
    """A booted systemd with the service's unit, user and folders; the service is not started yet.

    The sockets of the test are in the network of that systemd.

    :cvar configuration: the text of ``/etc/ftpd/ftpd.yaml``.
    :cvar drop_in: lines that the unit gets beside its own.
    """

    configuration = CONFIGURATION
    drop_in = ""

    def setUp(self) -> None:
        """Boot it, or skip the test with the reason why it does not boot."""
        self.bench = SystemdBench()
        self.addCleanup(self.bench.stop)
        for name in ("ftpd.service", "ftpd.socket"):
            self.bench.write(f"/etc/systemd/system/{name}", (ETC / name).read_text())
        for kind in ("sysusers", "tmpfiles"):
            self.bench.write(f"/usr/lib/{kind}.d/ftpd.conf", (ETC / f"{kind}.d" / "ftpd.conf").read_text())
            verb = () if kind == "sysusers" else ("--create",)
            self.bench.run(f"systemd-{kind}", *verb, f"/usr/lib/{kind}.d/ftpd.conf")
        self.configure(self.configuration)
        if self.drop_in:
            self.bench.write("/etc/systemd/system/ftpd.service.d/test.conf", self.drop_in)
        self.bench.systemctl("daemon-reload")
        inside = contextlib.ExitStack()
        inside.enter_context(self.bench.network())
        self.addCleanup(inside.close)

    def configure(self, text: str) -> None:
        """Write the configuration."""
        self.bench.write("/etc/ftpd/ftpd.yaml", text)

    def start(self) -> None:
        """Start the service; this returns when it is active."""
        self.bench.systemctl("start", "ftpd.service")

    def connect(self, port: int = 21) -> ftplib.FTP:
        """Return a client that is not logged in."""
        client = ftplib.FTP(timeout=TIMEOUT_SECONDS)
        self.addCleanup(client.close)
        client.connect("127.0.0.1", port)
        return client

    def client(self, port: int = 21) -> ftplib.FTP:
        """Return a client that alice has logged in with."""
        client = self.connect(port)
        client.login("alice", "secret")
        return client
