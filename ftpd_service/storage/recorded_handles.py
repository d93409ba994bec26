"""Write handles whose commit is recorded as an event; everything before it goes straight to the storage's handle."""

from __future__ import annotations

from zope.interface import implementer

from ftpd_service.copy_interfaces import ITakesCopies
from ftpd_service.hook_interfaces import HostUpload, IOnHost, IRecordedWrite
from ftpd_service.interfaces import IInspectable, ILimitedWrite, IReadHandle, IWriteDescriptor, IWriteHandle
from ftpd_service.quarantine_interfaces import IQuarantinable, QuarantineLabel
from ftpd_service.reasons import UploadGrade
from ftpd_service.storage.optional import handle_providing_as
from ftpd_service.storage.recorded_upload import UploadRecord
from ftpd_service.upload_interfaces import IFormerFile
from ftpd_service.values import Entry, SettledFile


@implementer(IRecordedWrite)
class RecordedWrite:
    """A write handle whose commit has an event.  An upload that ends in the quarantine has none: no file arrives."""

    def __init__(self, inner: IWriteHandle, record: UploadRecord) -> None:
        self._inner = inner
        self._record = record

    def describe(self, *, grade: UploadGrade, digest: str | None) -> None:
        self._record.grade, self._record.digest = grade, digest

    async def write(self, data: bytes) -> None:
        await self._inner.write(data)

    async def commit(self) -> None:
        await self._record.commit(self._inner)

    async def abort(self) -> None:
        await self._inner.abort()

    # The optional interfaces; they count only if the inner handle provides them.

    def former_size(self) -> int | None:
        return IFormerFile(self._inner).former_size()

    async def settle(self) -> SettledFile:
        return await IInspectable(self._inner).settle()

    async def settle_on_host(self) -> HostUpload:
        return await IOnHost(self._inner).settle_on_host()

    async def open_settled(self) -> IReadHandle:
        return await IInspectable(self._inner).open_settled()

    async def quarantine(self, label: QuarantineLabel) -> str:
        return await IQuarantinable(self._inner).quarantine(label)


@implementer(IWriteDescriptor)
class RecordedDescriptor(RecordedWrite):
    """A recorded write handle with a descriptor."""

    _inner: IWriteDescriptor

    async def descriptor(self) -> int:
        return await self._inner.descriptor()

    def written(self, count: int) -> None:
        self._inner.written(count)

    # ITakesCopies; it counts only if the inner handle provides it.

    async def copy_range(self, source: int, offset: int, count: int) -> int:
        return await ITakesCopies(self._inner).copy_range(source, offset, count)

    async def resemble(self, entry: Entry) -> None:
        await ITakesCopies(self._inner).resemble(entry)


@implementer(ILimitedWrite)
class RecordedLimited(RecordedDescriptor):
    """A recorded write handle with a descriptor, whose upload is limited."""

    _inner: ILimitedWrite

    async def allot(self, most: int) -> int:
        return await self._inner.allot(most)


def recorded_handle(inner: IWriteHandle, record: UploadRecord) -> IWriteHandle:
    """Return a handle whose commit is recorded, and which provides as much as the inner handle does."""
    if ILimitedWrite.providedBy(inner):
        return handle_providing_as(RecordedLimited, inner)(ILimitedWrite(inner), record)
    if IWriteDescriptor.providedBy(inner):
        return handle_providing_as(RecordedDescriptor, inner)(IWriteDescriptor(inner), record)
    return handle_providing_as(RecordedWrite, inner)(inner, record)
