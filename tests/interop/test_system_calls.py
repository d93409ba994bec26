"""How many system calls a small file costs: what a client waits for, and what a busy server's processors do.

The figures of the day stand in docs/performance.rst; here a bound a little above them keeps them from growing unseen.
"""

from __future__ import annotations

import io

from tests.interop.traced_case import TracedCase
from tests.interop.trees import octets

FILES = 40
MOST_FOR_RETR = 45
MOST_FOR_STOR = 100


class SystemCallTests(TracedCase):
    """Small files."""

    def warm_up(self) -> None:
        """Make everything that is made once."""
        for _ in range(5):
            self.store()
            self.retrieve()

    def store(self) -> None:
        """Send 4 KiB."""
        self.client.storbinary("STOR small", io.BytesIO(octets(4096)))

    def retrieve(self) -> None:
        """Fetch them."""
        self.client.retrbinary("RETR small", lambda data: None)

    def calls(self) -> float:
        """System calls a file, of what has been traced."""
        return sum("resumed>" not in line and "(" in line for line in self.traced()) / FILES

    def test_retr_of_4_kib(self) -> None:
        """EPSV, RETR, the data connection from accept to close, and three replies."""
        for _ in range(FILES):
            self.retrieve()
        self.assertLess(self.calls(), MOST_FOR_RETR)

    def test_stor_of_4_kib(self) -> None:
        """The same, with a hidden file that gets its name."""
        for _ in range(FILES):
            self.store()
        self.assertLess(self.calls(), MOST_FOR_STOR)
