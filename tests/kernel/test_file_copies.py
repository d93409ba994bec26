"""Copies between two open files, by each way."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from ftpd_service.kernel.file_copies import copy_range
from tests.cases import SynchronousTestCase

CONTENT = bytes(range(256)) * 2500
"""More than two pieces of a copy by hand."""


def refuse(number: int) -> Callable[..., int]:
    """A call of the system that fails with an error."""

    def call(*arguments: object, **named: object) -> int:
        raise OSError(number, os.strerror(number))

    return call


def nothing(*arguments: object, **named: object) -> int:
    """A call that finds the end of the file."""
    return 0


class ByRange(SynchronousTestCase):
    """By ``copy_file_range``; the other ways are classes below."""

    def setUp(self) -> None:
        """A file, and an empty file."""
        path = self.mktemp()
        os.mkdir(path)
        with open(f"{path}/source", "wb") as file:
            file.write(CONTENT)
        self.path = f"{path}/target"
        self.source = os.open(f"{path}/source", os.O_RDONLY)
        self.target = os.open(self.path, os.O_WRONLY | os.O_CREAT)
        self.addCleanup(os.close, self.source)
        self.addCleanup(os.close, self.target)
        self.prepare()

    def prepare(self) -> None:
        """Nothing is missing."""

    def copied(self) -> bytes:
        """The content of the target."""
        with open(self.path, "rb") as file:
            return file.read()

    def test_a_part(self) -> None:
        """From the offset on, so many bytes."""
        self.assertEqual(copy_range(self.source, 300, self.target, 300_000), 300_000)
        self.assertEqual(self.copied(), CONTENT[300:300_300])

    def test_part_after_part(self) -> None:
        """The position of the target goes on, and that of the source does not count."""
        os.lseek(self.source, 77, os.SEEK_SET)
        counts = [copy_range(self.source, at, self.target, 400_000) for at in (0, 400_000)]
        self.assertEqual((counts, self.copied() == CONTENT), ([400_000, 240_000], True))

    def test_the_end(self) -> None:
        """No byte is left."""
        self.assertEqual(copy_range(self.source, len(CONTENT), self.target, 10), 0)


class BySendfile(ByRange):
    """By ``sendfile``, between two file systems."""

    def prepare(self) -> None:
        """The kernel refuses ``copy_file_range``."""
        self.patch(os, "copy_file_range", refuse(errno.EXDEV))


class ByHand(ByRange):
    """By reads and writes."""

    def prepare(self) -> None:
        """Both calls are missing."""
        self.patch(os, "copy_file_range", refuse(errno.ENOSYS))
        self.patch(os, "sendfile", refuse(errno.EINVAL))


class ByHandBehindNothing(ByRange):
    """By reads and writes of a file system for which both calls find nothing."""

    def prepare(self) -> None:
        """FUSE before Linux 5.3 and made-up files."""
        self.patch(os, "copy_file_range", nothing)
        self.patch(os, "sendfile", nothing)


class FaultTests(ByRange):
    """Real faults."""

    def test_a_full_disk(self) -> None:
        """No other way is tried."""
        self.patch(os, "copy_file_range", refuse(errno.ENOSPC))
        self.assertRaises(OSError, copy_range, self.source, 0, self.target, 10)
        self.assertEqual(self.copied(), b"")

    def test_a_descriptor_that_is_closed(self) -> None:
        """The last way says so."""
        problem = self.assertRaises(OSError, copy_range, self.source, 0, 2**20, 10)
        self.assertEqual(problem.errno, errno.EBADF)
