"""twistd's log file with two processes that write."""

from __future__ import annotations

from pathlib import Path

from ftpd_service.observe.shared_log_file import SharedLogFile
from tests.cases import SynchronousTestCase


class SharedLogFileTests(SynchronousTestCase):
    """Two objects stand for the logs of two processes."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.path.touch()
        self.older, self.newer = self.opened(), self.opened()

    def opened(self) -> SharedLogFile:
        """The log of one process."""
        file: SharedLogFile = SharedLogFile(self.path.name, str(self.path.parent))
        self.addCleanup(file.close)
        return file

    def test_lines_of_both(self) -> None:
        """Neither process overwrites a line of the other."""
        self.older.write("one\n")
        self.newer.write("two\n")
        self.older.write("three\n")
        self.assertEqual(self.path.read_text(), "one\ntwo\nthree\n")

    def test_after_a_rotation(self) -> None:
        """Likewise, in the new file."""
        self.older.rotate()
        self.newer.reopen()
        self.older.write("one\n")
        self.newer.write("two\n")
        self.older.write("three\n")
        self.assertEqual(self.path.read_text(), "one\ntwo\nthree\n")
