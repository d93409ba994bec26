"""The calls of a running service to its database: each on a thread of the database's own lane, and each in time.

The lane has as many threads as connections.  The lane for computing would not do: a database that hangs would hold its
threads, and with them the transfers of other clients.  SQLite computes and never waits for a network, so it gets no
more threads than there are processors: more threads cost two to four times the processor time.

A call that takes too long is cut: its connection is closed under it, so that its thread is free, and the next call
makes a new connection.  So a hanging database holds a thread for as long as a call may take, and not longer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.database.connecting import changes, connect, cut, explained_failures, is_replaced, looks
from ftpd_service.database.schema_state import WrongSchema, check_schema
from ftpd_service.database.settings import SQLITE, DatabaseSettings
from ftpd_service.database.tables import current_revision
from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.interfaces import Blocking
from ftpd_service.runtime.lane import Lane
from ftpd_service.runtime.pool import HUNG_SECONDS, Unshared, processors

T = TypeVar("T")

Use = Callable[[Connection], AbstractContextManager[None]]
"""`looks` or `changes`."""

AGAIN_SECONDS = 1.0
"""A call that is cut between two statements would run on, so it is cut again after this time."""


def threads(settings: DatabaseSettings, processors: int) -> int:
    """Return how many threads the calls of a database get."""
    return min(settings.connections, processors) if settings.kind == SQLITE else settings.connections


def open_database(settings: DatabaseSettings, reactor: PosixReactorBase) -> Database:
    """Return the database of a service, with a lane of its own; no connection is made before the first call.

    :raises PluginProblem: the database's driver is not installed.
    """
    lane = Lane("ftpd-database", threads(settings, processors()), hung_seconds=HUNG_SECONDS)
    return Database(settings, Unshared(lane, reactor), reactor)


class _Held:
    """The connection with which a call runs, so that another thread can cut the call.

    :ivar committing: whether the call has made all its changes; it must not be made again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._driver: object = None
        self._late = False
        self.committing = False

    def hold(self, connection: Connection) -> None:
        """Take the connection of the call.

        :raises DatabaseUnavailable: the call's time is over.
        """
        with self._lock:
            if self._late:
                raise DatabaseUnavailable("the connection came too late")
            self._driver = connection.connection.dbapi_connection

    def let_go(self) -> None:
        """Forget the connection when the call has ended."""
        with self._lock:
            self._driver = None

    def cut(self) -> bool:
        """End the call if it runs, and never let it begin if it does not run yet; return whether it ran."""
        with self._lock:
            self._late = True
            if self._driver is not None:
                cut(self._driver)
            return self._driver is not None


class _Deadline:
    """The end of a call's time, on the reactor's thread.

    :ivar passed: whether the time is over.
    """

    def __init__(self, clock: IReactorTime, all_of_them: set[_Deadline], held: _Held, running: Deferred[T]) -> None:
        self._clock = clock
        self._others = all_of_them
        self._held = held
        self._cancel = running.cancel
        self._timer: IDelayedCall | None = None
        self.passed = False

    def set(self, seconds: float) -> None:
        """End the call after some seconds."""
        self._timer = self._clock.callLater(seconds, self._pass)
        self._others.add(self)

    def stop(self) -> None:
        """Leave the call alone."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            self._others.discard(self)

    def _pass(self) -> None:
        self._timer = None
        self._others.discard(self)
        self.passed = True
        if self._held.cut():
            self.set(AGAIN_SECONDS)
        self._cancel()


class Database:
    """The database of a running service."""

    def __init__(self, settings: DatabaseSettings, blocking: Blocking, clock: IReactorTime) -> None:
        """Take the settings; no connection is made before the first call.

        :param blocking: the lane for calls to the database, which has as many threads as `threads` says.
        :raises PluginProblem: the database's driver is not installed.
        """
        self.settings = settings
        self._engine = connect(settings)
        self._blocking = blocking
        self._clock = clock
        self._deadlines: set[_Deadline] = set()
        self._checked = False
        self._kept: Connection | None = None

    async def read(self, call: Callable[[Connection], T]) -> T:
        """Return the result of some looks at the database, made on a thread; they may be made twice.

        :raises DatabaseUnavailable: there was no answer in time; the text says why, for the log.
        """
        return await self._in_time(partial(self._run, looks, call))

    async def write(self, call: Callable[[Connection], T]) -> T:
        """Return the result of a transaction, made on a thread; it is undone if the call raises.

        The call may be made twice, but it is committed once.  Cancelling ends the wait, not a transaction that runs.

        :raises DatabaseUnavailable: there was no answer in time; the transaction may have been committed nevertheless.
        """
        return await self._in_time(partial(self._run, changes, call))

    async def batch(self, call: Callable[[Connection], T]) -> T:
        """Return the result of a call that makes a transaction of its own, which may be made twice.

        Its connection is kept for the next batch, as to take it out of the pool costs as much as a small transaction.

        :raises DatabaseUnavailable: there was no answer in time; the transaction may have been committed nevertheless.
        """
        return await self._in_time(partial(self._run_batch, call))

    async def revision(self) -> int:
        """Return the counter of changes of accounts and groups.

        :raises DatabaseUnavailable: there was no answer in time.
        """
        return await self.read(current_revision)

    async def close(self) -> None:
        """Close the connections that no call uses."""
        # SQLite writes its log into the file when the last connection closes, so this runs on a thread.
        with suppress(DatabaseUnavailable):
            await self._in_time(lambda held: self._close())
        for deadline in list(self._deadlines):
            deadline.stop()

    async def _in_time(self, run: Callable[[_Held], T]) -> T:
        held = _Held()
        running = Deferred.fromCoroutine(self._blocking(partial(run, held), discard=bool))
        deadline = _Deadline(self._clock, self._deadlines, held, running)
        deadline.set(self.settings.timeout_seconds)
        try:
            result = await running
        except CancelledError:
            if deadline.passed:
                raise DatabaseUnavailable(f"no answer within {self.settings.timeout_seconds:g} seconds") from None
            # The caller has left, and the call may still run: its deadline stays, and ends it.
            raise
        except BaseException:
            deadline.stop()
            raise
        deadline.stop()
        return result

    def _run(self, use: Use, call: Callable[[Connection], T], held: _Held) -> T:
        """Run a call on this thread, and once more if its connection turned out to be dead."""
        try:
            return self._once(use, call, held)
        except DatabaseUnavailable as problem:
            if held.committing or not getattr(problem.__cause__, "connection_invalidated", False):
                raise
        return self._once(use, call, held)

    def _once(self, use: Use, call: Callable[[Connection], T], held: _Held) -> T:
        with explained_failures(), self._engine.connect() as connection:
            held.hold(connection)
            try:
                with use(connection):
                    self._check(connection)
                    result = call(connection)
                    held.committing = use is not looks
                return result
            finally:
                held.let_go()

    def _run_batch(self, call: Callable[[Connection], T], held: _Held) -> T:
        """Run a call on this thread, and once more if its connection turned out to be dead."""
        try:
            return self._once_kept(call, held)
        except DatabaseUnavailable as problem:
            if not getattr(problem.__cause__, "connection_invalidated", False):
                raise
        return self._once_kept(call, held)

    def _once_kept(self, call: Callable[[Connection], T], held: _Held) -> T:
        # A call whose time is over may still run with its connection, so no two calls get the same.
        connection, self._kept = self._kept, None
        if connection is None or is_replaced(connection, self.settings):
            connection = self._new_connection(connection)
        try:
            held.hold(connection)
            try:
                with explained_failures():
                    self._check(connection)
                    result = call(connection)
            finally:
                held.let_go()
        except BaseException:
            connection.close()
            raise
        former, self._kept = self._kept, connection if self.settings.connections > 1 else None
        for left in (former, connection):
            if left is not None and left is not self._kept:
                left.close()
        return result

    def _new_connection(self, former: Connection | None) -> Connection:
        with explained_failures():
            if former is not None:
                former.invalidate()
                former.close()
            connection = self._engine.connect()
            with looks(connection):
                return connection

    def _close(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()
        self._engine.dispose()

    def _check(self, connection: Connection) -> None:
        """Look at the tables before the first call, as the database may not have answered when the service began."""
        if not self._checked:
            try:
                check_schema(connection)
            except WrongSchema as problem:
                raise DatabaseUnavailable(f"database: {problem}") from problem
            self._checked = True
