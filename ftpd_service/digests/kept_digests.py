"""Digests of versions of files, kept in memory and behind it in a store.

A digest is looked up by the version of an open file, and computed if it is not there, whatever the reason.  The store
is asked for large files only, as small ones are read sooner; it is written some time later, many rows at once.  A store
that fails is left alone for a while: no client waits for it, and no client gets an error because of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from ftpd_service.digests.digest_store import DigestStore
from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.values import DigestRow, FileVersion

MOST_REMEMBERED = 10_000
"""The most files whose digests are in memory, some 7 MiB; the ones that were used first are forgotten."""

MOST_UNSAVED = 2000
"""The most rows that wait for the store."""

WORTH_STORING_BYTES = 1024 * 1024
"""The smallest file whose digests are stored: a smaller one is read and computed in a millisecond."""

LOAD_SECONDS = 1.0
"""The longest wait for the store before a digest is computed."""

CLOSE_SECONDS = 5.0
"""The longest wait for the store at the end of the service."""

SAVE_AFTER_SECONDS = 1.0
STORE_RESTS_SECONDS = 30.0
"""The time for which a store that has failed is left alone."""

T = TypeVar("T")

_log = Logger(namespace="ftpd")


class KeptDigests:
    """The digests of a service, on the reactor's thread.

    :ivar found: how many digests were found.
    :ivar missed: how many digests were not found.
    """

    def __init__(self, clock: IReactorTime, store: DigestStore | None = None) -> None:
        """Keep digests in memory, and in a store that `close` closes."""
        self._clock = clock
        self._store = store
        self._known: OrderedDict[tuple[int, int], tuple[FileVersion, dict[str, str]]] = OrderedDict()
        self._unsaved: OrderedDict[tuple[int, int, str], DigestRow] = OrderedDict()
        self._timer: IDelayedCall | None = None
        self._saving: Deferred[None] | None = None
        self._rests_until = 0.0
        self.found = 0
        self.missed = 0

    async def find(self, version: FileVersion, algorithm: str) -> str | None:
        """Return the digest of a version that was looked at just now, or None."""
        digest = self._remembered(version).get(algorithm)
        if digest is None and self._store is not None and version.size >= WORTH_STORING_BYTES:
            await self._load(self._store, version)
            digest = self._remembered(version).get(algorithm)
        if digest is None:
            self.missed += 1
        else:
            self.found += 1
        return digest

    def keep(self, row: DigestRow) -> None:
        """Keep a digest of a version that proves the bytes (`settled_versions`)."""
        self._remember(row)
        if self._store is None or row.version.size < WORTH_STORING_BYTES:
            return
        self._unsaved[row.version.device, row.version.inode, row.algorithm] = row
        while len(self._unsaved) > MOST_UNSAVED:
            self._unsaved.popitem(last=False)
        self._save_later()

    async def close(self) -> None:
        """Write the rows that wait, and close the store."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._store is None:
            return
        with suppress(CancelledError):
            await self._in_time(self._ended(self._store), CLOSE_SECONDS)

    async def _ended(self, store: DigestStore) -> None:
        if self._saving is not None:
            await self._saving
        await self._save(store)
        await store.close()

    async def _in_time(self, work: Coroutine[Deferred[Any], Any, T], seconds: float) -> T:
        """Return the result of work that is cancelled after some time."""
        running = Deferred.fromCoroutine(work)
        late = self._clock.callLater(seconds, running.cancel)
        try:
            return await running
        finally:
            if late.active():
                late.cancel()

    def _remembered(self, version: FileVersion) -> dict[str, str]:
        key = version.device, version.inode
        known = self._known.get(key)
        if known is None or known[0] != version:
            return {}
        self._known.move_to_end(key)
        return known[1]

    def _remember(self, row: DigestRow) -> None:
        digests = self._remembered(row.version)
        if not digests:
            key = row.version.device, row.version.inode
            self._known[key] = row.version, digests
            self._known.move_to_end(key)
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        digests[row.algorithm] = row.digest

    async def _load(self, store: DigestStore, version: FileVersion) -> None:
        if self._clock.seconds() < self._rests_until:
            return
        asked = self._clock.seconds()
        try:
            digests = await self._in_time(store.load(version), LOAD_SECONDS)
        except DatabaseUnavailable as problem:
            self._rest(str(problem))
            return
        except CancelledError:
            if self._clock.seconds() < asked + LOAD_SECONDS:
                raise
            self._rest(f"no answer within {LOAD_SECONDS:g} seconds")
            return
        for algorithm, digest in digests.items():
            self._remember(DigestRow(version, algorithm, digest))

    def _save_later(self) -> None:
        if self._timer is None and self._saving is None:
            rest = self._rests_until - self._clock.seconds()
            self._timer = self._clock.callLater(max(SAVE_AFTER_SECONDS, rest), self._save_now)

    def _save_now(self) -> None:
        self._timer = None
        if self._store is not None:
            self._saving = Deferred.fromCoroutine(self._save(self._store))
            self._saving.addBoth(self._saved)

    def _saved(self, result: object) -> None:
        self._saving = None
        if self._unsaved:
            self._save_later()

    async def _save(self, store: DigestStore) -> None:
        rows, self._unsaved = list(self._unsaved.values()), OrderedDict()
        if not rows:
            return
        try:
            await store.save(rows)
        except DatabaseUnavailable as problem:
            # The rows stay in memory for this process, and are computed again by the next.
            self._rest(str(problem))

    def _rest(self, reason: str) -> None:
        if self._clock.seconds() >= self._rests_until:
            _log.warn(
                "digests: their store does not answer ({reason}); for {seconds} seconds they are kept in memory only",
                reason=reason,
                seconds=int(STORE_RESTS_SECONDS),
            )
        self._rests_until = self._clock.seconds() + STORE_RESTS_SECONDS
