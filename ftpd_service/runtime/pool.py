"""The bounded pool that blocking calls run on: own daemon threads, so that a hung disk delays no exit.

The reactor's own pool is joined when the process ends, and one hung file call then keeps it from ending (seen).  Here
threads are daemons.

Calls go by lanes, each with threads of its own.  *Files* has those that wait for disks.  *Busy* has one a core for
calls that compute: more of them at once only take the interpreter's lock from each other, at twice the CPU time.
*Hashes* has those that check passwords, and *service* the service's own work: neither ever waits behind a file.

Whoever makes a storage or a data channel binds a `Blocking` to the owner on whose behalf it works: see
`BlockingPool.owned`.  Its host, the mount that a call works on, and its account on this mount hold a share of a lane's
threads each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, NamedTuple, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorFromThreads, IReactorTime

from ftpd_service.errors import TemporarilyUnavailable
from ftpd_service.kernel.file_systems import mount_of
from ftpd_service.placed import Due, Placed, Placement
from ftpd_service.runtime.calls import Call
from ftpd_service.runtime.lane import Lane
from ftpd_service.runtime.mounts import Mounts
from ftpd_service.runtime.shares import NOBODY, CallQueue, CallQueues, Keys, Sizes
from ftpd_service.values import VirtualPath

T = TypeVar("T")

CALLS_A_THREAD = 4
"""So many calls for each thread that wait are worth a word to the operator."""

HUNG_SECONDS = 1.0
"""A call that takes longer while others wait is taken for one that hangs."""

BUSY_HUNG_SECONDS = 0.02
"""A busy call that takes longer is taken for one that waits too: several times what they take."""

THREADS, STAND_INS = 16, 48
"""For files."""
FILES_SHARES = Sizes(host=24, account=8, mount=24)
"""An account's hung calls on a mount leave half of the threads to others at once, and two thirds of a host's share."""

BUSY_STAND_INS = 16
BUSY_SHARES = Sizes(host=12, account=6, mount=12)

SERVICE_THREADS = 4

HASHES_NICE = 10
"""Hashes leave the processors to the reactor: without it other sessions wait five times as long (measured)."""


class MountedHome(NamedTuple):
    """Where the paths of a storage begin: an absolute path of the host, and the number of its mount, if known."""

    path: bytes
    mount: int | None = None


NO_HOME = MountedHome(b"")

Running = Coroutine["Deferred[None]", Any, T]
"""What a `Blocking` gives to be awaited."""


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class BlockingPool:
    """Runs calls on daemon threads, each in its lane.

    Itself it provides `ftpd_service.interfaces.Blocking`, for calls that nobody's share has to bear.

    :ivar service: a `Blocking` for the service's own work.
    :ivar hashes: a `Blocking` for checks of passwords that let the interpreter's lock go.
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
        """Take the most threads; `crowded` is told how many calls wait when all threads are busy and many wait.

        It is told once, and again only after the queue was empty.

        :param stand_ins: the most threads that take the place of those whose calls hang.
        :param cores: so many busy calls at once; None: as many as this process may use.
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
        """How many calls have no thread yet, but for busy ones."""
        return self.files.lane.waiting

    def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> Running[T]:
        """The call's result; see `ftpd_service.interfaces.Blocking` for what cancelling does."""
        return self._nobody(call, discard=discard)

    def owned(
        self,
        *,
        host: Hashable,
        account: Callable[[], str | None],
        home: MountedHome | None = None,
        due: Due = Due.BEGINS,
    ) -> Owned:
        """A `Blocking` for the calls of one session.

        :param host: see `ftpd_service.values.Peer.host`.
        :param account: tells who is logged in.
        :param home: where the paths of a storage begin; None where there is no storage.
        :param due: what becomes of calls that do not say so themselves.
        """
        return Owned(self, host=host, account=account, home=home, due=due)

    def mount_of_path(self, path: bytes) -> int | None:
        """The mount of an absolute host path, as far as its names tell; links are not followed."""
        return self._mounts.of(path)

    def mount_below(self, home: bytes, path: VirtualPath) -> int | None:
        """See `Mounts.below`."""
        if self._mounts.changed():
            Deferred.fromCoroutine(self.service(self._mounts.read))
        return self._mounts.below(home, path.encode("utf-8", "surrogateescape"))

    def tell(self) -> None:
        """Tell of a crowd, where there is one."""
        waiting = self.waiting
        if not waiting:
            self._told = False
        elif waiting >= CALLS_A_THREAD * self.files.lane.most and not self._told and self._crowded is not None:
            self._told = True
            self._crowded(waiting)


class LaneOfOwners:
    """A lane, with what its owners may hold of it, as the reactor's thread sees it."""

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
        """The call's result; see `ftpd_service.interfaces.Blocking`."""
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
        """Give the result back that a call has had after all."""
        if results:
            self.lane.submit(line, Call(lambda: discard(results.pop()), self._reactor, Due.ENDS))
        self._watch()

    def _watch(self) -> None:
        """A call was handed in, was taken back, or has ended: look for those that hang while others wait."""
        if self._look is None and self.lane.behind:
            self._look = self._clock.callLater(self.lane.hung_seconds, self._look_now)
        elif self._look is not None and not self.lane.behind:
            self._look.cancel()
            self._look = None

    def _look_now(self) -> None:
        self._look = None
        if self.lane.behind:
            for call in self.lane.look():
                call.refuse(TemporarilyUnavailable("all threads that may work on its behalf hang"))
        self._watch()


class Unshared:
    """A `Blocking` of a lane in which there are no owners."""

    def __init__(self, lane: Lane, reactor: IReactorFromThreads) -> None:
        self._lane = LaneOfOwners(lane, Sizes(host=0, account=0, mount=0), reactor)
        self._line = self._lane.lines.line(NOBODY)

    def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> Running[T]:
        """See `ftpd_service.interfaces.Blocking`."""
        return self._lane.run(self._line, call, due=Due.CONTINUES, discard=discard)


class Owned:
    """A `Blocking` for the calls of one owner, each in its lane and with its shares."""

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
        """See `BlockingPool.owned`."""
        self._pool = pool
        self._host = host
        self._account = account
        self._home = NO_HOME if home is None else home
        self._due = due
        self._last: tuple[LaneOfOwners, str | None, int | None, CallQueue] | None = None

    def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> Running[T]:
        """See `ftpd_service.interfaces.Blocking`."""
        pool = self._pool
        lane, due = pool.files, self._due
        if isinstance(call, Placed):
            lane = pool.files if call.placement is Placement.FILES else pool.busy
            due = call.due or due
        pool.tell()
        return lane.run(self.line(lane, call), call, due=due, discard=discard)

    def line(self, lane: LaneOfOwners, call: Callable[[], object]) -> CallQueue:
        """The line of a call, mostly the one that the last call had."""
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
        """The same, a `Blocking` for calls all of which compute."""
        return await self(Placed(call, placement=Placement.BUSY), discard=discard)
