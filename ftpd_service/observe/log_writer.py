"""Writing log lines on a separate thread behind a bounded queue, so that a stopped reader delays no client.

The queue is bounded by lines and by bytes.  Lines that do not fit are dropped and counted, and a line with their number
stands at their place.  After a drop, all further lines are dropped until half of the queue is free again: a single long
gap is easier to understand than a thousand short gaps.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial

MOST_OCTETS = 32 * 1024 * 1024
"""The most bytes that wait, for any number of lines."""

WRITE_OCTETS = 64 * 1024
"""The most bytes of a single write."""

GATHER_SECONDS = 0.01
"""The time for which the thread waits for more lines after a first line.

A thread that wakes up for each line costs more CPU time than the line itself (measured).
"""


class LogWriter:
    """A queue of lines, and the thread that empties it.

    :param write: writes bytes and may block; it is called only on the thread.  If it raises OSError or ValueError,
        these lines are lost and counted like dropped lines.
    :param dropped: makes the line that tells how many lines are missing.
    :param lines: the most lines that may wait.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        *,
        dropped: Callable[[int], bytes],
        lines: int,
        octets: int = MOST_OCTETS,
        gather_seconds: float = GATHER_SECONDS,
    ) -> None:
        self._write = write
        self._tell = dropped
        self._most_lines = lines
        self._most_octets = octets
        self._gather_seconds = gather_seconds
        # The lock is reentrant: the cycle collector may run within `put`, and an object that it finalizes may log.
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._lines: deque[bytes | int] = deque()
        """The lines that wait; a number stands for that many missing lines."""
        self._octets = 0
        self._dropped = 0
        self._asleep = False
        self._closing = False
        self._calls: deque[Callable[[], object]] = deque()
        self._thread: threading.Thread | None = None

    def put(self, line: bytes) -> None:
        """Queue a line, or drop it, without waiting for the reader.  Any thread may call this."""
        with self._lock:
            if self._full(len(line)):
                self._dropped += 1
                return
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

    def close(self, seconds: float) -> bool:
        """Write the queued lines, for some seconds at most; return False if lines are left."""
        with self._lock:
            self._closing = True
            self._changed.notify()
        self.start()
        assert self._thread is not None, "it has been started"
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _full(self, octets: int) -> bool:
        if self._dropped:
            return 2 * len(self._lines) >= self._most_lines or 2 * self._octets >= self._most_octets
        return len(self._lines) >= self._most_lines or self._octets + octets > self._most_octets

    def _run(self) -> None:
        while True:
            batch, calls = self._next()
            for action in calls:
                self._survived(action)
            if not batch:
                if calls:
                    continue
                return
            lost = sum(one if isinstance(one, int) else 1 for one in batch)
            lines = b"".join(self._tell(one) if isinstance(one, int) else one for one in batch)
            if not self._survived(partial(self._write, lines)):
                with self._lock:
                    self._dropped += lost
                    if self._closing:
                        return

    def _survived(self, action: Callable[[], object]) -> bool:
        """Call a function whose failure must not end the thread: the disk may be full, or the reader gone."""
        try:
            action()
        except (OSError, ValueError):
            return False
        return True

    def _next(self) -> tuple[list[bytes | int], list[Callable[[], object]]]:
        """Wait for work; an empty result means that the end has come."""
        with self._lock:
            while not (self._lines or self._calls or self._closing):
                self._asleep = True
                self._changed.wait()
                if not self._closing:
                    # `put` does not notify now, because the thread does not count as asleep.
                    self._changed.wait(self._gather_seconds)
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
        return batch
