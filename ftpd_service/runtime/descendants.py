"""The descendants of a process, held so that a signal never reaches a process that took over a number.

A process may leave its group, as the scripts of pam_exec do, and is found only while its parents live.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

MOST_DESCENDANTS = 1000
"""The most processes that are found; a program that starts more at once is no checker of passwords."""


class Descendants:
    """The processes that a process has started, and those that they have started, at one moment.

    Each is held by a descriptor until `close`.  On a kernel without pidfd_open (before 5.3) none is found.
    """

    __slots__ = ("_held",)

    def __init__(self, ancestor: int) -> None:
        self._held: list[int] = []
        for process in _below(ancestor):
            with contextlib.suppress(OSError):
                self._held.append(os.pidfd_open(process))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to each that is still there."""
        for descriptor in self._held:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(descriptor, number)

    def close(self) -> None:
        """Let go of them; a second call does nothing."""
        while self._held:
            os.close(self._held.pop())


def _below(ancestor: int) -> Iterator[int]:
    waiting, count = [ancestor], 0
    while waiting and count < MOST_DESCENDANTS:
        for child in _children(waiting.pop()):
            waiting.append(child)
            count += 1
            yield child


def _children(process: int) -> list[int]:
    """Return the children of a process; a kernel without CONFIG_PROC_CHILDREN tells of none."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
    return found
