"""The network of a run, entered by a process of its own."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SkipTest

from ftpd_bench.peers.network import CONGESTION_CONTROL, choose
from tests.cases import SynchronousTestCase

PROGRAM = """
import os, socket
from ftpd_bench.peers.network import CONGESTION_CONTROL, enter
print(enter())
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname(), 10).close()
print(CONGESTION_CONTROL.read_text().strip())
print(os.readlink("/proc/self/ns/net"))
"""


class Kernel:
    """A kernel's setting that takes some values only (``net.ipv4.tcp_allowed_congestion_control``)."""

    def __init__(self, *allowed: str) -> None:
        self.allowed = allowed
        self.value = "bbr"

    def read_text(self) -> str:
        """With the line end that the kernel gives."""
        return f"{self.value}\n"

    def write_text(self, data: str) -> int:
        """Refuse as the kernel does."""
        if data not in self.allowed:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        self.value = data
        return len(data)


class CongestionControlTests(SynchronousTestCase):
    """A new network takes what is allowed to it."""

    def test_cubic_where_it_is_allowed(self) -> None:
        """The kernel's default."""
        self.assertEqual(choose(Kernel("reno", "cubic")), "cubic")

    def test_reno_where_cubic_is_not(self) -> None:
        """As it does not pace by timers either."""
        self.assertEqual(choose(Kernel("reno", "bbr")), "reno")

    def test_what_there_is_where_neither_is(self) -> None:
        """The run goes on."""
        self.assertEqual(choose(Kernel("bbr")), "bbr")


class NetworkTests(SynchronousTestCase):
    """Whether or not this user may have a network of its own."""

    def entered(self, *wrapper: str) -> tuple[str, str, bool]:
        """What is said of it, its congestion control, and whether it is another one than ours; its loopback works."""
        top = str(Path(__file__).resolve().parent.parent.parent)
        command = [*wrapper, sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, cwd=top, capture_output=True, text=True, timeout=60, check=True)
        said, control, network = done.stdout.splitlines()
        return said, control, network != os.readlink("/proc/self/ns/net")

    def test_what_is_said_is_so(self) -> None:
        """The network's own congestion control is told, and the host keeps what it has."""
        former = CONGESTION_CONTROL.read_text().strip()
        said, control, own = self.entered()
        whose = "a network of its own" if own else "the network of this host"
        self.assertTrue(said.startswith(f"{control} in {whose}"), said)
        self.assertEqual(own and control != "cubic", said.endswith(" (cubic is not allowed here)"))
        self.assertEqual(CONGESTION_CONTROL.read_text().strip(), former)

    def test_who_may_not(self) -> None:
        """Measures in the network of the host, and says so."""
        if os.geteuid() == 0 and shutil.which("setpriv") is None:
            raise SkipTest("setpriv (util-linux) is not installed")
        without = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs") if os.geteuid() == 0 else ()
        said, control, own = self.entered(*without)
        self.assertFalse(own)
        self.assertTrue(said.startswith(f"{control} in the network of this host ("), said)
