"""What the kernel tells of an object, and what stat tells in its place."""

from __future__ import annotations

import ctypes
import errno
import os

from ftpd_service.kernel import statx
from ftpd_service.kernel.statx import device_and_mount, facts_of
from tests.cases import SynchronousTestCase


def forbidden(*arguments: object) -> int:
    """``statx`` where a filter of system calls forbids it."""
    ctypes.set_errno(errno.EPERM)
    return -1


class StatxTests(SynchronousTestCase):
    """`facts_of` and `device_and_mount`."""

    def setUp(self) -> None:
        """A directory with one file."""
        self.path = self.mktemp()
        os.mkdir(self.path)
        with open(f"{self.path}/a", "wb") as file:
            file.write(b"abc")
        self.directory = os.open(self.path, os.O_RDONLY)
        self.addCleanup(os.close, self.directory)

    def test_statx_tells_what_stat_tells(self) -> None:
        """The layout is read rightly: every field but the birth time is the same."""
        told = facts_of(self.directory, b"a")._replace(created_ns=None)
        self.patch(statx, "_statx", None)
        self.assertEqual(told, facts_of(self.directory, b"a"))

    def test_stat_where_statx_is_forbidden(self) -> None:
        """As a container's filter does."""
        told = facts_of(self.directory)._replace(created_ns=None)
        self.patch(statx, "_statx", forbidden)
        self.assertEqual((told, statx.available()), (facts_of(self.directory), False))

    def test_a_missing_name(self) -> None:
        """The error's number comes through."""
        with self.assertRaises(FileNotFoundError):
            facts_of(self.directory, b"b")

    def test_the_birth_time_is_not_the_modification_time(self) -> None:
        """Where the file system tells one it stays when the file is dated back."""
        before = facts_of(self.directory, b"a").created_ns
        os.utime(f"{self.path}/a", (0, 0))
        after = facts_of(self.directory, b"a")
        self.assertEqual((after.created_ns, after.modified_ns), (before, 0))

    def test_the_device_of_a_mount(self) -> None:
        """Is the one that stat tells."""
        told = device_and_mount(self.directory)
        assert told is not None
        device = os.fstat(self.directory).st_dev
        self.assertEqual(told[:2], (os.major(device), os.minor(device)))

    def test_no_mount_where_statx_is_missing(self) -> None:
        """Nothing is known of the file then."""
        self.patch(statx, "_quick_statx", None)
        self.assertIsNone(device_and_mount(self.directory))

    def test_a_kernel_that_numbers_no_mounts(self) -> None:
        """Before Linux 5.8 the field is zero."""
        self.patch(statx, "device_and_mount", lambda descriptor: (8, 1, 0))
        self.assertFalse(statx.mounts_available())

    def test_no_mounts_without_statx(self) -> None:
        """They come by it."""
        self.patch(statx, "_statx", None)
        self.assertEqual((statx.available(), statx.mounts_available()), (False, False))
