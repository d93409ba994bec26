"""The digests of a session whose service keeps none."""

from __future__ import annotations

from zope.interface import implementer

from ftpd_service.digest_interfaces import IDigests, IUploadedFile
from ftpd_service.interfaces import IReadHandle, IWriteHandle
from ftpd_service.taken_bytes import TakenBytes
from ftpd_service.values import FileVersion


@implementer(IDigests)
class UnknownDigests:
    """Knows no digest and keeps none."""

    async def find(self, handle: IReadHandle, algorithm: str) -> str | None:
        return None

    async def begin(self, handle: IReadHandle) -> FileVersion | None:
        return None

    def keep(self, handle: IReadHandle, version: FileVersion, algorithm: str, digest: str) -> None:
        return

    def taking(self) -> TakenBytes | None:
        return None

    async def uploaded(
        self, handle: IWriteHandle, taken: TakenBytes | None, *, byte_count: int
    ) -> IUploadedFile | None:
        return None
