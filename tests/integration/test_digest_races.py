"""Digests while other sessions and programs change the files: no answer is of another content.

The kernel of this host decides how hard the race is: from Linux 6.13 on, ext4, XFS and btrfs give a change that follows
a look a time of its own.  ramfs has the older times of a tick everywhere, so that the mistakes show on it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile

from twisted.trial.unittest import SkipTest

from tests.cases import SynchronousTestCase
from tests.integration.digest_racing import RAMFS

SECONDS = 120


def raced(place: str, steps: int, mistake: str, *before: str) -> tuple[int, int]:
    """Run a race; return how many digests were found without reading, and how many answers were wrong."""
    command = [*before, sys.executable, "-m", "tests.integration.digest_racing", place, str(steps), mistake]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    found, wrong = ended.stdout.split()
    return int(found), int(wrong)


class TemporaryFolderRaces(SynchronousTestCase):
    """On the file system of temporary files."""

    def test_no_answer_is_of_another_content(self) -> None:
        """And digests are found without reading all the same."""
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        found, wrong = raced(folder, 3000, "none")
        self.assertEqual(wrong, 0)
        self.assertGreater(found, 30)


class TickRaces(SynchronousTestCase):
    """On a file system whose times move in ticks."""

    def raced(self, steps: int, mistake: str) -> tuple[int, int]:
        """Run a race on ramfs, which only root can mount, in a mount namespace of its own."""
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
            raise SkipTest("only root mounts a ramfs, and not in every container")
        return raced(RAMFS, steps, mistake, "unshare", "--mount")

    def test_ten_thousand_interleavings(self) -> None:
        """STOR, APPE, MFMT, renames, and writes of another program with the times put back."""
        found, wrong = self.raced(10_000, "none")
        self.assertEqual(wrong, 0)
        self.assertGreater(found, 200)

    def test_the_change_time_is_needed(self) -> None:
        """Without it the race finds wrong answers."""
        self.assertGreater(self.raced(1500, "ctime")[1], 0)

    def test_the_two_ticks_are_needed(self) -> None:
        """Likewise."""
        self.assertGreater(self.raced(1500, "ticks")[1], 0)

    def test_the_watch_of_uploads_is_needed(self) -> None:
        """Likewise."""
        self.assertGreater(self.raced(1500, "watch")[1], 0)
