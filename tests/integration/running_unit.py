"""The service as its unit starts it, whose main process changes."""

from __future__ import annotations

import time
from ftplib import FTP

from tests.integration.systemd_case import CONFIGURATION, SystemdCase

HOME = "/srv/ftp/alice"


class RunningUnit(SystemdCase):
    """The service as its unit starts it, with a home."""

    configuration = f"{CONFIGURATION}limits: {{sessions_per_host: 1000}}\n"

    def setUp(self) -> None:
        super().setUp()
        self.bench.run("install", "--directory", "--owner=ftpd", "--group=ftpd", HOME)
        self.start()

    def log_in(self) -> FTP:
        """A session of alice, for any thread."""
        client = FTP(timeout=60)
        client.connect("127.0.0.1", 21)
        client.login("alice", "secret")
        return client

    def main(self) -> str:
        """The id of the main process, as the namespace counts."""
        return self.bench.show("MainPID")

    def signal(self, name: str) -> None:
        """Send the main process a signal."""
        self.bench.systemctl("kill", f"--signal={name}", "--kill-whom=main", "ftpd.service")

    def other_main(self, former: str) -> str:
        """Wait for another main process.

        :raises AssertionError: none comes.
        """
        until = time.monotonic() + 60
        while (main := self.main()) in (former, "0"):
            self.look_again(until)
        return main

    def look_again(self, until: float) -> None:
        """Pause between two looks.

        :raises AssertionError: the time is over.
        """
        if time.monotonic() >= until:
            raise AssertionError(f"the main process is {self.main()} still: {self.bench.log()}")
        time.sleep(0.05)

    def restarts(self) -> tuple[str, str]:
        """Whether the unit is active, and how often systemd has restarted it."""
        return self.bench.show("ActiveState"), self.bench.show("NRestarts")

    def stored(self) -> int:
        """The number of sockets that systemd keeps."""
        return int(self.bench.show("NFileDescriptorStore"))
