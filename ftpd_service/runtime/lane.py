"""The threads of a lane, and the lines of calls that wait for them.

Threads are daemons, as a call that hangs must not keep the process from ending.  Lines have their turns one after the
other, a call each.  While calls hang and others wait, other threads stand in, a bounded number of them; a thread that
was replaced ends with its call.  An owner whose share hangs as a whole is refused.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from ftpd_service.errors import OutOfResources, TemporarilyUnavailable
from ftpd_service.placed import Due
from ftpd_service.runtime.shares import CallQueue, Work

QUEUED_CALLS = 1000
"""The most calls of one owner that wait; each session has one at a time, or two."""


class _Run:
    """A call on a thread.

    :ivar replaced: another thread stands in for this one.
    """

    __slots__ = ("began", "call", "line", "replaced")

    def __init__(self, line: CallQueue, call: Work, began: float) -> None:
        self.line = line
        self.call = call
        self.began = began
        self.replaced = False


class _Thread:
    """What a thread has of its own.

    :ivar run: what it runs now; nothing of it is kept once that has ended.
    :ivar asleep: acquired: what it sleeps at.
    """

    __slots__ = ("asleep", "run")

    def __init__(self) -> None:
        self.run: _Run | None = None
        self.asleep = threading.Lock()
        self.asleep.acquire()


class Lane:
    """Threads of one kind of calls.

    Of those that are idle the last one is woken: what it works with is still in a processor's cache.

    :ivar most: so many threads, without those that stand in.
    :ivar waiting: how many calls have no thread yet.
    :ivar stalled: is called on a thread that falls asleep while calls wait, all of them for their owners' shares.
    """

    def __init__(self, name: str, most: int, *, hung_seconds: float, stand_ins: int = 0, nice: int = 0) -> None:
        """Take the most threads.

        :param hung_seconds: a call that takes longer while others wait is taken for one that hangs.
        :param stand_ins: the most threads that take the place of those whose calls hang.
        :param nice: added to its threads' niceness, and to that of threads which their calls start (setpriority(2)).
        """
        self.most = most
        self.waiting = 0
        self.hung_seconds = hung_seconds
        self.stalled: Callable[[], object] = bool
        self._name = name
        self._nice = nice
        self._spare = stand_ins
        self._turns: deque[CallQueue] = deque()
        self._lock = threading.Lock()
        self._running: set[_Run] = set()
        self._idle: list[threading.Lock] = []
        self._waking = 0
        self._begun = 0
        self._threads = 0

    @property
    def idle(self) -> int:
        """How many threads sleep."""
        return len(self._idle)

    @property
    def running(self) -> int:
        """How many calls are on threads."""
        return len(self._running)

    @property
    def behind(self) -> bool:
        """Whether more calls wait than threads are on their way to."""
        return self.waiting > self._waking

    def submit(self, line: CallQueue, call: Work) -> None:
        """Have a call made.

        :raises TemporarilyUnavailable: all threads of the owner's share hang, or too many of its calls wait.
        :raises OutOfResources: the system gives no thread, and none runs that could make it.
        """
        with self._lock:
            full = line.full
            if call.due is Due.BEGINS:
                if full and line.stuck(time.monotonic() - self.hung_seconds):
                    raise TemporarilyUnavailable("all threads that may work on its behalf hang")
                if len(line.calls) >= QUEUED_CALLS:
                    raise TemporarilyUnavailable("too many calls of this owner wait")
            if not full and not self._wake() and not self._threads and call.due is not Due.ENDS:
                raise OutOfResources("no thread can be started")
            line.calls.append(call)
            self.waiting += 1
            if not line.queued:
                line.queued = True
                self._turns.append(line)

    def withdraw(self, line: CallQueue, call: Work) -> bool:
        """Take back a call that has not begun; False when it runs or has ended, or must be made."""
        with self._lock:
            if call not in line.calls:
                return False
            if call.due is not Due.ENDS:
                line.calls.remove(call)
                self.waiting -= 1
            return True

    def look(self) -> list[Work]:
        """Start a thread for each whose call hangs, while calls wait for it; the calls that are to be refused.

        Those belong to owners all of whose threads hang.
        """
        with self._lock:
            since = time.monotonic() - self.hung_seconds
            refused: list[Work] = []
            for line in self._turns:
                if line.full and line.stuck(since):
                    refused += [call for call in line.calls if call.due is Due.BEGINS]
                    line.calls[:] = [call for call in line.calls if call.due is not Due.BEGINS]
            self.waiting -= len(refused)
            due = sum(len(line.calls) for line in self._turns if not line.full) - len(self._idle) - self._waking
            for run in self._running:
                if due > 0 and run.began <= since and not run.replaced and self._spare and self._start():
                    due -= 1
                    run.replaced = True
                    self._spare -= 1
                    self._threads -= 1
            return refused

    def _wake(self) -> bool:
        """Have one more thread look for a call, if there may be one more."""
        if self._idle:
            self._waking += 1
            self._idle.pop().release()
            return True
        return self._threads < self.most and self._start()

    def _start(self) -> bool:
        """Start a thread; False where the system gives none: those that run have to do, until the next time."""
        thread = threading.Thread(target=self._serve, daemon=True, name=f"{self._name}-{self._begun + 1}")
        try:
            thread.start()
        except RuntimeError:
            return False
        self._threads += 1
        self._begun += 1
        return True

    def _serve(self) -> None:
        own = _Thread()
        if self._nice and sys.platform == "linux":
            # Of a thread alone, where there is Linux.  A system that forbids it has its processors shared alike.
            with suppress(OSError):
                itself = threading.get_native_id()
                os.setpriority(os.PRIO_PROCESS, itself, os.getpriority(os.PRIO_PROCESS, itself) + self._nice)
        while self._next(own):
            if own.run is not None:
                own.run.call.run()

    def _next(self, own: _Thread) -> bool:
        """Give a thread its next call; False when it is not needed any more."""
        with self._lock:
            now = time.monotonic()
            if own.run is not None and self._end(own, now):
                # What its call's end has made room for is another thread's.
                self._wake_for_others()
                return False
            while not (self._turns and self._begin(own, now)):
                if self.waiting > self._waking:
                    self.stalled()
                self._idle.append(own.asleep)
                self._lock.release()
                try:
                    own.asleep.acquire()
                finally:
                    self._lock.acquire()
                self._waking -= 1
                now = time.monotonic()
            if self.waiting > self._waking:
                self._wake_for_others()
            return True

    def _end(self, own: _Thread, now: float) -> bool:
        """Forget the call that a thread has made; whether another thread stands in for it."""
        run, own.run = own.run, None
        if run is None:
            return False
        self._running.remove(run)
        run.line.ended(now)
        if run.replaced:
            self._spare += 1
        return run.replaced

    def _begin(self, own: _Thread, now: float) -> bool:
        """Give a thread the next call whose owner may hold one more; False where there is none."""
        turns = self._turns
        for _ in range(len(turns)):
            line = turns.popleft()
            if not line.calls:
                line.queued = False
                continue
            if line.full:
                turns.append(line)
                continue
            own.run = run = _Run(line, line.calls.pop(0), now)
            self.waiting -= 1
            self._running.add(run)
            line.begun(now)
            if line.calls:
                turns.append(line)
            else:
                line.queued = False
            return True
        return False

    def _wake_for_others(self) -> None:
        """Wake a thread where an end has made room for more than one call: it had a part in several shares."""
        if any(line.calls and not line.full for line in self._turns):
            self._wake()
