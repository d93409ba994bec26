"""Writes log lines on a thread of its own, behind a bounded queue: a reader that stops reading delays nobody else.

The queue is bounded by lines and by bytes.  What does not fit is dropped and counted, and one line tells the number at
the place where the lines are missing.  Once lines have been dropped, further ones are dropped until half of the queue
is free again: one long gap is easier to understand than a thousand short ones.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial

MOST_OCTETS = 32 * 1024 * 1024
"""Bytes that wait at most, whatever the number of lines."""

WRITE_OCTETS = 64 * 1024
"""Bytes that are written at once."""

GATHER_SECONDS = 0.01
"""How long the thread waits for more lines behind a first one: a thread that wakes up for each line costs more CPU time
than the line itself (measured)."""


class LogWriter:
    """A queue of lines, and the thread that empties it.

    :param write: writes bytes, may wait for as long as it likes, and is called on the thread only; an OSError or
        ValueError from it loses these lines, which are counted like dropped ones.
    :param dropped: makes the line that tells how many lines are missing.
    :param lines: how many may wait.
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
        # Reentrant: the collector of cycles may run within `put`, and what it finalizes may log.
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._lines: deque[bytes | int] = deque()
        """Lines; a number stands where so many are missing."""
        self._octets = 0
        self._dropped = 0
        self._asleep = False
        self._closing = False
        self._calls: deque[Callable[[], object]] = deque()
        self._thread: threading.Thread | None = None

    def put(self, line: bytes) -> None:
        """Queue a line, or drop it; never waits for the reader.  May be called on any thread."""
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
        """Have the thread call something between two writes, such as the rotation of the file that it writes to."""
        with self._lock:
            self._calls.append(action)
            self._asleep = False
            self._changed.notify()

    def start(self) -> None:
        """Start the thread; to be called behind the last fork.  Lines queued before are written first."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="log writer", daemon=True)
            self._thread.start()

    def close(self, seconds: float) -> bool:
        """Write what is queued, for no longer than some seconds; False where lines are left."""
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
        """Do something that must not end the thread: the disk may be full, or the reader gone."""
        try:
            action()
        except (OSError, ValueError):
            return False
        return True

    def _next(self) -> tuple[list[bytes | int], list[Callable[[], object]]]:
        """Wait for something to do; nothing at all means that the end has come."""
        with self._lock:
            while not (self._lines or self._calls or self._closing):
                self._asleep = True
                self._changed.wait()
                if not self._closing:
                    # `put` notifies nobody now, as the thread is not taken for asleep.
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
