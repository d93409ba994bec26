"""Write handles of a storage with limits: no upload takes more room than is left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from zope.interface import implementer

from ftpd_service.account import LiveAccount
from ftpd_service.copy_interfaces import ITakesCopies
from ftpd_service.errors import QuotaExceeded
from ftpd_service.hook_interfaces import HostUpload, IOnHost
from ftpd_service.interfaces import (
    IInspectable,
    ILimitedWrite,
    IReadHandle,
    IWriteDescriptor,
    IWriteHandle,
)
from ftpd_service.policy.quotas import exceeded
from ftpd_service.quarantine_interfaces import IQuarantinable, QuarantineLabel
from ftpd_service.storage.counted_upload import CountedUpload
from ftpd_service.storage.optional import handle_providing_as
from ftpd_service.upload_interfaces import IFormerFile
from ftpd_service.values import Entry, SettledFile

T = TypeVar("T")

FLOOR_BYTES = 64 * 1024 * 1024
"""After so many bytes an upload looks again whether enough space is free."""


class Allowance:
    """The limits of one upload: the size of its file, the free space, and the quota."""

    def __init__(
        self, live: LiveAccount, start: int, demand_floor: Callable[[], Awaitable[None]], counted: CountedUpload | None
    ) -> None:
        """Take the live account.

        :param start: the place of the first byte in the file.
        :param demand_floor: refuses if too little space is free.
        :param counted: the upload in the account's ledger, or None without a quota.
        """
        self._live = live
        self._end = start
        self._demand_floor = demand_floor
        self._unlooked = 0
        self.counted = counted

    @property
    def free_space(self) -> int:
        """Return the bytes that stay free on the file system."""
        return self._live.account.free_space

    async def take(self, count: int) -> int:
        """Return how many of the next bytes may be written, up to `count`."""
        fitting = min(count, await self._most(count))
        if fitting and self.counted is not None:
            fitting = self.counted.take(fitting)
        self._moved(fitting)
        return fitting

    async def allot(self, most: int) -> int:
        """See `ILimitedWrite.allot`."""
        most = await self._most(most)
        return self.counted.allot(most) if most and self.counted is not None else most

    def settle(self, count: int) -> None:
        """Record the bytes that a slice has written."""
        self._moved(count)
        if self.counted is not None:
            self.counted.settle(count)

    def refusal(self) -> QuotaExceeded:
        """Return the refusal of a byte that does not fit."""
        largest = self._live.account.file_size
        if largest is not None and self._end >= largest:
            return QuotaExceeded(f"limits.file_size: {largest} bytes")
        return exceeded(self._live.account.quota)

    async def _most(self, most: int) -> int:
        """Return the bytes that `limits.file_size` leaves, up to `most`.

        :raises StorageFull: too little space is free.
        """
        if self._unlooked >= FLOOR_BYTES:
            self._unlooked = 0
            await self._demand_floor()
        largest = self._live.account.file_size
        return most if largest is None else max(0, min(most, largest - self._end))

    def _moved(self, count: int) -> None:
        self._end += count
        self._unlooked += count


@implementer(IWriteHandle)
class LimitedWrite:
    """A write handle within the limits of its account."""

    def __init__(self, inner: IWriteHandle, allowance: Allowance) -> None:
        self._inner = inner
        self._allowance = allowance

    async def write(self, data: bytes) -> None:
        """Write as many bytes as fit.

        :raises QuotaExceeded: not all bytes fit; and StorageFull.
        """
        fitting = await self._allowance.take(len(data))
        if fitting:
            await self._first(partial(self._inner.write, data if fitting == len(data) else data[:fitting]))
        if fitting < len(data):
            raise self._allowance.refusal()

    # IFormerFile, IInspectable, IOnHost and IQuarantinable; they count only if the inner handle provides them.

    def former_size(self) -> int | None:
        return IFormerFile(self._inner).former_size()

    async def settle(self) -> SettledFile:
        return await self._first(IInspectable(self._inner).settle)

    async def settle_on_host(self) -> HostUpload:
        return await self._first(IOnHost(self._inner).settle_on_host)

    async def open_settled(self) -> IReadHandle:
        return await IInspectable(self._inner).open_settled()

    async def quarantine(self, label: QuarantineLabel) -> str:
        label = replace(label, keep_free=self._allowance.free_space)
        call = partial(IQuarantinable(self._inner).quarantine, label)
        counted = self._allowance.counted
        return await (call() if counted is None else counted.quarantine(call))

    async def commit(self) -> None:
        if self._allowance.counted is None:
            await self._inner.commit()
        else:
            await self._allowance.counted.commit()

    async def abort(self) -> None:
        if self._allowance.counted is None:
            await self._inner.abort()
        else:
            await self._allowance.counted.abort()

    async def _first(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call that may write the first byte."""
        counted = self._allowance.counted
        return await (call() if counted is None else counted.first(call))


@implementer(IWriteDescriptor, ILimitedWrite)
class LimitedDescriptor(LimitedWrite):
    """A write handle with a descriptor, within the limits of its account."""

    _inner: IWriteDescriptor

    async def descriptor(self) -> int:
        return await self._first(self._inner.descriptor)

    async def allot(self, most: int) -> int:
        return await self._allowance.allot(most)

    def written(self, count: int) -> None:
        self._inner.written(count)
        self._allowance.settle(count)

    # ITakesCopies; it counts only if the inner handle provides it.

    async def copy_range(self, source: int, offset: int, count: int) -> int:
        fitting = await self._allowance.allot(count)
        if not fitting:
            raise self._allowance.refusal()
        inner = ITakesCopies(self._inner)
        copied = await self._first(partial(inner.copy_range, source, offset, fitting))
        self._allowance.settle(copied)
        return copied

    async def resemble(self, entry: Entry) -> None:
        await self._first(partial(ITakesCopies(self._inner).resemble, entry))


def limited_handle(inner: IWriteHandle, allowance: Allowance) -> IWriteHandle:
    """Return a handle within limits, which provides as much as the inner handle does."""
    if IWriteDescriptor.providedBy(inner):
        return handle_providing_as(LimitedDescriptor, inner)(IWriteDescriptor(inner), allowance)
    return handle_providing_as(LimitedWrite, inner)(inner, allowance)
