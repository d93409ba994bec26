"""The process has no descriptors left: clients and the operator are told so, and later it goes on."""

from __future__ import annotations

import ftplib
import os
import resource

from tests.interop.process_case import ProcessCase


class NoDescriptorsTests(ProcessCase):
    """RLIMIT_NOFILE is reached."""

    def setUp(self) -> None:
        """A client is logged in, and a file is there."""
        super().setUp()
        (self.server.home / "f").write_bytes(b"abc")
        self.known = self.client()
        self.known.voidcmd("TYPE I")
        assert self.server.process is not None
        self.process = self.server.process.pid

    def allow(self, more: int) -> None:
        """Let the server open so many more files than it has now."""
        used = max(int(name) for name in os.listdir(f"/proc/{self.process}/fd")) + 1
        hard = resource.prlimit(self.process, resource.RLIMIT_NOFILE)[1]
        resource.prlimit(self.process, resource.RLIMIT_NOFILE, (used + more, hard))

    def starved(self) -> None:
        """No number is free below the limit."""
        numbers = {int(name) for name in os.listdir(f"/proc/{self.process}/fd")}
        hard = resource.prlimit(self.process, resource.RLIMIT_NOFILE)[1]
        first_free = next(number for number in range(len(numbers) + 1) if number not in numbers)
        resource.prlimit(self.process, resource.RLIMIT_NOFILE, (first_free, hard))

    def refused(self, line: str) -> str:
        """The answer to a line."""
        with self.assertRaises((ftplib.error_temp, ftplib.error_perm)) as caught:
            self.known.voidcmd(line)
        return str(caught.exception)

    def test_a_file_cannot_be_opened(self) -> None:
        """450 with the reason, and an error in the log."""
        self.starved()
        self.assertEqual(self.refused("SIZE f"), "450 The server is short of resources, try again later.")
        self.server.logged("short of resources (EMFILE)")

    def test_a_passive_port_cannot_be_opened(self) -> None:
        """425 with the reason, and an error in the log."""
        self.starved()
        self.assertIn("425 Cannot open data connection: the server is short of resources.", self.refused("EPSV"))
        self.server.logged("EPSV failed: the server is short of resources")

    def test_it_goes_on_afterwards(self) -> None:
        """The same session works again."""
        self.starved()
        self.refused("SIZE f")
        self.allow(100)
        self.assertEqual(self.known.size("f"), 3)
