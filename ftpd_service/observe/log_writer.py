"""Writing log lines on a separate thread behind a bounded queue, so that a stopped reader delays no client.

The queue is bounded by lines and by bytes.  Lines that do not fit are dropped and counted, and a line with their number
stands at their place.  After a drop, all further lines are dropped until half of the queue is free again: a single long
gap is easier to understand than a thousand short gaps.

A queue whose lines must not be dropped (an audit) takes them beyond its bound, and says that it is over its bound; the
part that makes such lines has to stop then.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

MOST_OCTETS = 32 * 1024 * 1024
"""The most bytes that wait, for any number of lines."""

WRITE_OCTETS = 64 * 1024
"""The most bytes of a single write."""

GATHER_SECONDS = 0.01
"""The time for which the thread waits for more lines after a first line.

A thread that wakes up for each line costs more CPU time than the line itself (measured).
"""

WRITE_AGAIN_SECONDS = 1.0
"""The pause before lines that must not be dropped are written again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueBounds:
    """The bounds of a queue of lines, and its pauses."""

    lines: int
    octets: int = MOST_OCTETS
    gather_seconds: float = GATHER_SECONDS
    again_seconds: float = WRITE_AGAIN_SECONDS


Write = Callable[[Sequence[bytes]], object]


class NotWritten(OSError):
    """The first `written` of some lines were written whole, and nothing of the others."""

    def __init__(self, written: int, reason: str) -> None:
        super().__init__(reason)
        self.written = written


class LogWriter:
    """A queue of lines, and the thread that empties it.

    :param write: writes lines and may block; it is called only on the thread.  If it raises OSError or ValueError,
        these lines are lost and counted like dropped lines, but for those that NotWritten counts.
    :param dropped: makes the line that tells how many lines are missing.
    :param bounds: the most lines and bytes that may wait.
    :param keep: whether lines are never dropped: beyond the bound they are queued all the same, and lines that were
        not written are written again after `WRITE_AGAIN_SECONDS`.
    """

    def __init__(
        self,
        write: Write,
        *,
        dropped: Callable[[int], bytes],
        bounds: QueueBounds,
        keep: bool = False,
    ) -> None:
        self._write = write
        self._tell = dropped
        self._bounds = bounds
        self._keep = keep
        # The lock is reentrant: the cycle collector may run within `put`, and an object that it finalizes may log.
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._lines: deque[bytes | int] = deque()
        """The lines that wait; a number stands for that many missing lines."""
        self._octets = 0
        self._dropped = 0
        self._writing = 0
        self._over = False
        self._failed = False
        self._asleep = False
        self._closing = False
        self._calls: deque[Callable[[], object]] = deque()
        self._then: Callable[[], object] | None = None
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """The number of lines that wait; of lines that must not be dropped, also those that are being written."""
        return len(self._lines) + self._writing

    @property
    def over(self) -> bool:
        """Whether the bound was reached, and half of the queue is not free again yet."""
        return self._over

    def put(self, line: bytes) -> None:
        """Queue a line, or drop it, without waiting for the reader.  Any thread may call this."""
        with self._lock:
            if self._full(len(line)):
                self._over = True
                if not self._keep:
                    self._dropped += 1
                    return
            elif self._over:
                self._over = False
            if self._dropped:
                self._lines.append(self._dropped)
                self._dropped = 0
            self._lines.append(line)
            self._octets += len(line)
            if self._asleep:
                self._asleep = False
                self._changed.notify()

    def call(self, action: Callable[[], object]) -> None:
        """Make the thread call a function between two writes, such as the rotation of the log file."""
        with self._lock:
            self._calls.append(action)
            self._asleep = False
            self._changed.notify()

    def start(self) -> None:
        """Start the thread; call this after the last fork.  Lines that were queued before are written first."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="log writer", daemon=True)
            self._thread.start()

    def end(self, then: Callable[[], object] | None = None) -> None:
        """Have the thread end once all lines are written, without waiting for it.

        :param then: is called on the thread, last.
        """
        with self._lock:
            self._then = self._then if then is None else then
            self._closing = True
            self._changed.notify()
        self.start()

    def close(self, seconds: float) -> bool:
        """Write the queued lines, for some seconds at most; return False if lines are left."""
        self.end()
        assert self._thread is not None, "it has been started"
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _full(self, octets: int) -> bool:
        bounds = self._bounds
        if self._over:
            return 2 * self.waiting >= bounds.lines or 2 * self._octets >= bounds.octets
        return self.waiting >= bounds.lines or self._octets + octets > bounds.octets

    def taken(self) -> list[bytes]:
        """Return the lines that wait, and have them wait no longer; a gap among them has no line."""
        with self._lock:
            lines = [line for line in self._lines if not isinstance(line, int)]
            self._lines.clear()
            self._octets = 0
            return lines

    def _run(self) -> None:
        self._write_all()
        if self._then is not None:
            self._then()

    def _write_all(self) -> None:
        while True:
            batch, calls = self._next()
            for action in calls:
                self._survived(action)
            if not batch:
                if calls:
                    continue
                return
            lines = [self._tell(one) if isinstance(one, int) else one for one in batch]
            written = self._survived(partial(self._write, lines), len(lines))
            if not self._are_written(batch[written:]):
                return

    def _survived(self, action: Callable[[], object], lines: int = 0) -> int:
        """Call a function whose failure must not end the thread: the disk may be full, or the reader gone.

        :returns: how many of the lines that the function writes were written.
        """
        try:
            action()
        except NotWritten as problem:
            return problem.written
        except (OSError, ValueError):
            return 0
        return lines

    def _are_written(self, rest: list[bytes | int]) -> bool:
        """Count lines of a batch that were not written, or put them back; return whether to go on."""
        with self._lock:
            self._writing = 0
            if not rest:
                self._over = self._over and self._full(0)
                return True
            if self._keep:
                self._failed = True
                self._lines.extendleft(reversed(rest))
                self._octets += sum(len(one) for one in rest if not isinstance(one, int))
                return True
            self._over = True
            self._dropped += sum(one if isinstance(one, int) else 1 for one in rest)
            return not self._closing

    def _next(self) -> tuple[list[bytes | int], list[Callable[[], object]]]:
        """Wait for work; an empty result means that the end has come."""
        with self._lock:
            if self._failed:
                self._failed = False
                self._changed.wait_for(lambda: self._calls, self._bounds.again_seconds)
            while not (self._lines or self._calls or self._closing):
                self._asleep = True
                self._changed.wait()
                if not self._closing:
                    # `put` does not notify now, because the thread does not count as asleep.
                    self._changed.wait(self._bounds.gather_seconds)
            calls = [self._calls.popleft() for _ in range(len(self._calls))]
            return self._batch(), calls

    def _batch(self) -> list[bytes | int]:
        batch: list[bytes | int] = []
        octets = 0
        while self._lines and octets < WRITE_OCTETS:
            line = self._lines.popleft()
            octets += 0 if isinstance(line, int) else len(line)
            batch.append(line)
        self._octets -= octets
        if self._dropped and not self._lines:
            batch.append(self._dropped)
            self._dropped = 0
        if self._keep:
            self._writing = len(batch)
        return batch
