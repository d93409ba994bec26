"""The disk that hangs, where it can't be had; tests/integration/test_hanging_file.py has it hang."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ftpd_bench.peers.hanging import HangingDisk, NotMounted
from ftpd_bench.peers.place import NotStarted, Place
from ftpd_bench.peers.plan import Ground
from ftpd_bench.peers.run import Fleet
from ftpd_bench.peers.servers import OURS
from tests.cases import SynchronousTestCase


class RefusalTests(SynchronousTestCase):
    """Why is said, and nothing stays behind."""

    def setUp(self) -> None:
        """A folder to mount on, and no such Python and library."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.base = Path(folder.name)

    def test_without_the_library(self) -> None:
        """Without root or /dev/fuse it is not even tried."""
        self.assertRaises(NotMounted, HangingDisk, self.base, seconds=1.0, library=self.base / "libfuse3.so.3")

    def test_a_python_that_ends_at_once(self) -> None:
        """As one without mfusepy does."""
        self.assertRaises(NotMounted, HangingDisk, self.base, seconds=1.0, python=Path("/bin/false"))

    def test_a_python_that_is_not_there(self) -> None:
        """As where no peers could be had."""
        self.assertRaises(NotMounted, HangingDisk, self.base, seconds=1.0, python=self.base / "python")

    def test_no_server_is_measured_without_it(self) -> None:
        """The report says so, and goes on."""
        place = Place(base=self.base, cache=self.base / "cache")
        place.hanging.mkdir(parents=True)
        fleet = Fleet({Ground.HANGING: place})
        self.addCleanup(fleet.stop)
        problem = self.assertRaises(NotStarted, fleet.running, OURS, Ground.HANGING)
        self.assertIn("no file can be made to hang", str(problem))
