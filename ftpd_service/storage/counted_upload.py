"""One upload in the ledger of its account: the room that it holds, and the effect of its end on the totals.

A hidden upload changes the totals at its commit alone.  Any other upload changes them while it runs: the account is
marked dirty before the first byte, and after the end, however it ended, the size of the file is looked at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ftpd_service.account import LiveAccount
from ftpd_service.errors import FtpdError, QuotaExceeded
from ftpd_service.former_interfaces import IKeepsFormer
from ftpd_service.interfaces import IHiddenWrite, IWriteHandle
from ftpd_service.policy.quotas import Reservation, Standing
from ftpd_service.storage.ledger import REFUSALS, Ledger

T = TypeVar("T")

Look = Callable[[], Awaitable[Standing]]
"""Looks at the path of an upload."""


class CountedUpload:
    """An upload of an account with a quota."""

    def __init__(
        self, ledger: Ledger, reservation: Reservation, live: LiveAccount, inner: IWriteHandle, look: Look
    ) -> None:
        self._ledger = ledger
        self._reservation = reservation
        self._live = live
        self._inner = inner
        self._look = look
        self._hidden = IHiddenWrite.providedBy(inner)
        self._written = 0
        self._begun = False
        self._ended = False
        self._directories_moved = ledger.directories_moved

    async def keep_former(self) -> None:
        """Hold room for the former file if the upload keeps it; without room the upload is aborted.

        :raises QuotaExceeded: there is no room for a file more.
        """
        if not IKeepsFormer.providedBy(self._inner):
            return
        try:
            self._ledger.usage.keep_former(self._reservation, self._live.account.quota)
        except QuotaExceeded:
            await self.abort()
            raise

    def take(self, count: int) -> int:
        """Hold bytes that are about to be written, as many as fit, and return their number."""
        fitting = self._ledger.usage.take(self._reservation, count, self._live.account.quota)
        self._written += fitting
        if fitting < count:
            # Other programs, and the sweep of unfinished uploads, may have made room that nobody has told of.
            self._ledger.suspect()
        return fitting

    def allot(self, most: int) -> int:
        """Hold room for the next slice, and return its bytes."""
        return self._ledger.usage.allot(self._reservation, most, self._live.account.quota)

    def settle(self, count: int) -> None:
        """Record the bytes that a slice has written.

        :raises QuotaExceeded: there are more of them than were allotted, and the rest does not fit.
        """
        self._written += count
        self._ledger.usage.settle(self._reservation, count, self._live.account.quota)

    async def first(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call that may write the first byte; if that stands under the final name, the call is a change.

        :raises TemporarilyUnavailable: the account cannot be marked dirty, so no byte may be written.
        """
        if self._hidden or self._begun:
            return await call()
        async with self._ledger.change(None):
            await self._find()
            self._begun = True
            result = await call()
            self._ledger.usage.identified(self._reservation.file, await self._look())
        return result

    async def _find(self) -> None:
        """Look whether the file is the file of the opening, before its first byte is written in place."""
        if not self._reservation.leads_to(await self._look()):
            self._reservation.file.gone = True

    async def commit(self) -> None:
        """Commit, and count the file.

        :raises TemporarilyUnavailable: the account cannot be marked dirty; the upload is aborted.
        """
        called = False
        try:
            async with self._ledger.change(None):
                former = await self._look() if self._hidden else None
                called = True
                await self._committed(former)
        finally:
            if not called:
                await self._inner.abort()
            self._end()

    async def abort(self) -> None:
        """Abort, and count the bytes that a file in place keeps; never raises."""
        if self._ended or self._hidden or not self._begun:
            try:
                await self._inner.abort()
            finally:
                self._end()
            return
        called = False
        try:
            async with self._ledger.change(None):
                called = True
                await self._inner.abort()
                await self._see()
        except FtpdError:
            # The totals are in doubt, and the account is dirty since the first byte.
            self._assume()
        finally:
            if not called:
                await self._inner.abort()
            self._end()

    async def quarantine(self, call: Callable[[], Awaitable[str]]) -> str:
        """End the upload in the quarantine, where nothing counts; a file that was changed in place is gone.

        :raises TemporarilyUnavailable: the account cannot be marked dirty; the upload is aborted.
        """
        called = False
        try:
            if self._hidden:
                called = True
                return await call()
            async with self._ledger.change(None):
                standing = await self._look()
                self._begun = called = True
                return await self._moved_away(standing, call)
        finally:
            if not called:
                await self._inner.abort()
            self._end()

    async def _moved_away(self, standing: Standing, call: Callable[[], Awaitable[str]]) -> str:
        known = self._reservation.leads_to(standing)
        try:
            name = await call()
        except BaseException:
            self._assume()
            raise
        if known and (await self._look()).size is None:
            self._ledger.usage.removed(standing)
        else:
            self._assume()
        return name

    async def _committed(self, former: Standing | None) -> None:
        if former is None and not self._begun:
            await self._find()
        try:
            await self._inner.commit()
        except REFUSALS:
            # Of a file in place bytes may be left.
            if former is None and self._begun:
                self._assume()
            raise
        except BaseException:
            self._assume()
            raise
        if former is None:
            await self._see()
        else:
            self._replaced(former)

    def _replaced(self, former: Standing) -> None:
        """Count the file of a hidden upload, which is in the place that the path had at the opening."""
        linked = former.linked or self._reservation.linked
        if self._directories_moved != self._ledger.directories_moved or (
            linked and not self._reservation.leads_to(former)
        ):
            self._assume()
        else:
            self._ledger.usage.committed(former, self._written)
            if IKeepsFormer.providedBy(self._inner):
                kept = IKeepsFormer(self._inner).kept_former()
                self._ledger.usage.kept(kept.bytes, kept.files)

    async def _see(self) -> None:
        """Count the file of an upload that was in place."""
        now = await self._look()
        self._ledger.usage.identified(self._reservation.file, now)
        moved = self._directories_moved != self._ledger.directories_moved
        if now.size is None or moved or not self._reservation.leads_to(now):
            # The bytes are in a file with a different path, or in no file any more.
            self._assume()
        else:
            self._ledger.usage.resized(self._reservation, now.size)

    def _assume(self) -> None:
        self._ledger.usage.assumed(self._reservation)
        self._ledger.doubt()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._ledger.usage.end(self._reservation)
            self._ledger.clean_later()
