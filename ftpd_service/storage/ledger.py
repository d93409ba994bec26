"""The ledger of an account: its stored bytes and files in memory, kept right while its files change.

Each change of the tree (a commit, a removal, a rename) runs alone in its account, together with the look at the file
that it replaces, so that the totals are exact.  A change whose outcome is unknown puts the totals in doubt: they are
too high rather than too low until the files are counted again.  A store, such as a database, keeps the totals over a
restart: an account is marked dirty there before its first change, and clean again, with its totals, once it is idle.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred, DeferredLock
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpd_service.errors import (
    AlreadyExists,
    FtpdError,
    IsADirectory,
    NameNotAllowed,
    NotADirectory,
    NotAPlainFile,
    NotEmpty,
    NotFound,
    PermissionDenied,
    StorageFull,
    TemporarilyUnavailable,
)
from ftpd_service.policy.quotas import FileInUse, Totals, Usage
from ftpd_service.storage.totals_store import NoStore, TotalsStore

_log = Logger(namespace="ftpd.storage")

IDLE_SECONDS = 5.0
"""How long an account is idle before its totals are stored."""
WAIT_SECONDS = 10.0
"""How long a client waits while the files of its account are counted; then it gets 450.  A commit waits on."""
RECOUNT_SECONDS = 60.0
"""The least time between two counts of an account's files that no operator asked for."""
RECOUNT_TIMES = 20
"""The least time between two such counts, as a multiple of the time that a count took."""
RETRY_SECONDS = 5.0
"""The least time between a count that failed and the next count."""
COUNT_SECONDS = 3600.0
"""How long a count may take."""

REFUSALS = (
    AlreadyExists,
    IsADirectory,
    NameNotAllowed,
    NotADirectory,
    NotAPlainFile,
    NotEmpty,
    NotFound,
    PermissionDenied,
    StorageFull,
)
"""The errors of a storage after which it has changed nothing."""

T = TypeVar("T")

Sizes = dict[FileInUse, int]
Count = Callable[[], Coroutine[Any, Any, tuple[Totals, Sizes]]]
"""Counts the files of an account (Any: what a coroutine is awaited with); returns the sizes of files in use besides."""


class Ledger:
    """The ledger of one account.

    :ivar usage: what is stored and held; right once `ready` has returned.
    :ivar counts: how many times the files were counted.
    :ivar directories_moved: how many times a directory was renamed; uploads below it end elsewhere then.
    """

    def __init__(self, name: str, store: TotalsStore | None, clock: IReactorTime) -> None:
        self.name = name
        self.usage = Usage()
        self.counts = 0
        self.directories_moved = 0
        self._store = NoStore() if store is None else store
        self._clock = clock
        self._lock = DeferredLock()
        self._known = False
        self._looked_up = False
        self._doubtful = False
        self._suspected = False
        self._wanted = False
        self._ask_store = False
        self._dirty = False
        self._next_count = 0.0
        self._waiting: list[Deferred[None]] = []
        self._counting: Deferred[None] | None = None
        self._timer: IDelayedCall | None = None

    def ask_store(self) -> None:
        """Ask the store before the next upload whether an operator wants a count."""
        self._ask_store = True

    async def ready(self, count: Count) -> None:
        """Wait until the totals are known.

        :raises TemporarilyUnavailable: a count takes long or has failed, or the store does not answer.
        """
        if self._ask_store:
            self._wanted |= not await self._store.mark_dirty(self.name)
            self._ask_store, self._dirty = False, True
        if not self._looked_up:
            await self.look_up()
        due = self._clock.seconds() >= self._next_count
        if self._wanted or not self._known or ((self._doubtful or self._suspected) and due):
            if not (self._wanted or due or self._counting is not None):
                raise TemporarilyUnavailable("the files of the account could not be counted a moment ago")
            await self._counted(count)

    async def look_up(self) -> None:
        """Ask the store for the totals, unless that was done.

        :raises DatabaseUnavailable: the store does not answer.
        """
        async with self.still():
            if not self._looked_up:
                totals = await self._store.load(self.name)
                self._looked_up = True
                if totals is not None:
                    self.usage.recounted(totals, {})
                    self._known = True

    async def fresh(self, count: Count) -> bool:
        """Count anew if the last count is not fresh; return whether the files were counted."""
        if self._clock.seconds() < self._next_count:
            return False
        self._doubtful = True
        await self.ready(count)
        return True

    def doubt(self) -> None:
        """Put the totals in doubt: the files are counted before an upload, but not more often than counts may be."""
        self._doubtful = True

    def suspect(self) -> None:
        """Have the files counted before an upload, as for `doubt`, but take the totals for right until then."""
        self._suspected = True

    @asynccontextmanager
    async def still(self, seconds: float | None = WAIT_SECONDS) -> AsyncIterator[None]:
        """Run while no other change of the account's files runs.

        :param seconds: how long to wait for that; None means until it is so.
        :raises TemporarilyUnavailable: the wait was too long.
        """
        waiting = self._lock.acquire()
        if not waiting.called:
            await self._in_time(waiting, seconds)
        try:
            yield
        finally:
            self._lock.release()

    @asynccontextmanager
    async def change(self, seconds: float | None = WAIT_SECONDS) -> AsyncIterator[None]:
        """Run a change of the account's files alone; an exception that is no refusal puts the totals in doubt.

        :raises TemporarilyUnavailable: the wait was too long, or the account cannot be marked dirty.
        """
        async with self.still(seconds):
            await self._mark_dirty()
            try:
                yield
            except BaseException as problem:
                self._doubtful |= not isinstance(problem, REFUSALS)
                raise
            finally:
                self.clean_later()

    def clean_later(self) -> None:
        """Store the totals once the account is idle; called after each change, and at the end of each upload."""
        if self._timer is not None and self._timer.active():
            self._timer.reset(IDLE_SECONDS)
        elif self._dirty:
            self._timer = self._clock.callLater(IDLE_SECONDS, self._clean_now)

    async def close(self) -> None:
        """Store the totals now if nothing runs, as the service ends; otherwise the next service counts."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        if not self._lock.locked:
            await self._clean()
        if self._counting is not None:
            self._counting.cancel()

    def _clean_now(self) -> None:
        Deferred.fromCoroutine(self._clean()).addErrback(self._unexpected)

    async def _clean(self) -> None:
        """Store the totals of an idle account.  In doubt the account stays dirty."""
        async with self.still(None):
            if not self._dirty or self.usage.busy or self._doubtful or not self._known:
                return
            # The totals may be kept although the call fails, so the next change marks them dirty in any case.
            self._dirty = False
            try:
                self._wanted |= not await self._store.save(self.name, self.usage.totals)
            except FtpdError as problem:
                _log.warn("totals of {account} not stored: {problem}", account=repr(self.name), problem=str(problem))

    async def _mark_dirty(self) -> None:
        if not self._dirty:
            self._wanted |= not await self._store.mark_dirty(self.name)
            self._dirty = True

    async def _counted(self, count: Count) -> None:
        """Count, or join a count that runs."""
        if self._counting is None:
            self._counting = Deferred.fromCoroutine(self._count(count))
            self._counting.addErrback(self._unexpected)
            self._counting.addBoth(self._count_ended)
        if self._counting is not None:
            joined: Deferred[None] = Deferred()
            self._waiting.append(joined)
            try:
                await self._in_time(joined, WAIT_SECONDS)
            finally:
                if joined in self._waiting:
                    self._waiting.remove(joined)
        if self._wanted or not self._known:
            raise TemporarilyUnavailable("the files of the account could not be counted")

    async def _count(self, count: Count) -> None:
        async with self.still(None):
            wanted = self._wanted
            try:
                await self._mark_dirty()
                self._wanted = self._doubtful = self._suspected = False
                await self._walk(count)
            except BaseException as problem:
                self._wanted, self._doubtful = wanted, True
                if not isinstance(problem, FtpdError):
                    raise
                _log.warn("files of {account} not counted: {problem}", account=repr(self.name), problem=str(problem))
        self.clean_later()

    async def _walk(self, count: Count) -> None:
        began, least = self._clock.seconds(), RETRY_SECONDS
        try:
            totals, sizes = await self._in_time(Deferred.fromCoroutine(count()), COUNT_SECONDS)
            self.usage.recounted(totals, sizes)
            self.counts += 1
            self._known = True
            least = RECOUNT_SECONDS
        finally:
            now = self._clock.seconds()
            self._next_count = now + max(least, RECOUNT_TIMES * (now - began))

    def _count_ended(self, result: None) -> None:
        self._counting = None
        waiting, self._waiting = self._waiting, []
        for joined in waiting:
            joined.callback(None)

    async def _in_time(self, waiting: Deferred[T], seconds: float | None) -> T:
        if seconds is None:
            return await waiting
        timer = self._clock.callLater(seconds, waiting.cancel)
        try:
            return await waiting
        except CancelledError:
            if timer.active():
                raise
            raise TemporarilyUnavailable("the files of the account are being counted") from None
        finally:
            if timer.active():
                timer.cancel()

    def _unexpected(self, failure: Failure) -> None:
        self._doubtful = True
        if not failure.check(CancelledError):
            _log.failure("the ledger of an account failed", failure=failure)
