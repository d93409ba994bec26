"""Handles over shells that are not as simple as Twisted's: back-pressure, late answers, failures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IConsumer, IProducer, IPushProducer
from twisted.internet.task import Clock
from twisted.protocols.ftp import CmdNotImplementedError, IReadFile, IWriteFile
from zope.interface import implementer

from ftpd_service.errors import PermissionDenied, StorageFailed, StorageFull, Unsupported
from ftpd_service.storage.shell.errors import shell_errors
from ftpd_service.storage.shell.handles import ShellReadHandle, ShellWriteHandle
from ftpd_service.values import Entry, EntryKind
from tests.cases import SynchronousTestCase

ENTRY = Entry(name="file", kind=EntryKind.FILE, size=10, modified_ns=0, mode=0o644)


@implementer(IReadFile, IPushProducer)
class Pushing:
    """A file whose octets come when the test says so."""

    def __init__(self) -> None:
        self.sent: Deferred[None] = Deferred()
        self.calls: list[str] = []
        self.consumer: IConsumer | None = None

    def send(self, consumer: IConsumer) -> Deferred[None]:
        """Begin to push."""
        self.consumer = consumer
        consumer.registerProducer(self, True)
        return self.sent

    def push(self, data: bytes) -> None:
        """Give octets."""
        assert self.consumer is not None
        self.consumer.write(data)

    def end(self) -> None:
        """Say that this was all."""
        assert self.consumer is not None
        self.consumer.unregisterProducer()
        self.sent.callback(None)

    def pauseProducing(self) -> None:
        """Note the call."""
        self.calls.append("pause")

    def resumeProducing(self) -> None:
        """Note the call."""
        self.calls.append("resume")

    def stopProducing(self) -> None:
        """Note the call."""
        self.calls.append("stop")


@implementer(IReadFile)
class Sending:
    """A file that answers `send` by a function."""

    def __init__(self, send: Callable[[IConsumer], Deferred[None]]) -> None:
        self.send = send


@implementer(IWriteFile, IConsumer)
class Taking:
    """A file and its consumer, that notes what it is told and fails where it is told to."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.producer: IProducer | None = None
        self.told: list[object] = []
        self.closing: Deferred[None] = succeed(None)
        self._problem = problem

    async def open(self) -> tuple[IWriteFile, IConsumer]:
        """Both, as a shell opens them."""
        return self, self

    def receive(self) -> Deferred[IConsumer]:
        """Itself."""
        return succeed(self)

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        """Keep the producer."""
        self.producer = producer

    def unregisterProducer(self) -> None:
        """Note the call."""
        self.told.append("unregister")

    def write(self, data: bytes) -> None:
        """Note the octets, or fail."""
        if self._problem is not None:
            raise self._problem
        self.told.append(data)

    def close(self) -> Deferred[None]:
        """Note the call."""
        self.told.append("close")
        return self.closing


class ReadHandleTests(SynchronousTestCase):
    """Octets that a shell pushes."""

    def setUp(self) -> None:
        self.file = Pushing()
        self.handle = self.over(self.file)

    def over(self, file: IReadFile, offset: int = 0) -> ShellReadHandle:
        """A handle over a file."""
        return ShellReadHandle(ENTRY, file, offset=offset, clock=Clock())

    def reading(self, count: int = 65536) -> Deferred[bytes]:
        """A read that runs."""
        return Deferred.fromCoroutine(self.handle.read(count))

    def test_waits_for_octets(self) -> None:
        """A read waits until the shell gives something."""
        reading = self.reading()
        self.assertNoResult(reading)
        self.file.push(b"abc")
        self.assertEqual(self.successResultOf(reading), b"abc")

    def test_end_comes_after_the_octets(self) -> None:
        """What was given before the end is read before it."""
        self.file.push(b"abc")
        self.file.end()
        self.assertEqual([self.successResultOf(self.reading()) for _ in range(2)], [b"abc", b""])

    def test_offset_may_end_within_a_piece(self) -> None:
        """The octets before the offset are thrown away, wherever the shell cuts."""
        self.handle = self.over(self.file, offset=4)
        self.file.push(b"012")
        reading = self.reading()
        self.assertNoResult(reading)
        self.file.push(b"345")
        self.assertEqual(self.successResultOf(reading), b"45")

    def test_at_the_bound_nobody_is_paused(self) -> None:
        """256 KiB may lie unread."""
        self.file.push(b"x" * 262144)
        self.assertEqual(self.file.calls, [])

    def test_far_ahead_is_paused_once(self) -> None:
        """One octet more pauses the shell, and the next does not pause it again."""
        self.file.push(b"x" * 262145)
        self.file.push(b"x")
        self.assertEqual(self.file.calls, ["pause"])

    def test_resumed_when_half_is_read(self) -> None:
        """Reading lets the shell go on."""
        self.file.push(b"x" * 262145)
        self.successResultOf(self.reading(131072))
        before = list(self.file.calls)
        self.successResultOf(self.reading(1))
        self.assertEqual((before, self.file.calls), (["pause"], ["pause", "resume"]))

    def test_closing_stops_the_shell(self) -> None:
        """A download that is given up stops the producer once, and drops what comes after."""
        self.successResultOf(self.handle.close())
        self.successResultOf(self.handle.close())
        self.file.push(b"late")
        self.assertEqual(self.file.calls, ["stop"])

    def test_closing_at_the_end_stops_nobody(self) -> None:
        """A shell that has ended is left alone."""
        self.file.end()
        self.successResultOf(self.handle.close())
        self.assertEqual(self.file.calls, [])

    def test_closing_cancels_a_shell_without_a_producer(self) -> None:
        """A shell that has not begun is cancelled."""
        cancelled: list[object] = []
        handle = self.over(Sending(lambda consumer: Deferred(cancelled.append)))
        self.successResultOf(handle.close())
        self.assertEqual(len(cancelled), 1)

    def test_cancelled_read_leaves_the_handle_alone(self) -> None:
        """Octets that come after a cancelled read are there for the next."""
        reading = self.reading()
        reading.cancel()
        self.failureResultOf(reading)
        self.file.push(b"abc")
        self.assertEqual(self.successResultOf(self.reading()), b"abc")

    def test_failure_comes_after_the_octets(self) -> None:
        """A shell that fails in the middle is no end of the file."""
        self.file.push(b"abc")
        self.file.sent.errback(ValueError("broken"))
        self.assertEqual(self.successResultOf(self.reading()), b"abc")
        self.failureResultOf(self.reading(), StorageFailed)

    def test_failure_by_the_system(self) -> None:
        """An OSError of the shell keeps its meaning."""
        self.handle = self.over(Sending(lambda consumer: fail(OSError(13, "denied"))))
        self.failureResultOf(self.reading(), PermissionDenied)

    def test_shell_that_writes_without_a_producer(self) -> None:
        """A shell may write everything at once."""

        def send(consumer: IConsumer) -> Deferred[None]:
            consumer.write(b"abc")
            return succeed(None)

        self.handle = self.over(Sending(send))
        self.assertEqual([self.successResultOf(self.reading()) for _ in range(2)], [b"abc", b""])


class WriteHandleTests(SynchronousTestCase):
    """Octets that a shell takes."""

    def setUp(self) -> None:
        self.file = Taking()
        self.ended = 0
        self.handle = self.over(self.file.open)

    def over(self, open_file: Callable[[], Awaitable[tuple[IWriteFile, IConsumer]]]) -> ShellWriteHandle:
        """A handle over a file, whose end is counted."""
        return ShellWriteHandle(open_file, self.end)

    def end(self) -> None:
        """Count."""
        self.ended += 1

    def writing(self, data: bytes = b"x") -> Deferred[None]:
        """A write that runs."""
        return Deferred.fromCoroutine(self.handle.write(data))

    def test_order_of_a_commit(self) -> None:
        """The octets, the end of them, the close; and the handle has ended."""
        self.successResultOf(self.writing())
        self.successResultOf(self.handle.commit())
        self.assertEqual((self.file.told, self.ended), ([b"x", "unregister", "close"], 1))

    def test_commit_waits_for_the_close(self) -> None:
        """The upload is complete only when the shell says so."""
        self.file.closing = Deferred()
        self.successResultOf(self.writing())
        committing = Deferred.fromCoroutine(self.handle.commit())
        self.assertNoResult(committing)
        self.file.closing.callback(None)
        self.successResultOf(committing)

    def test_waits_while_paused(self) -> None:
        """A consumer that is full is given nothing until it asks."""
        self.successResultOf(self.writing(b"1"))
        self.handle.pauseProducing()
        writing = self.writing(b"2")
        self.assertNoResult(writing)
        self.handle.resumeProducing()
        self.successResultOf(writing)
        self.assertEqual(self.file.told, [b"1", b"2"])

    def test_stopped_consumer_fails_the_upload(self) -> None:
        """A shell that takes no more never gets a commit."""
        self.successResultOf(self.writing())
        self.handle.pauseProducing()
        writing = self.writing()
        self.handle.stopProducing()
        self.failureResultOf(writing, StorageFailed)
        self.failureResultOf(Deferred.fromCoroutine(self.handle.commit()), StorageFailed)
        self.assertEqual(self.file.told, [b"x", "unregister", "close"])

    def test_full_disk(self) -> None:
        """An OSError of the consumer keeps its meaning."""
        self.handle = self.over(Taking(OSError(28, "full")).open)
        self.failureResultOf(self.writing(), StorageFull)

    def test_failed_close_fails_the_commit(self) -> None:
        """What the shell could not finish is no complete upload."""
        self.file.closing = fail(OSError(28, "full"))
        self.failureResultOf(Deferred.fromCoroutine(self.handle.commit()), StorageFull)
        self.assertEqual(self.ended, 1)

    def test_abort_closes(self) -> None:
        """IWriteFile is always closed."""
        self.successResultOf(self.writing())
        self.successResultOf(self.handle.abort())
        self.assertEqual((self.file.told, self.ended), ([b"x", "unregister", "close"], 1))

    def test_abort_of_what_was_never_opened(self) -> None:
        """Without an octet the shell never hears of the upload."""
        self.successResultOf(self.handle.abort())
        self.assertEqual((self.file.told, self.ended), ([], 1))

    def test_abort_never_raises(self) -> None:
        """A shell's failure while an upload is given up is logged."""
        self.file.closing = fail(ValueError("broken"))
        self.successResultOf(self.writing())
        self.successResultOf(self.handle.abort())
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)


class ShellErrorsTests(SynchronousTestCase):
    """Errors beyond those that Twisted's shells raise."""

    def test_not_implemented(self) -> None:
        """What a shell does not do is unsupported."""
        with self.assertRaises(Unsupported), shell_errors():
            raise CmdNotImplementedError("RNFR")

    def test_strangers_exceptions_pass(self) -> None:
        """A mistake in a shell stays visible as what it is."""
        with self.assertRaises(KeyError), shell_errors():
            raise KeyError("mistake")
