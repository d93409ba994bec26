"""The writer of the log: order, bounds, what is said of lines that are missing, and its end."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ftpd_service.observe.log_writer import LogWriter, NotWritten, QueueBounds
from tests.cases import SynchronousTestCase

SECONDS = 30.0
"""How long a test waits before it fails; none takes as long as this."""


class Reader:
    """Takes what is written, for as long as it is let."""

    def __init__(self) -> None:
        self.read = threading.Event()
        self.asked = threading.Event()
        self.taken: list[bytes] = []
        self.failing: type[Exception] | None = None
        self.failing_after: int | None = None
        """How many lines are taken before the next failure, which is the only one."""

    def __call__(self, lines: Sequence[bytes]) -> None:
        self.asked.set()
        if not self.read.wait(SECONDS):
            raise AssertionError("nobody lets the reader go on")
        if self.failing is not None:
            raise self.failing
        if self.failing_after is not None:
            after, self.failing_after = self.failing_after, None
            self.taken.extend(lines[:after])
            raise NotWritten(after, "No space left on device")
        self.taken.extend(lines)

    @property
    def lines(self) -> list[bytes]:
        """All lines so far."""
        return b"".join(self.taken).splitlines()


class LogWriterCase(SynchronousTestCase):
    """A writer and its reader."""

    def setUp(self) -> None:
        """A reader that does not read yet."""
        self.reader = Reader()
        self.addCleanup(self.reader.read.set)

    def writer(self, *, lines: int = 1000, octets: int = 1_000_000, keep: bool = False) -> LogWriter:
        """One whose gaps are told as ``N missing``."""
        return LogWriter(
            self.reader,
            dropped=lambda number: b"%d missing\n" % number,
            bounds=QueueBounds(lines=lines, octets=octets, gather_seconds=0.0, again_seconds=0.0),
            keep=keep,
        )

    def stuck(self, writer: LogWriter) -> None:
        """Start a writer, and have its reader hang at a first line."""
        writer.start()
        writer.put(b"first\n")
        self.assertTrue(self.reader.asked.wait(SECONDS))

    def finished(self, writer: LogWriter) -> list[bytes]:
        """All lines, once the reader reads again and the writer has ended."""
        self.reader.read.set()
        self.assertTrue(writer.close(SECONDS))
        return self.reader.lines


class OrderTests(LogWriterCase):
    """What is written when."""

    def test_lines_are_written_in_order(self) -> None:
        """Whatever the reader does meanwhile."""
        writer = self.writer()
        self.stuck(writer)
        for number in range(300):
            writer.put(b"%d\n" % number)
        self.assertEqual(self.finished(writer), [b"first", *(b"%d" % number for number in range(300))])

    def test_lines_before_the_start_are_kept(self) -> None:
        """twistd forks between the first lines and the start."""
        writer = self.writer()
        writer.put(b"early\n")
        writer.start()
        writer.put(b"late\n")
        self.assertEqual(self.finished(writer), [b"early", b"late"])

    def test_the_end_writes_what_was_never_started(self) -> None:
        """A crash at the start still says why."""
        writer = self.writer()
        writer.put(b"early\n")
        self.assertEqual(self.finished(writer), [b"early"])

    def test_a_call_runs_on_the_thread(self) -> None:
        """A file is rotated by whoever writes to it."""
        writer = self.writer()
        writer.start()
        names: list[str] = []
        done = threading.Event()
        writer.call(lambda: names.append(threading.current_thread().name))
        writer.call(done.set)
        self.assertTrue(done.wait(SECONDS))
        self.assertEqual(names, ["log writer"])

    def test_a_line_may_be_logged_while_one_is_put(self) -> None:
        """The collector of cycles finalizes where it likes, and a Deferred then logs its unhandled error."""
        writer = self.writer()

        class Logging(bytes):
            def __len__(self) -> int:
                writer.put(b"from within\n")
                return 3

        writer.put(Logging(b"x\n"))
        self.assertIn(b"from within", self.finished(writer))


class BoundTests(LogWriterCase):
    """What is dropped, and how that is told."""

    def test_as_many_lines_as_may_wait_are_kept(self) -> None:
        """At the bound nothing is lost."""
        writer = self.writer(lines=10)
        self.stuck(writer)
        for number in range(10):
            writer.put(b"%d\n" % number)
        self.assertEqual(self.finished(writer), [b"first", *(b"%d" % number for number in range(10))])

    def test_a_line_more_is_dropped_and_counted(self) -> None:
        """The number stands where the lines would."""
        writer = self.writer(lines=10)
        self.stuck(writer)
        for number in range(13):
            writer.put(b"%d\n" % number)
        self.assertEqual(self.finished(writer)[-2:], [b"9", b"3 missing"])

    def test_octets_are_bounded_too(self) -> None:
        """Few long lines are as bad as many short ones."""
        writer = self.writer(octets=100)
        self.stuck(writer)
        for _ in range(12):
            writer.put(b"123456789\n")
        self.assertEqual(self.finished(writer)[-2:], [b"123456789", b"2 missing"])

    def test_the_gap_is_told_before_the_lines_behind_it(self) -> None:
        """As soon as half of the queue is free, lines are kept again."""
        writer = self.writer(lines=4)
        for number in range(6):
            writer.put(b"%d\n" % number)
        self.reader.read.set()
        writer.start()
        written = threading.Event()
        writer.call(written.set)
        self.assertTrue(written.wait(SECONDS))
        writer.put(b"later\n")
        self.assertEqual(self.finished(writer), [b"0", b"1", b"2", b"3", b"2 missing", b"later"])

    def test_what_could_not_be_written_is_counted(self) -> None:
        """The disk is full for a while, and the thread lives on."""
        writer = self.writer()
        self.reader.failing = OSError
        self.reader.read.set()
        self.stuck(writer)
        failed = threading.Event()
        writer.call(failed.set)
        self.assertTrue(failed.wait(SECONDS))
        self.reader.failing = None
        writer.put(b"again\n")
        self.assertEqual(self.finished(writer), [b"1 missing", b"again"])

    def test_only_lines_that_were_not_written_are_counted(self) -> None:
        """The disk has taken some of them."""
        writer = self.writer()
        for number in range(5):
            writer.put(b"%d\n" % number)
        self.reader.failing_after = 3
        self.reader.read.set()
        writer.start()
        failed = threading.Event()
        writer.call(failed.set)
        self.assertTrue(failed.wait(SECONDS))
        writer.put(b"again\n")
        self.assertEqual(self.finished(writer), [b"0", b"1", b"2", b"2 missing", b"again"])


class KeptLinesTests(LogWriterCase):
    """Lines that must not be dropped."""

    def test_beyond_the_bound_they_are_kept(self) -> None:
        """Whoever makes them has to stop."""
        writer = self.writer(lines=2, keep=True)
        for number in range(5):
            writer.put(b"%d\n" % number)
        self.assertEqual(self.finished(writer), [b"0", b"1", b"2", b"3", b"4"])

    def test_at_the_bound_the_queue_is_not_over_it(self) -> None:
        """The last place may be taken."""
        writer = self.writer(lines=2, keep=True)
        writer.put(b"0\n")
        writer.put(b"1\n")
        self.assertFalse(writer.over)

    def test_above_the_bound_it_is_over_it(self) -> None:
        """The next line is one too many."""
        writer = self.writer(lines=2, keep=True)
        for number in range(3):
            writer.put(b"%d\n" % number)
        self.assertTrue(writer.over)

    def test_lines_that_are_being_written_count(self) -> None:
        """The reader may have stopped in the middle of them."""
        writer = self.writer(lines=2, keep=True)
        self.stuck(writer)
        writer.put(b"1\n")
        writer.put(b"2\n")
        self.assertEqual((writer.waiting, writer.over), (3, True))

    def test_once_written_it_is_not_over_it_any_more(self) -> None:
        """Half of the queue is free then."""
        writer = self.writer(lines=2, keep=True)
        for number in range(3):
            writer.put(b"%d\n" % number)
        self.finished(writer)
        self.assertFalse(writer.over)

    def test_lines_that_were_not_written_are_written_again(self) -> None:
        """Each of them once, and in order."""
        writer = self.writer(keep=True)
        for number in range(5):
            writer.put(b"%d\n" % number)
        self.reader.failing_after = 3
        self.assertEqual(self.finished(writer), [b"0", b"1", b"2", b"3", b"4"])


class EndTests(LogWriterCase):
    """The end of the process."""

    def test_a_reader_that_hangs_is_not_waited_for(self) -> None:
        """Beyond the bound lines are lost."""
        writer = self.writer()
        self.stuck(writer)
        writer.put(b"lost\n")
        self.assertFalse(writer.close(0.0))

    def test_a_reader_that_fails_is_not_asked_for_ever(self) -> None:
        """The line about the gap fails like all others."""
        writer = self.writer()
        self.reader.failing = ValueError
        self.assertEqual(self.finished(writer), [])
