"""Locks of whole files, by both ways."""

from __future__ import annotations

import os
import sys

from ftpd_service.kernel import locks
from ftpd_service.kernel.locks import is_locked, lock
from tests.cases import SynchronousTestCase

NO_DESCRIPTOR = 2**30
"""A number that no open file has."""


class OpenFileLocks(SynchronousTestCase):
    """By F_OFD_SETLK; ``flock`` is the class below."""

    def setUp(self) -> None:
        """A file, opened twice."""
        path = self.mktemp()
        self.first, self.second = (os.open(path, os.O_RDWR | os.O_CREAT) for _ in range(2))
        self.addCleanup(os.close, self.second)
        self.prepare()

    def prepare(self) -> None:
        """Nothing is missing."""

    def test_a_file_that_another_descriptor_locks(self) -> None:
        """Is locked for the second, also within one process."""
        self.addCleanup(os.close, self.first)
        self.assertEqual((lock(self.first), lock(self.second), is_locked(self.second)), (True, False, True))

    def test_a_lock_ends_with_its_descriptor(self) -> None:
        """And nothing else has to be done."""
        lock(self.first)
        os.close(self.first)
        self.assertEqual((is_locked(self.second), lock(self.second)), (False, True))

    def test_a_lock_survives_the_other_descriptor(self) -> None:
        """The older kind of lock would end with any descriptor of the file."""
        self.addCleanup(os.close, self.first)
        lock(self.first)
        os.close(os.dup(self.second))
        self.assertTrue(is_locked(self.second))

    def test_what_cannot_be_locked(self) -> None:
        """Counts as locked by us: an upload must not fail for it."""
        self.addCleanup(os.close, self.first)
        self.assertTrue(lock(NO_DESCRIPTOR))


class Flocks(OpenFileLocks):
    """A system that has no locks of open files."""

    def prepare(self) -> None:
        self.patch(sys, "platform", "freebsd14")

    def test_they_are_not_available(self) -> None:
        """The table of abilities says so."""
        self.addCleanup(os.close, self.first)
        self.assertFalse(locks.available())
