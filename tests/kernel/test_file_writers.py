"""Whether anybody has a file open for writing."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import signal
import time

from ftpd_service.kernel.file_writers import has_writers, open_existing
from ftpd_service.kernel.libc import WORKING_DIRECTORY
from tests.cases import SynchronousTestCase


class FileWritersTests(SynchronousTestCase):
    """`has_writers` of our own file."""

    def setUp(self) -> None:
        """A file of a page, open for reading."""
        self.path = self.mktemp()
        with open(self.path, "wb") as file:
            file.write(bytes(mmap.PAGESIZE))
        self.descriptor = os.open(self.path, os.O_RDONLY)
        self.addCleanup(os.close, self.descriptor)

    def test_nobody_writes(self) -> None:
        """Readers do not count."""
        self.assertIs(has_writers(self.descriptor), False)

    def test_a_descriptor_for_writing(self) -> None:
        """Counts until it is closed."""
        with open(self.path, "r+b"):
            self.assertIs(has_writers(self.descriptor), True)
        self.assertIs(has_writers(self.descriptor), False)

    def test_a_memory_map(self) -> None:
        """Counts without its descriptor, as a store through it changes no time."""
        with open(self.path, "r+b") as file:
            held = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.assertIs(has_writers(self.descriptor), True)
        held.close()
        self.assertIs(has_writers(self.descriptor), False)

    def test_the_question_holds_nobody_up(self) -> None:
        """The lease is given back, so the next program opens the file without waiting."""
        has_writers(self.descriptor)
        os.close(os.open(self.path, os.O_WRONLY | os.O_NONBLOCK))

    def test_a_lease_that_is_given_back(self) -> None:
        """Is waited for by our own openings, which do not wait for anything else."""
        self.lease(fcntl.F_RDLCK)
        self.patch(time, "sleep", lambda seconds: self.lease(fcntl.F_UNLCK))
        os.close(open_existing(os.fsencode(self.path), os.O_WRONLY | os.O_NONBLOCK, WORKING_DIRECTORY))

    def test_a_lease_of_another_program(self) -> None:
        """Is not waited for long."""
        self.lease(fcntl.F_RDLCK)
        self.patch(time, "sleep", int)
        name, flags = os.fsencode(self.path), os.O_WRONLY | os.O_NONBLOCK
        self.assertRaises(BlockingIOError, open_existing, name, flags, WORKING_DIRECTORY)

    def lease(self, kind: int) -> None:
        """Hold a lease, as Samba does, or give it back."""
        fcntl.fcntl(self.descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(self.descriptor, fcntl.F_SETLEASE, kind)

    def test_a_kernel_that_does_not_tell(self) -> None:
        """As for files of others, or where leases are switched off."""

        def refuse(descriptor: int, command: int, argument: int) -> int:
            raise OSError(errno.EACCES, "refused")

        self.patch(fcntl, "fcntl", refuse)
        self.assertIsNone(has_writers(self.descriptor))
