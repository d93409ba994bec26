"""Renaming to a name that must be free, by each way."""

from __future__ import annotations

import ctypes
import errno
import os

from ftpd_service.kernel import renames
from ftpd_service.kernel.renames import rename_new
from tests.cases import SynchronousTestCase


def refusing(number: int) -> object:
    """A call of the system that fails with an error."""

    def refuse(*arguments: object, **named: object) -> int:
        raise OSError(number, os.strerror(number))

    return refuse


def forbidden(*arguments: object) -> int:
    """``renameat2`` where a filter of system calls forbids it."""
    ctypes.set_errno(errno.EPERM)
    return -1


class ByKernel(SynchronousTestCase):
    """By ``renameat2``; the other ways are classes below."""

    def setUp(self) -> None:
        """A directory with a file, a directory and a taken name."""
        self.path = self.mktemp()
        os.makedirs(f"{self.path}/d")
        for name in ("a", "taken"):
            with open(f"{self.path}/{name}", "w") as file:
                file.write(name)
        self.directory = os.open(self.path, os.O_RDONLY)
        self.addCleanup(os.close, self.directory)
        self.prepare()

    def prepare(self) -> None:
        """Nothing is missing."""

    def rename(self, source: bytes, name: bytes) -> None:
        """Rename in the directory."""
        rename_new(self.directory, source, self.directory, name)

    def content(self, name: str) -> str:
        """Of a file."""
        with open(f"{self.path}/{name}") as file:
            return file.read()

    def test_a_free_name(self) -> None:
        """The file has it, and the old name is gone."""
        self.rename(b"a", b"b")
        self.assertEqual((self.content("b"), sorted(os.listdir(self.path))), ("a", ["b", "d", "taken"]))

    def test_a_taken_name(self) -> None:
        """EEXIST, and both files stay."""
        with self.assertRaises(FileExistsError):
            self.rename(b"a", b"taken")
        self.assertEqual((self.content("a"), self.content("taken")), ("a", "taken"))

    def test_a_directory(self) -> None:
        """Likewise, though it cannot be linked."""
        self.rename(b"d", b"e")
        self.assertEqual(sorted(os.listdir(self.path)), ["a", "e", "taken"])

    def test_a_directory_to_a_taken_name(self) -> None:
        """EEXIST."""
        with self.assertRaises(FileExistsError):
            self.rename(b"d", b"taken")

    def test_a_missing_file(self) -> None:
        """ENOENT."""
        with self.assertRaises(FileNotFoundError):
            self.rename(b"missing", b"b")


class WithoutTheCall(ByKernel):
    """A C library that lacks it."""

    def prepare(self) -> None:
        self.patch(renames, "_renameat2", None)

    def test_it_is_not_available(self) -> None:
        """The table of abilities says so."""
        self.assertFalse(renames.available())


class ForbiddenCall(ByKernel):
    """A filter that answers EPERM."""

    def prepare(self) -> None:
        self.patch(renames, "_renameat2", forbidden)

    def test_it_is_not_available(self) -> None:
        """The table of abilities says so."""
        self.assertFalse(renames.available())


class WithoutHardLinks(ByKernel):
    """A file system that has none either."""

    def prepare(self) -> None:
        self.patch(renames, "_renameat2", None)
        self.patch(os, "link", refusing(errno.EPERM))
