"""The bounded pool of daemon threads on which blocking calls run, so that a hung disk does not delay the exit.

The process waits for the reactor's own pool at its end, so that a hung file call keeps it from ending (seen).

Each lane of the pool has its own threads.  *Files* runs calls that wait for disks.  *Busy* runs calls that compute, on
a thread per core: more threads only contend for the interpreter's lock, at twice the CPU time.  *Hashes* checks
passwords, and *service* does the service's own work, so that neither waits behind a file.

The creator of a storage or a data channel binds a `Blocking` to its owner: see `BlockingPool.owned`.  The owner's host,
its account on a mount, and the mount each hold a share of a lane's threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Hashable, Mapping
from typing import Any, NamedTuple, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorFromThreads, IReactorTime

from ftpd_service.errors import TemporarilyUnavailable
from ftpd_service.kernel.file_systems import mount_of
from ftpd_service.placed import Due, Placed, Placement
from ftpd_service.runtime.calls import Call
from ftpd_service.runtime.lane import Lane, LaneState
from ftpd_service.runtime.mounts import Mounts
from ftpd_service.runtime.shares import NOBODY, CallQueue, CallQueues, Keys, Sizes
from ftpd_service.values import VirtualPath

T = TypeVar("T")

CALLS_A_THREAD = 4
"""The operator is warned when this many calls per thread wait."""

HUNG_SECONDS = 1.0
"""A call counts as hung if it takes longer while other calls wait."""

BUSY_HUNG_SECONDS = 0.02
"""A busy call counts as hung if it takes longer, which is several times its usual duration."""

THREADS, STAND_INS = 16, 48
"""The threads of the lane for files."""
FILES_SHARES = Sizes(host=24, account=8, mount=24)
"""The hung calls of an account on a mount leave half of the threads to others, and two thirds of a host's share."""

BUSY_STAND_INS = 16
BUSY_SHARES = Sizes(host=12, account=6, mount=12)

SERVICE_THREADS = 4

HASHES_NICE = 10
"""Hashes leave the processors to the reactor: otherwise other sessions wait five times as long (measured)."""


class MountedHome(NamedTuple):
    """The root of a storage's paths: an absolute host path, and the number of its mount if known."""

    path: bytes
    mount: int | None = None


NO_HOME = MountedHome(b"")

Running = Coroutine["Deferred[None]", Any, T]
"""The awaitable that a `Blocking` returns."""


def processors() -> int:
    """Return the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class BlockingPool:
    """The lanes of threads for blocking calls.

    The pool itself provides `ftpd_service.interfaces.Blocking`, for calls that take no share.

    :ivar service: a `Blocking` for the service's own work.
    :ivar hashes: a `Blocking` for password checks that release the interpreter's lock.
    """

    def __init__(
        self,
        reactor: IReactorFromThreads,
        threads: int = THREADS,
        *,
        stand_ins: int = STAND_INS,
        cores: int | None = None,
        crowded: Callable[[int], None] | None = None,
        mounts: Mounts | None = None,
    ) -> None:
        """Create the lanes, with at most `threads` for files.

        :param stand_ins: the most threads that stand in for threads with hung calls.
        :param cores: the most busy calls at once; None means the number of processors of this process.
        :param crowded: gets the number of queued calls when the pool is saturated, once until the queue is empty again.
        """
        self._crowded = crowded
        self._told = False
        cores = cores or processors()
        busy = Lane("ftpd-busy", cores, hung_seconds=BUSY_HUNG_SECONDS, stand_ins=BUSY_STAND_INS)
        files = Lane("ftpd-blocking", threads, hung_seconds=HUNG_SECONDS, stand_ins=stand_ins)
        self.files = LaneOfOwners(files, FILES_SHARES, reactor)
        self.busy = LaneOfOwners(busy, BUSY_SHARES, reactor)
        self.service = Unshared(Lane("ftpd-service", SERVICE_THREADS, hung_seconds=HUNG_SECONDS), reactor)
        self.hashes = Unshared(Lane("ftpd-hashes", cores, hung_seconds=HUNG_SECONDS, nice=HASHES_NICE), reactor)
        self._mounts = Mounts() if mounts is None else mounts
        self._nobody = Owned(self, host=None, account=lambda: None)

    @property
    def waiting(self) -> int:
        """Return the number of queued calls, without busy calls."""
        return self.files.lane.waiting

    def states(self) -> Mapping[str, LaneState]:
        """Return the state of each lane: ``files``, ``busy``, ``service`` and ``hashes``."""
        return {
            "files": self.files.lane.state(),
            "busy": self.busy.lane.state(),
            "service": self.service.lane.state(),
            "hashes": self.hashes.lane.state(),
        }

    def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> Running[T]:
        """Return the call's result; see `ftpd_service.interfaces.Blocking`."""
        return self._nobody(call, discard=discard)

    def owned(
        self,
        *,
        host: Hashable,
        account: Callable[[], str | None],
        home: MountedHome | None = None,
        due: Due = Due.BEGINS,
    ) -> Owned:
        """Return a `Blocking` for the calls of a session.

        :param host: see `ftpd_service.values.Peer.host`.
        :param account: returns the name of the session's account.
        :param home: the root of the storage's paths, or None without a storage.
        :param due: the treatment of calls that do not name their own.
        """
        return Owned(self, host=host, account=account, home=home, due=due)

    def mount_of_path(self, path: bytes) -> int | None:
        """Return the mount of an absolute host path by its names; links are not followed."""
        return self._mounts.of(path)

    def mount_below(self, home: bytes, path: VirtualPath) -> int | None:
        """Return the mount of a path in a home; see `Mounts.below`."""
        if self._mounts.changed():
            Deferred.fromCoroutine(self.service(self._mounts.read))
        return self._mounts.below(home, path.encode("utf-8", "surrogateescape"))

    def tell(self) -> None:
        """Report a saturated pool."""
        waiting = self.waiting
        if not waiting:
            self._told = False
        elif waiting >= CALLS_A_THREAD * self.files.lane.most and not self._told and self._crowded is not None:
            self._told = True
            self._crowded(waiting)


class LaneOfOwners:
    """A lane and the shares of its owners, as seen on the reactor's thread."""

    def __init__(self, lane: Lane, sizes: Sizes, reactor: IReactorFromThreads) -> None:
        self.lane = lane
        self.lines = CallQueues(sizes)
        self._reactor = reactor
        self._clock = IReactorTime(reactor)
        self._look: IDelayedCall | None = None
        lane.stalled = lambda: reactor.callFromThread(self._watch)

    async def run(
        self, line: CallQueue, call: Callable[[], T], *, due: Due, discard: Callable[[T], object] | None = None
    ) -> T:
        running = Call(call, self._reactor, due)
        cancelled: CancelledError | None = None
        self.lane.submit(line, running)
        if self.lane.behind:
            self._watch()
        while not running.ended:
            running.waiter = Deferred()
            try:
                await running.waiter
            except CancelledError as problem:
                running.waiter = None
                if self.lane.withdraw(line, running):
                    self._watch()
                    raise
                if discard is not None:
                    running.leave(lambda results: self._discard(line, discard, results))
                    raise
                cancelled = problem
        if self._look is not None:
            self._watch()
        if cancelled is None:
            return running.result()
        raise cancelled

    def _discard(self, line: CallQueue, discard: Callable[[T], object], results: list[T]) -> None:
        """Dispose of the result of a cancelled call that ran nevertheless."""
        if results:
            self.lane.submit(line, Call(lambda: discard(results.pop()), self._reactor, Due.ENDS))
        self._watch()

    def _watch(self) -> None:
        """Start or stop the timer that looks for hung calls, which runs while calls wait."""
        if self._look is None and self.lane.behind:
            self._look = self._clock.callLater(self.lane.hung_seconds, self._look_now)
        elif self._look is not None and not self.lane.behind:
            self._look.cancel()
            self._look = None

    def _look_now(self) -> None:
        self._look = None
        if self.lane.behind:
            for call in self.lane.look():
                call.refuse(TemporarilyUnavailable("all threads of the owner's share hang"))
        self._watch()


class Unshared:
    """A `Blocking` of a lane without owners."""

    def __init__(self, lane: Lane, reactor: IReactorFromThreads) -> None:
        self.lane = lane
        self._lane = LaneOfOwners(lane, Sizes(host=0, account=0, mount=0), reactor)
        self._line = self._lane.lines.line(NOBODY)

    def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> Running[T]:
        return self._lane.run(self._line, call, due=Due.CONTINUES, discard=discard)


class Owned:
    """A `Blocking` for the calls of an owner, each in its lane and with its shares."""

    __slots__ = ("_account", "_due", "_home", "_host", "_last", "_pool")

    def __init__(
        self,
        pool: BlockingPool,
        *,
        host: Hashable,
        account: Callable[[], str | None],
        home: MountedHome | None = None,
        due: Due = Due.BEGINS,
    ) -> None:
        self._pool = pool
        self._host = host
        self._account = account
        self._home = NO_HOME if home is None else home
        self._due = due
        self._last: tuple[LaneOfOwners, str | None, int | None, CallQueue] | None = None

    def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> Running[T]:
        pool = self._pool
        lane, due = pool.files, self._due
        if isinstance(call, Placed):
            lane = pool.files if call.placement is Placement.FILES else pool.busy
            due = call.due or due
        pool.tell()
        return lane.run(self.line(lane, call), call, due=due, discard=discard)

    def line(self, lane: LaneOfOwners, call: Callable[[], object]) -> CallQueue:
        """Return the queue of a call, which is mostly that of the previous call."""
        account = self._account()
        where = call.where if isinstance(call, Placed) else None
        mount = self._home.mount if where is None else self._mount_at(where)
        last = self._last
        if last is not None and last[0] is lane and last[1] == account and last[2] == mount:
            return last[3]
        line = lane.lines.line(Keys(self._host, account, mount))
        self._last = (lane, account, mount, line)
        return line

    def _mount_at(self, where: VirtualPath | int) -> int | None:
        if isinstance(where, int):
            return mount_of(where)
        home = self._home
        below = self._pool.mount_below(home.path, where) if home.path else None
        return home.mount if below is None else below

    async def compute(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        """Run a call in the busy lane: the `Blocking` for calls that all compute."""
        return await self(Placed(call, placement=Placement.BUSY), discard=discard)
