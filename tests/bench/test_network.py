"""The network of a run, entered by a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ftpd_bench.peers.network import CONGESTION_CONTROL
from tests.cases import SynchronousTestCase

PROGRAM = """
import os, socket
from ftpd_bench.peers.network import enter
print(enter())
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname(), 10).close()
print(os.readlink("/proc/self/ns/net"))
"""


class NetworkTests(SynchronousTestCase):
    """Whether or not this user may have a network of its own."""

    def entered(self, *wrapper: str) -> tuple[str, bool]:
        """What is said of it, and whether it is another one than ours; its loopback works."""
        top = str(Path(__file__).resolve().parent.parent.parent)
        command = [*wrapper, sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, cwd=top, capture_output=True, text=True, timeout=60, check=True)
        said, network = done.stdout.splitlines()
        return said, network != os.readlink("/proc/self/ns/net")

    def test_what_is_said_is_so(self) -> None:
        """An own network has the kernel's default, and the host keeps what it has."""
        former = CONGESTION_CONTROL.read_text().strip()
        said, own = self.entered()
        self.assertEqual(said, "cubic in a network of its own" if own else f"{former} in the network of this host")
        self.assertEqual(CONGESTION_CONTROL.read_text().strip(), former)

    def test_who_may_not(self) -> None:
        """Measures in the network of the host, and says so."""
        without = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs") if os.geteuid() == 0 else ()
        said, own = self.entered(*without)
        former = CONGESTION_CONTROL.read_text().strip()
        self.assertEqual((said, own), (f"{former} in the network of this host", False))
