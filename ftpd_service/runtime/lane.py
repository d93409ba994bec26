"""The threads of a lane, and the queues of calls that wait for them.

The threads are daemons, because a call that hangs must not keep the process from ending.  The queues take turns, a call
per turn.  While calls hang and others wait, a bounded number of stand-ins run; a thread with a stand-in ends with its
call.  Calls of an owner are refused if all threads of its share hang.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from ftpd_service.errors import OutOfResources, TemporarilyUnavailable
from ftpd_service.placed import Due
from ftpd_service.runtime.shares import CallQueue, Work

QUEUED_CALLS = 1000
"""The most queued calls of an owner; a session has a single call, or two, at a time."""


class LaneState(NamedTuple):
    """The state of a lane at some time."""

    threads: int
    """The number of threads, idle threads and stand-ins included."""
    busy: int
    """The number of threads with a call."""
    waiting: int
    """The number of queued calls."""
    oldest_seconds: float
    """The time for which the oldest queued call has waited for a thread.

    The waits of calls for their owners' shares do not count: they tell nothing about the lane.
    """
    stalled_seconds: float
    """The time for which no queued call has begun, although one waits for a thread: all threads hang.

    In a lane that is only busy, calls may wait long, but they begin one after another.
    """


class _Run:
    """A call on a thread.

    :ivar replaced: whether a stand-in replaces the thread.
    """

    __slots__ = ("began", "call", "line", "replaced")

    def __init__(self, line: CallQueue, call: Work, began: float) -> None:
        self.line = line
        self.call = call
        self.began = began
        self.replaced = False


class _Thread:
    """The state of a thread.

    :ivar run: its current call, dropped when the call ends.
    :ivar asleep: an acquired lock; the idle thread waits until it is released.
    """

    __slots__ = ("asleep", "run")

    def __init__(self) -> None:
        self.run: _Run | None = None
        self.asleep = threading.Lock()
        self.asleep.acquire()


class Lane:
    """The threads for a kind of calls.

    The last idle thread wakes first, because its data is still in a processor's cache.

    :ivar most: the number of threads without stand-ins.
    :ivar waiting: the number of queued calls.
    :ivar moved: the time at which a call last began (`time.monotonic`).
    :ivar stalled: is called on a thread that falls asleep while calls wait, all of them for their owners' shares.
    """

    def __init__(self, name: str, most: int, *, hung_seconds: float, stand_ins: int = 0, nice: int = 0) -> None:
        """Start no thread yet.

        :param hung_seconds: a call that takes longer while others wait counts as hung.
        :param stand_ins: the most threads that stand in for threads with hung calls.
        :param nice: is added to the niceness of the threads, and of threads that their calls start (setpriority(2)).
        """
        self.most = most
        self.waiting = 0
        self.moved = 0.0
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
        return len(self._idle)

    @property
    def running(self) -> int:
        return len(self._running)

    @property
    def behind(self) -> bool:
        """Return whether more calls wait than threads are waking up."""
        return self.waiting > self._waking

    def state(self) -> LaneState:
        """Return the lane's state now."""
        with self._lock:
            now = time.monotonic()
            replaced = sum(run.replaced for run in self._running)
            since = min((line.waits_since for line in self._turns if line.calls and not line.full), default=now)
            return LaneState(
                threads=self._threads + replaced,
                busy=len(self._running),
                waiting=self.waiting,
                oldest_seconds=now - since,
                stalled_seconds=max(0.0, now - max(since, self.moved)),
            )

    def submit(self, line: CallQueue, call: Work) -> None:
        """Queue a call.

        :raises TemporarilyUnavailable: all threads of the owner's share hang, or its queue is full.
        :raises OutOfResources: the system starts no thread, and no thread of the lane runs.
        """
        with self._lock:
            full = line.full
            call.queued = now = time.monotonic()
            if call.due is Due.BEGINS:
                if full and line.stuck(now - self.hung_seconds):
                    raise TemporarilyUnavailable("all threads of the owner's share hang")
                if len(line.calls) >= QUEUED_CALLS:
                    raise TemporarilyUnavailable("the owner's queue of calls is full")
            if not full and not self._wake() and not self._threads and call.due is not Due.ENDS:
                raise OutOfResources("no thread can be started")
            line.calls.append(call)
            self.waiting += 1
            if not line.queued:
                line.queued = True
                self._turns.append(line)

    def withdraw(self, line: CallQueue, call: Work) -> bool:
        """Remove a queued call; return False if it runs, has ended, or must run."""
        with self._lock:
            if call not in line.calls:
                return False
            if call.due is not Due.ENDS:
                line.calls.remove(call)
                self.waiting -= 1
            return True

    def look(self) -> list[Work]:
        """Start stand-ins for threads with hung calls while calls wait; return the calls that must be refused.

        The refused calls belong to owners whose threads all hang.
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
        """Wake or start a thread, if there may be another thread."""
        if self._idle:
            self._waking += 1
            self._idle.pop().release()
            return True
        return self._threads < self.most and self._start()

    def _start(self) -> bool:
        """Start a thread; return False if the system refuses, so that the running threads must suffice."""
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
            # Only Linux has a niceness per thread.  If the system forbids the change, all threads share alike.
            with suppress(OSError):
                itself = threading.get_native_id()
                os.setpriority(os.PRIO_PROCESS, itself, os.getpriority(os.PRIO_PROCESS, itself) + self._nice)
        while self._next(own):
            if own.run is not None:
                own.run.call.run()

    def _next(self, own: _Thread) -> bool:
        """Give a thread its next call; return False if the thread must end."""
        with self._lock:
            now = time.monotonic()
            if own.run is not None and self._end(own, now):
                # The finished call has made room in the shares, so another thread may begin a call.
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
        """Forget the finished call of a thread; return whether a stand-in has replaced the thread."""
        run, own.run = own.run, None
        if run is None:
            return False
        self._running.remove(run)
        run.line.ended(now)
        if run.replaced:
            self._spare += 1
        return run.replaced

    def _begin(self, own: _Thread, now: float) -> bool:
        """Give a thread the next call of an owner below its shares; return False if there is no such call."""
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
            self.moved = now
            line.begun(now)
            if line.calls:
                turns.append(line)
            else:
                line.queued = False
            return True
        return False

    def _wake_for_others(self) -> None:
        """Wake another thread: the end of a call may make room for several calls, as it frees several shares."""
        if any(line.calls and not line.full for line in self._turns):
            self._wake()
