"""Handles over Twisted's IReadFile and IWriteFile: the bridge from coroutines to producers and consumers.

Both keep the back-pressure.  A read handle resumes a pull producer only when the reader wants bytes, and pauses a push
producer that is far ahead.  A write handle is a push producer: its `write` waits while the consumer has paused it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, cast

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IConsumer, IProducer, IPushProducer, IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.protocols.ftp import IReadFile, IWriteFile
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.errors import StorageFailed
from ftpd_service.interfaces import IWriteHandle
from ftpd_service.storage.shell.errors import shell_errors
from ftpd_service.storage.whole_file import WholeFile
from ftpd_service.values import Entry

_log = Logger()

_AHEAD_BYTES = 256 * 1024
"""The unread bytes at which a push producer is paused."""
_PULLS_AT_ONCE = 64
"""The chunks of a pull producer between two turns of the reactor, while bytes before an offset are skipped."""


class _Producer(Protocol):
    """A producer of either kind, by its methods: Twisted's FileSender has them but declares only IProducer."""

    def resumeProducing(self) -> None:
        """Produce bytes: once for a pull producer, until paused for a push producer."""

    def pauseProducing(self) -> None:
        """Pause until `resumeProducing`; for push producers only."""

    def stopProducing(self) -> None:
        """Stop for good."""


class _Signal:
    """Wakes the single coroutine that waits for a change."""

    __slots__ = ("_waiter",)

    def __init__(self) -> None:
        self._waiter: Deferred[None] | None = None

    async def wait(self) -> None:
        self._waiter = Deferred()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter.callback(None)


@implementer(IConsumer)
class _Intake:
    """The unread bytes of a producer, without the first bytes, which are skipped."""

    def __init__(self, skip: int, changed: _Signal) -> None:
        self.arrived = 0
        self._skip = skip
        self._changed = changed
        self._unread = bytearray()
        self._producer: _Producer | None = None
        self._streaming = False
        self._paused = False
        self._stopped = False

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        if self._producer is not None:
            raise RuntimeError("another producer is registered")
        if self._stopped:
            producer.stopProducing()
            return
        self._producer = cast(_Producer, producer)  # cast: see there
        self._streaming = streaming
        self._changed.wake()

    def unregisterProducer(self) -> None:
        self._producer = None
        self._changed.wake()

    def write(self, data: bytes) -> None:
        if self._stopped:
            return
        self.arrived += len(data)
        dropped = min(self._skip, len(data))
        self._skip -= dropped
        self._unread += data[dropped:]
        if len(self._unread) > _AHEAD_BYTES and not self._paused and self._pushing is not None:
            self._paused = True
            self._pushing.pauseProducing()
        self._changed.wake()

    @property
    def _pushing(self) -> _Producer | None:
        return self._producer if self._streaming else None

    def take(self, count: int) -> bytes:
        taken = bytes(self._unread[:count])
        del self._unread[:count]
        if self._paused and len(self._unread) <= _AHEAD_BYTES // 2:
            self._paused = False
            if self._pushing is not None:
                self._pushing.resumeProducing()
        return taken

    def pull(self) -> None:
        """Ask a pull producer for another chunk; a push producer needs no request."""
        if self._producer is not None and not self._streaming:
            self._producer.resumeProducing()

    def stop(self) -> bool:
        """Stop the producer; return whether there was a producer."""
        self._stopped = True
        self._unread.clear()
        producer, self._producer = self._producer, None
        if producer is None:
            return False
        producer.stopProducing()
        return True


class ShellReadHandle(WholeFile):
    """A file that a shell sends, from an offset on; nothing is read at the opening."""

    def __init__(self, entry: Entry, file: IReadFile, *, offset: int, clock: IReactorTime) -> None:
        super().__init__(entry, b"")
        self._clock = clock
        self._changed = _Signal()
        self._intake = _Intake(offset, self._changed)
        self._ended = False
        self._closed = False
        self._problem: BaseException | None = None
        self._sending: Deferred[object] = maybeDeferred(file.send, self._intake)
        self._sending.addCallbacks(self._sent, self._failed)

    async def read(self, count: int) -> bytes:
        """Return the next bytes, at most `count`, or no bytes at the end.

        :raises StorageFailed: the shell's file failed.
        """
        pulls = 0
        while not (taken := self._intake.take(count)):
            if self._ended:
                self._raise_problem()
                return b""
            before = self._intake.arrived
            with shell_errors():
                self._intake.pull()
            if self._intake.arrived == before and not self._ended:
                await self._changed.wait()
            pulls += 1
            if pulls % _PULLS_AT_ONCE == 0:
                await deferLater(self._clock, 0)
        return taken

    async def close(self) -> None:
        """Stop the shell's sending if it has not ended."""
        if self._closed:
            return
        self._closed = True
        if not self._ended and not self._intake.stop():
            self._sending.cancel()

    def _sent(self, result: object) -> None:
        self._ended = True
        self._changed.wake()

    def _failed(self, failure: Failure) -> None:
        self._ended = True
        self._problem = failure.value
        self._changed.wake()

    def _raise_problem(self) -> None:
        if self._problem is not None:
            with shell_errors():
                if isinstance(self._problem, OSError):
                    raise self._problem
            raise StorageFailed(f"the shell's file failed: {type(self._problem).__name__}") from self._problem


@implementer(IWriteHandle, IPushProducer)
class ShellWriteHandle:
    """A file that a shell receives, opened with the first byte or the commit, because a shell truncates as it opens."""

    def __init__(
        self, open_file: Callable[[], Awaitable[tuple[IWriteFile, IConsumer]]], ended: Callable[[], None]
    ) -> None:
        """Take functions that open the file, and that note the handle's end."""
        self._open_file = open_file
        self._on_end = ended
        self._file: IWriteFile | None = None
        self._consumer: IConsumer | None = None
        self._changed = _Signal()
        self._paused = False
        self._stopped = False

    async def write(self, data: bytes) -> None:
        """Give bytes to the shell once it accepts some.

        :raises StorageFailed: the shell accepts no more.
        """
        consumer = await self._opened()
        while self._paused and not self._stopped:
            await self._changed.wait()
        self._refuse_stopped()
        with shell_errors():
            consumer.write(data)

    async def commit(self) -> None:
        """Close the shell's file after the last byte."""
        try:
            consumer = await self._opened()
            if self._stopped:
                await self.abort()
                self._refuse_stopped()
            file, self._file, self._consumer = self._file, None, None
            with shell_errors():
                try:
                    consumer.unregisterProducer()
                finally:
                    if file is not None:
                        await maybeDeferred(file.close)
        finally:
            self._on_end()

    async def abort(self) -> None:
        """Close the shell's file without success; a shell cannot undo, so the bytes that arrived stay."""
        consumer, self._consumer = self._consumer, None
        file, self._file = self._file, None
        self._on_end()
        if consumer is not None:
            await maybeDeferred(consumer.unregisterProducer).addErrback(_note)
        if file is not None:
            # IWriteFile promises that close is always called.
            await maybeDeferred(file.close).addErrback(_note)

    def pauseProducing(self) -> None:
        """Wait: the shell's consumer is full."""
        self._paused = True

    def resumeProducing(self) -> None:
        """Continue: the shell's consumer accepts bytes again."""
        self._paused = False
        self._changed.wake()

    def stopProducing(self) -> None:
        """Fail from now on: the shell's consumer accepts no more bytes."""
        self._stopped = True
        self._changed.wake()

    async def _opened(self) -> IConsumer:
        if self._consumer is None:
            self._file, self._consumer = await self._open_file()
            self._consumer.registerProducer(self, True)
        return self._consumer

    def _refuse_stopped(self) -> None:
        if self._stopped:
            raise StorageFailed("the shell accepts no more bytes")


def _note(failure: Failure) -> None:
    _log.failure("a shell failed while an upload was aborted", failure)
