"""A wrapper around a storage that enforces the limits of its account: quota, file size, and the free-space floor.

It stands between ``permitted.py`` and the storage, and keeps the account's ledger (``ledger.py``).  The size of a file
is the number of its bytes, as listings show it.  A link does not count.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from zope.interface import implementer

from ftpd_service.account import Account, LiveAccount, Quota
from ftpd_service.copy_interfaces import IOpenCopies
from ftpd_service.errors import NotAPlainFile, NotFound, QuotaExceeded, StorageFull
from ftpd_service.interfaces import (
    IFreeSpace,
    ISizeLimits,
    IStorage,
    IWriteHandle,
)
from ftpd_service.policy.quotas import Reservation, Standing, Totals, Usage, exceeded
from ftpd_service.storage.counted_removal import CountedRemoval
from ftpd_service.storage.counted_upload import CountedUpload
from ftpd_service.storage.counting import counted
from ftpd_service.storage.ledger import Ledger, Sizes
from ftpd_service.storage.limited_handles import Allowance, limited_handle
from ftpd_service.storage.optional import providing_as
from ftpd_service.storage.passing import PassingStorage
from ftpd_service.tree_interfaces import IRemoveTree, ITreeRemoval, Marking
from ftpd_service.values import Entry, EntryKind, VirtualPath, WriteMode
from ftpd_service.wire import paths

T = TypeVar("T")

_COUNTED = (EntryKind.FILE, EntryKind.UNFINISHED)


@implementer(ISizeLimits)
class Limited(PassingStorage):
    """A storage within the limits of its account; a change of the account's limits counts at the next slice."""

    def __new__(cls, inner: IStorage, live: LiveAccount, ledger: Ledger | None) -> Limited:
        """Make an object of a class that implements the interfaces of the inner storage."""
        return object.__new__(providing_as(Limited, inner))

    def __init__(self, inner: IStorage, live: LiveAccount, ledger: Ledger | None) -> None:
        """Take the storage.

        :param ledger: the account's ledger, or None without a quota.
        """
        super().__init__(inner)
        self._live = live
        self._ledger = ledger

    @property
    def _account(self) -> Account:
        return self._live.account

    @property
    def _quota(self) -> Quota | None:
        return self._account.quota

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        """Open a file for writing, if at least one byte fits.

        :raises QuotaExceeded: and StorageFull, TemporarilyUnavailable.
        """
        return await self._opened(path, mode, offset, lambda: self._inner.open_write(path, mode, offset))

    async def open_copy(self, path: VirtualPath, mode: WriteMode) -> IWriteHandle:
        return await self._opened(path, mode, 0, lambda: IOpenCopies(self._inner).open_copy(path, mode))

    async def _opened(
        self, path: VirtualPath, mode: WriteMode, offset: int, opening: Callable[[], Awaitable[IWriteHandle]]
    ) -> IWriteHandle:
        await self._demand_floor(path, 0)
        if self._ledger is None:
            start = offset
            if mode is WriteMode.APPEND and self._account.file_size is not None:
                start = (await self._standing(path)).size or 0
            self._demand_size(start, 1)
            return self._handle(await opening(), path, start, None)
        reservation = await self._reserved(self._ledger, path, mode, offset)
        try:
            self._demand_size(reservation.start, 1)
            inner = await opening()
        except BaseException:
            self._ledger.usage.end(reservation)
            raise
        upload = CountedUpload(self._ledger, reservation, self._live, inner, partial(self._standing, path))
        await upload.keep_former()
        return self._handle(inner, path, reservation.start, upload)

    def _handle(self, inner: IWriteHandle, path: VirtualPath, start: int, upload: CountedUpload | None) -> IWriteHandle:
        return limited_handle(inner, Allowance(self._live, start, partial(self._demand_floor, path, 0), upload))

    async def _reserved(self, ledger: Ledger, path: VirtualPath, mode: WriteMode, offset: int) -> Reservation:
        await ledger.ready(self._count)
        try:
            return await self._begun(ledger, path, mode, offset)
        except QuotaExceeded:
            # Another program may have removed files since the last count.
            if not await ledger.fresh(self._count):
                raise
        return await self._begun(ledger, path, mode, offset)

    async def _begun(self, ledger: Ledger, path: VirtualPath, mode: WriteMode, offset: int) -> Reservation:
        # No change may run between the look at the file and the reservation.
        async with ledger.still():
            standing = await self._standing(path)
            start, replaces = _start(standing, mode, offset), mode is not WriteMode.CREATE
            return ledger.usage.begin(standing, start=start, replaces=replaces, quota=self._quota)

    async def open_removal(self, path: VirtualPath, marking: Marking) -> ITreeRemoval:
        inner = await IRemoveTree(self._inner).open_removal(path, marking)
        if self._ledger is None:
            return inner
        await self._ledger.look_up()
        return CountedRemoval(self._ledger, inner)

    async def remove_file(self, path: VirtualPath) -> None:
        ledger = self._ledger
        if ledger is None:
            await self._inner.remove_file(path)
            return
        await ledger.look_up()
        async with ledger.change():
            present = await self._present(path)
            await self._inner.remove_file(path)
            ledger.usage.removed(_standing(path, present))
            ledger.directories_moved += _is_directory(present)

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        ledger = self._ledger
        if ledger is None:
            await self._inner.rename(source, target)
            return
        await ledger.look_up()
        async with ledger.change():
            moved, replaced = await self._present(source), await self._present(target)
            await self._inner.rename(source, target)
            self._renamed(ledger.usage, _standing(source, moved), _standing(target, replaced))
            ledger.directories_moved += _is_directory(moved)

    def _renamed(self, usage: Usage, moved: Standing, replaced: Standing) -> None:
        # Two names of a file both stay, says rename(2).
        if moved.path != replaced.path and not moved.unique == replaced.unique != "":
            usage.removed(replaced)
            usage.moved(moved)

    async def demand_room(self, path: VirtualPath, mode: WriteMode, offset: int, size: int) -> None:
        """See `ISizeLimits.demand_room`."""
        # Clients announce the whole file or the rest of it; a wrong refusal is worse than a late one.
        due = size - offset if size > offset else size
        await self._demand_floor(path, due)
        if self._quota is None and self._account.file_size is None:
            return
        self._demand_size(_start(await self._standing(path), mode, offset), due)
        if self._ledger is None:
            return
        await self._ledger.ready(self._count)
        if await self._lacks_room(self._ledger, path, mode, offset, due):
            await self._ledger.fresh(self._count)
            if await self._lacks_room(self._ledger, path, mode, offset, due):
                raise exceeded(self._quota)

    async def _lacks_room(self, ledger: Ledger, path: VirtualPath, mode: WriteMode, offset: int, due: int) -> bool:
        standing = await self._standing(path)
        start, replaces = _start(standing, mode, offset), mode is not WriteMode.CREATE
        room = ledger.usage.room_at(standing, start, self._quota, replaces=replaces)
        return room is not None and room < due

    def _demand_size(self, start: int, due: int) -> None:
        largest = self._account.file_size
        if largest is not None and start + due > largest:
            raise QuotaExceeded(f"limits.file_size: {largest} bytes")

    async def _demand_floor(self, path: VirtualPath, size: int) -> None:
        """Refuse an upload that would leave less space than `limits.free_space`."""
        floor = self._account.free_space
        if not floor + size or not IFreeSpace.providedBy(self._inner):
            return
        if await IFreeSpace(self._inner).free_bytes(paths.parent(path)) < floor + size:
            raise StorageFull(f"less than {floor} bytes would stay free (limits.free_space)")

    # The optional interfaces; they count only if the inner storage provides them.

    async def free_bytes(self, path: VirtualPath) -> int:
        """Return the free space that the floor and the quota leave."""
        free = max(0, await IFreeSpace(self._inner).free_bytes(path) - self._account.free_space)
        quota = self._quota
        if self._ledger is None or quota is None or quota.bytes is None:
            return free
        await self._ledger.ready(self._count)
        left = self._ledger.usage.left(quota)
        return free if left is None else min(free, left)

    async def _present(self, path: VirtualPath) -> Entry | None:
        try:
            return await self._inner.stat(path)
        except (NotFound, NotAPlainFile):
            return None

    async def _standing(self, path: VirtualPath) -> Standing:
        """Look at the file to which a path leads, through links."""
        present = await self._present(path)
        if present is None:
            return Standing(path)
        linked = present.link is not None
        if present.kind not in _COUNTED:
            return Standing(path, linked=linked)
        return Standing(path, present.unique, present.size, linked)

    async def _count(self) -> tuple[Totals, Sizes]:
        return await counted(self._inner, Usage() if self._ledger is None else self._ledger.usage)


def _standing(path: VirtualPath, named: Entry | None) -> Standing:
    """Return the file that has a name; a link does not count."""
    if named is None or named.kind not in _COUNTED or named.link is not None:
        return Standing(path)
    return Standing(path, named.unique, named.size)


def _is_directory(present: Entry | None) -> bool:
    """Return whether paths lead through a name: it is that of a directory, or of a link to a directory."""
    return present is not None and present.kind is EntryKind.DIRECTORY


def _start(standing: Standing, mode: WriteMode, offset: int) -> int:
    """Return the place of the first byte of an upload."""
    return standing.size or 0 if mode is WriteMode.APPEND else offset
