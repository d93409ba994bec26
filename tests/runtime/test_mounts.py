"""On which mount a path is, by the kernel's table."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SkipTest

from ftpd_service.placed import Placed
from ftpd_service.runtime.mounts import Mounts
from ftpd_service.runtime.pool import BlockingPool, MountedHome
from ftpd_service.runtime.shares import Keys
from ftpd_service.storage.local.at_hand import mount_at_hand
from ftpd_service.values import VirtualPath
from tests.cases import SynchronousTestCase
from tests.runtime.test_pool import ClockedThreads

TABLE = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:30 / /srv rw,relatime shared:5 - xfs /dev/sdb1 rw
31 30 0:31 / /srv/ftp/alice/hang rw,relatime - fuse.x x rw
32 30 0:32 / /srv/ftp/alice/with\\040space rw,relatime - fuse.x x rw
33 31 0:33 / /srv/ftp/alice/hang rw,relatime - fuse.y y rw
"""
ALICE = b"/srv/ftp/alice"


class TableTests(SynchronousTestCase):
    """A table that was written down."""

    def setUp(self) -> None:
        table = Path(self.mktemp())
        table.write_text(TABLE)
        self.mounts = Mounts(str(table))
        self.addCleanup(self.mounts.close)

    def test_the_longest_mount_point_counts(self) -> None:
        """Above it are others."""
        self.assertEqual([self.mounts.of(path) for path in (b"/", b"/srv/ftp", b"/srvx")], [22, 30, 22])

    def test_a_path_on_the_homes_own_mount(self) -> None:
        """Is told by nobody here: the home's mount is known by its descriptor, links and all."""
        self.assertIsNone(self.mounts.below(ALICE, b"/docs/f"))

    def test_a_path_below_a_mount_of_a_home(self) -> None:
        """The topmost of two mounts at one place is the last."""
        self.assertEqual(self.mounts.below(ALICE, b"/hang/read/file"), 33)

    def test_the_mount_point_itself(self) -> None:
        """Its names are looked up there."""
        self.assertEqual(self.mounts.below(ALICE, b"/hang"), 33)

    def test_a_name_that_only_begins_alike(self) -> None:
        """Is another name."""
        self.assertIsNone(self.mounts.below(ALICE, b"/hanging/f"))

    def test_a_name_with_a_space(self) -> None:
        """Stands escaped in the table."""
        self.assertEqual(self.mounts.below(ALICE, b"/with space/f"), 32)

    def test_another_home(self) -> None:
        """Has nothing of alice's below it."""
        self.assertIsNone(self.mounts.below(b"/srv/ftp/bob", b"/hang/f"))

    def test_a_home_that_is_a_mount_point(self) -> None:
        """Is its own mount."""
        self.assertIsNone(self.mounts.below(ALICE + b"/hang", b"/f"))

    def test_a_home_that_is_the_root(self) -> None:
        """All mounts are below it."""
        self.assertEqual(self.mounts.below(b"/", b"/srv/f"), 30)

    def test_a_system_without_a_table(self) -> None:
        """Knows no mount."""
        mounts = Mounts("/proc/missing")
        self.assertEqual((mounts.of(b"/"), mounts.below(ALICE, b"/hang"), mounts.changed()), (None, None, False))


class SystemTests(SynchronousTestCase):
    """The kernel's own table."""

    def test_a_descriptor_and_a_path_tell_the_same_mount(self) -> None:
        """Both numbers are the kernel's."""
        place = os.path.realpath(self.mktemp()).encode()
        os.mkdir(place)
        mount = mount_at_hand(place)
        if mount is None:
            raise SkipTest("this kernel does not tell at once on which mount a directory is")
        mounts = Mounts()
        self.addCleanup(mounts.close)
        self.assertEqual(mounts.of(place), mount)


class KeysTests(SynchronousTestCase):
    """What a call counts for."""

    def setUp(self) -> None:
        """A pool that has read the table, and no thread."""
        table = Path(self.mktemp())
        table.write_text(TABLE)
        self.pool = BlockingPool(ClockedThreads(), mounts=Mounts(str(table)))
        self.owned = self.pool.owned(host="h", account=lambda: "alice", home=MountedHome(ALICE, 30))

    def check(self, path: str, mount: int) -> None:
        """A call at a path of the storage counts for a mount."""
        line = self.owned.line(self.pool.files, Placed(bool, VirtualPath(path)))
        self.assertIs(line, self.pool.files.lines.line(Keys("h", "alice", mount)))

    def test_a_call_in_the_home(self) -> None:
        """Counts for the mount that the home is on."""
        self.check("/docs/f", 30)

    def test_a_call_on_a_file_system_below_the_home(self) -> None:
        """Counts for that: one that hangs does not take the threads of the disk that the homes are on."""
        self.check("/hang/f", 33)

    def test_a_call_of_nobody(self) -> None:
        """Takes no share, as the service's own."""
        self.assertEqual(self.pool.files.lines.line(Keys()).shares, ())
