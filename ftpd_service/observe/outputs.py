"""A place that lines go to, with the queue and the thread before it."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from ftpd_service.observe.log_writer import LogWriter, QueueBounds

CLOSING_SECONDS = 2.0
"""The time for which the end of the process waits for a reader that has stopped."""

CLOSING_SECONDS_OF_KEPT = 10.0
"""The same for lines that must not be dropped."""


class Destination(Protocol):
    """A place that lines go to.  All calls may wait, so they run on the thread of an `Output`."""

    def write(self, lines: Sequence[bytes]) -> object:
        """Write lines.

        :raises OSError: these lines are lost; NotWritten says how many of them are not.
        """

    def reopen(self) -> object:
        """Open a file anew, after logrotate has moved it away."""

    def close(self) -> object:
        """Close what is open, after the last line."""


class Output:
    """A destination with a bounded queue and a thread; the end of the process writes the lines that wait.

    :param dropped: makes the line that tells how many lines are missing.
    :param keep: whether lines are never dropped; see `LogWriter`.
    """

    def __init__(
        self, destination: Destination, *, dropped: Callable[[int], bytes], bounds: QueueBounds, keep: bool = False
    ) -> None:
        self._destination = destination
        self._keep = keep
        self._writer = LogWriter(destination.write, dropped=dropped, bounds=bounds, keep=keep)
        self.put = self._writer.put
        """Queues a line and never waits; any thread may call this."""
        atexit.register(self._at_exit)

    @property
    def waiting(self) -> int:
        """The number of lines that wait."""
        return self._writer.waiting

    @property
    def over(self) -> bool:
        """Whether more lines wait than may, and half of the queue is not free again yet."""
        return self._writer.over

    def start(self) -> None:
        """Start to write; call this after the last fork."""
        self._writer.start()

    def take(self, lines: Sequence[bytes]) -> None:
        """Queue lines that were made before there was a place for them."""
        for line in lines:
            self.put(line)

    def reopen(self) -> None:
        """Have the thread open the file anew."""
        self._writer.call(self._destination.reopen)

    def end(self) -> None:
        """Have the thread write the lines that wait, close the destination and end; nobody waits for it."""
        self._writer.end(self._ended)

    def _ended(self) -> None:
        with suppress(OSError):
            self._destination.close()
        atexit.unregister(self._at_exit)

    def _at_exit(self) -> None:
        """Write the lines that wait, and tell standard error how many are lost where that takes too long."""
        if self._writer.close(CLOSING_SECONDS_OF_KEPT if self._keep else CLOSING_SECONDS):
            return
        terminal = sys.__stderr__
        if self._keep and terminal is not None:
            with suppress(OSError, ValueError):
                terminal.write(f"ftpd: {self.waiting} lines of the audit are lost: its disk does not take them\n")
