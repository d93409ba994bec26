"""Files of lines: where lines go when the file is moved, and what a full disk leaves of them."""

from __future__ import annotations

import os
import resource
import signal

from ftpd_service.observe.log_files import AppendedFile
from ftpd_service.observe.log_writer import NotWritten
from tests.cases import SynchronousTestCase


class AppendedFileCase(SynchronousTestCase):
    """A file in a folder of its own."""

    def setUp(self) -> None:
        """One that is open."""
        self.folder = os.path.abspath(self.mktemp())
        os.mkdir(self.folder)
        self.path = os.path.join(self.folder, "log")
        self.complaints: list[str] = []
        self.file = AppendedFile(self.path, complain=self.complaints.append)
        self.file.open()
        self.addCleanup(self.file.close)

    def held(self, ending: str = "") -> bytes:
        """The contents of a file whose name begins with that of the log."""
        with open(self.path + ending, "rb") as file:
            return file.read()


class MovedTests(AppendedFileCase):
    """A file that logrotate has moved away."""

    def setUp(self) -> None:
        """With a line before the move."""
        super().setUp()
        self.file.write([b"before\n"])
        os.rename(self.path, self.path + ".1")

    def test_reopening_begins_a_new_file(self) -> None:
        """At the same path."""
        self.file.reopen()
        self.file.write([b"after\n"])
        self.assertEqual((self.held(".1"), self.held()), (b"before\n", b"after\n"))

    def test_a_file_that_logrotate_has_made_is_used(self) -> None:
        """With its owner and mode."""
        with open(self.path, "wb"):
            os.chmod(self.path, 0o600)
        self.file.reopen()
        self.file.write([b"after\n"])
        self.assertEqual((self.held(), os.stat(self.path).st_mode & 0o777), (b"after\n", 0o600))

    def test_the_move_is_seen_without_a_signal(self) -> None:
        """At the next look, which the first write after a while is."""
        other = AppendedFile(self.path + ".1", complain=self.complaints.append)
        other.open()
        self.addCleanup(other.close)
        os.rename(self.path + ".1", self.path + ".2")
        other.write([b"after\n"])
        self.assertEqual((self.held(".2"), self.held(".1")), (b"before\n", b"after\n"))

    def test_a_path_that_cannot_be_opened_loses_no_line(self) -> None:
        """The old file gets them, and the reason is told once."""
        os.mkdir(self.path)
        self.file.reopen()
        self.file.reopen()
        self.file.write([b"after\n"])
        self.assertEqual(self.held(".1"), b"before\nafter\n")
        self.assertEqual(
            self.complaints,
            [f"{self.path} cannot be opened again, so the old file gets the lines: Is a directory"],
        )


class OpeningTests(AppendedFileCase):
    """How a file is opened."""

    def test_a_new_file_is_not_for_everybody(self) -> None:
        """Names of accounts stand in it."""
        self.assertEqual(os.stat(self.path).st_mode & 0o007, 0)

    def test_a_fifo_without_a_reader_does_not_wait(self) -> None:
        """An opening for writing alone would."""
        fifo = os.path.join(self.folder, "fifo")
        os.mkfifo(fifo)
        file = AppendedFile(fifo)
        file.open()
        self.addCleanup(file.close)
        file.write([b"line\n"])
        with open(fifo, "rb", buffering=0) as reader:
            self.assertEqual(reader.read(100), b"line\n")


class FullTests(AppendedFileCase):
    """A file that has no room, as the limit of file sizes makes it."""

    def limit(self, octets: int) -> None:
        """Let no file of this process grow beyond some octets."""
        former = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_FSIZE, former)
        self.addCleanup(signal.signal, signal.SIGXFSZ, signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
        resource.setrlimit(resource.RLIMIT_FSIZE, (octets, former[1]))

    def test_whole_lines_that_fit_are_written(self) -> None:
        """And no piece of the next one."""
        self.limit(12)
        with self.assertRaises(NotWritten) as caught:
            self.file.write([b"one\n", b"two\n", b"three\n"])
        self.assertEqual((caught.exception.written, self.held()), (2, b"one\ntwo\n"))

    def test_lines_go_on_once_there_is_room(self) -> None:
        """Without a broken line between."""
        self.limit(6)
        with self.assertRaises(NotWritten):
            self.file.write([b"one\n", b"two\n"])
        self.limit(100)
        self.file.write([b"two\n"])
        self.assertEqual(self.held(), b"one\ntwo\n")
