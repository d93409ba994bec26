"""Bans in a running service: asked before greetings and logins, told as events, kept in a store if there is one.

No greeting and no login waits for the store.  One coroutine writes and reads it, so a reading never drops a ban that
was made meanwhile.  Bans that operators or other processes make or lift count within `STORE_SECONDS`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from operator import attrgetter
from typing import Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.events import BanLifted, BanMade
from ftpd_service.interfaces import Emit, Now
from ftpd_service.policy.bans import MOST_BANS, Ban, BanKind, Bans
from ftpd_service.runtime.repeated import Repeated
from ftpd_service.values import Peer

_log = Logger(namespace="ftpd.auth")

STORE_SECONDS = 2.0
"""The time between two looks at the store."""

MOST_UNWRITTEN = 10_000
"""The most bans that wait for a store that does not answer; beyond them the oldest stay in memory only."""

SLICE = 250
"""The bans that are compared in one turn of the reactor: 1 ms, or 5 ms if all of them are new."""


class BanStore(Protocol):
    """Keeps bans over a restart, for several processes."""

    async def put(self, ban: Ban) -> None:
        """Keep a ban, in place of another of the same subject that does not end later.

        :raises DatabaseUnavailable: the store does not answer.
        """

    async def state(self) -> object:
        """Return a value that changes whenever bans are made or lifted.

        :raises DatabaseUnavailable: the store does not answer.
        """

    async def load(self, now: float) -> list[Ban]:
        """Return the bans that have not ended and whose subjects fit their kinds, and drop the others.

        :raises DatabaseUnavailable: the store does not answer.
        """


class BanKeeper:
    """The bans of a service.

    :ivar bans: the bans in force.
    """

    def __init__(self, bans: Bans, *, emit: Emit, clock: IReactorTime, now: Now, store: BanStore | None = None) -> None:
        """Take the bans.

        :param now: returns the seconds since 1970.
        """
        self.bans = bans
        self._emit = emit
        self._clock = clock
        self._now = now
        self._store = store
        self._unwritten: dict[tuple[BanKind, str], Ban] = {}
        self._state: object = None
        self._rounds = Repeated(self._follow, lambda: STORE_SECONDS, clock=clock, fault="the bans could not be read")

    def refusal(self, peer: Peer) -> str:
        """Return the reason why a client is not let in, or an empty text."""
        ban = self.bans.of_address(peer.address, self._now())
        return "" if ban is None else f"limits.bans: {ban.subject} is banned ({ban.reason})"

    def barred(self, peer: Peer, name: bytes, *, known: bool) -> str | None:
        """Return the reason why a password is not checked, or None.

        :param known: whether the name has logged in from this host before: a ban of the account is for others.
        """
        reason = self.refusal(peer)
        if reason:
            return reason
        if self.bans.exempts(peer.address):
            return None
        ban = None if known else self.bans.of_name(name, self._now())
        return None if ban is None else f"limits.bans: the account is banned ({ban.reason})"

    def failed(self, peer: Peer, name: bytes) -> None:
        """Count a wrong password."""
        for ban in self.bans.failed(peer, name, self._now()):
            self._made(ban)
            if self._store is not None and _can_be_stored(ban):
                self._unwritten[ban.key] = ban
                if len(self._unwritten) > MOST_UNWRITTEN:
                    del self._unwritten[next(iter(self._unwritten))]

    def start(self) -> None:
        """Begin to follow the store."""
        if self._store is not None:
            self._rounds.start()

    def stop(self) -> None:
        """Follow the store no more."""
        self._rounds.stop()

    async def _follow(self) -> None:
        store = self._store
        if store is None:
            return
        try:
            await self._write(store.put)
            state = await store.state()
            if state != self._state:
                await self._take(await store.load(self._now()))
                self._state = state
        except DatabaseUnavailable:
            # The watch of the accounts tells the log that the database is away.
            pass

    async def _write(self, put: Callable[[Ban], Awaitable[None]]) -> None:
        while self._unwritten:
            key, ban = next(iter(self._unwritten.items()))
            await put(ban)
            if self._unwritten.get(key) is ban:
                del self._unwritten[key]

    async def _take(self, stored: list[Ban]) -> None:
        """Put the bans of the store into force; those that it cannot hold, or does not have yet, stay.

        Bans that are made meanwhile wait to be written, so they stay too.
        """
        known: dict[tuple[BanKind, str], Ban] = {}
        there: dict[tuple[BanKind, str], Ban] = {}
        # A full store drops the oldest bans that servers have made, and no operator has lifted those.
        full = len(stored) >= MOST_BANS

        def drop(ban: Ban) -> None:
            known[ban.key] = ban
            if ban.key in there or ban.key in self._unwritten or not _can_be_stored(ban):
                return
            lifted = self.bans.lift(*ban.key)
            if lifted is not None and not ban.over(self._now()) and not (full and ban.automatic):
                self._emit(BanLifted(kind=ban.kind.value, subject=ban.subject))

        def take(ban: Ban) -> None:
            former = known.get(ban.key)
            if ban.key in self._unwritten or former == ban or not self.bans.put(ban):
                return
            # The bans of the first look were told when they were made.
            if former is None and self._state is not None:
                self._made(ban)

        there.update([(ban.key, ban) for ban in stored])
        await self._in_slices(self.bans.all(), drop)
        await self._in_slices(sorted(stored, key=attrgetter("since")), take)

    async def _in_slices(self, bans: list[Ban], act: Callable[[Ban], None]) -> None:
        """Call a function with each ban, and let the reactor serve clients in between."""
        for number, ban in enumerate(bans, start=1):
            act(ban)
            if number % SLICE == 0:
                await deferLater(self._clock, 0)

    def _made(self, ban: Ban) -> None:
        seconds = None if ban.until is None else ban.until - self._now()
        event = BanMade(kind=ban.kind.value, subject=ban.subject, seconds=seconds, reason=ban.reason)
        self._emit(event)


def _can_be_stored(ban: Ban) -> bool:
    """Return whether a database can hold the subject: no surrogates and no control characters."""
    return ban.subject.isprintable() and len(ban.subject) <= 255
