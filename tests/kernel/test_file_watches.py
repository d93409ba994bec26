"""Watches of single files."""

from __future__ import annotations

import os
import struct

from ftpd_service.kernel.file_watches import FileWatches
from tests.cases import SynchronousTestCase


class FileWatchesTests(SynchronousTestCase):
    """`FileWatches` of an upload: a file that we write, close, and go on watching."""

    def setUp(self) -> None:
        """The file, with its last byte written."""
        self.path = self.mktemp()
        self.writing = os.open(self.path, os.O_WRONLY | os.O_CREAT)
        os.write(self.writing, b"content")
        self.reading = os.open(self.path, os.O_RDONLY)
        self.addCleanup(os.close, self.reading)
        self.watches = FileWatches()
        self.addCleanup(self.watches.close)
        self.number = self.watches.begin(self.reading)

    def settled(self) -> bool:
        """Close the upload."""
        os.close(self.writing)
        return self.watches.settle(self.number, self.reading)

    def test_an_upload_that_nobody_touches(self) -> None:
        """Our own close of its descriptor is no change."""
        self.assertTrue(self.settled())
        self.assertTrue(self.watches.untouched(self.number))

    def test_a_change_before_the_end_of_the_upload(self) -> None:
        """Also by its own descriptor, as nothing may be written any more."""
        os.write(self.writing, b"more")
        self.assertFalse(self.settled())

    def test_an_opening_before_the_end_of_the_upload(self) -> None:
        """Tells nothing about writing, so that it counts as a change."""
        os.close(os.open(self.path, os.O_RDONLY))
        self.assertFalse(self.settled())

    def test_a_reader(self) -> None:
        """Changes nothing after the end of the upload."""
        self.settled()
        with open(self.path, "rb") as file:
            file.read()
        self.assertTrue(self.watches.untouched(self.number))

    def test_a_write(self) -> None:
        """Is known as soon as it has returned."""
        self.settled()
        with open(self.path, "r+b", buffering=0) as file:
            file.write(b"C")
            self.assertFalse(self.watches.untouched(self.number))

    def test_a_program_that_may_have_written(self) -> None:
        """Through a memory map, of which the kernel tells nothing before the close."""
        self.settled()
        os.close(os.open(self.path, os.O_RDWR))
        self.assertFalse(self.watches.untouched(self.number))

    def test_times_names_and_rights(self) -> None:
        """Are no bytes."""
        self.settled()
        os.utime(self.path, (1, 1))
        os.chmod(self.path, 0o600)
        os.rename(self.path, self.path + ".new")
        self.assertTrue(self.watches.untouched(self.number))

    def test_a_queue_that_has_overflown(self) -> None:
        """Means that every file may have changed."""
        self.settled()
        events = [struct.pack("=iIII", -1, 0x4000, 0, 0)]

        def read(queue: int, count: int) -> bytes:
            if not events:
                raise BlockingIOError
            return events.pop()

        self.patch(os, "read", read)
        self.assertFalse(self.watches.untouched(self.number))

    def test_an_ended_watch(self) -> None:
        """Promises nothing."""
        self.watches.end(self.number)
        self.watches.end(self.number)
        self.assertFalse(self.watches.untouched(self.number))
        os.close(self.writing)
