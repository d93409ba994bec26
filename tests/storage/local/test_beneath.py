"""Places below a root that cannot be left; for opening see ``tests/kernel/test_openat2.py``."""

from __future__ import annotations

import errno
import os

from ftpd_service.kernel.openat2 import open_by_kernel
from ftpd_service.storage.local.beneath import Jail
from tests.cases import SynchronousTestCase
from tests.storage.local.disk import Disk


class TestTarget(SynchronousTestCase):
    """`Jail.target`: where a file written through links goes."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)
        self.jail = Jail(os.fsencode(self.disk.root), open_by_kernel)

    def goes_to(self, path: bytes) -> tuple[int, bytes]:
        """The directory's inode and the name."""
        with self.jail.target(path) as place:
            return os.fstat(place.directory).st_ino, place.name

    def inode(self, path: str) -> int:
        """Of what stands at a host path."""
        return os.stat(self.disk.host(path)).st_ino

    def test_links_one_behind_the_other(self) -> None:
        """All are followed, the last name need not exist."""
        self.disk.put_directory("/d/e")
        self.disk.put_link("/l", "d/m")
        self.disk.put_link("/d/m", "e/new")
        self.assertEqual(self.goes_to(b"/l"), (self.inode("/d/e"), b"new"))

    def test_a_link_in_the_way(self) -> None:
        """``..`` behind a link goes up from where the link leads."""
        self.disk.put_directory("/d/e")
        self.disk.put_link("/m", "d/e")
        self.disk.put_link("/l", "m/../new")
        self.assertEqual(self.goes_to(b"/l"), (self.inode("/d"), b"new"))

    def test_a_link_to_a_directory_by_dots(self) -> None:
        """Has no last name: EISDIR, and nothing stays open."""
        self.disk.put_link("/l", "..")
        with self.assertRaises(IsADirectoryError):
            self.jail.target(b"/l")
        self.assertEqual(self.disk.open_in(), [])

    def test_a_loop(self) -> None:
        """Ends."""
        self.disk.put_link("/l", "l")
        with self.assertRaises(OSError) as caught:
            self.jail.target(b"/l")
        self.assertEqual(caught.exception.errno, errno.ELOOP)
