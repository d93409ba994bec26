"""The digests of a service, and what a session sees of them."""

from __future__ import annotations

from contextlib import suppress

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from zope.interface import implementer

from ftpd_service.digest_interfaces import IDigests, IUploadedFile
from ftpd_service.digests.idle_digests import IdleDigests
from ftpd_service.digests.kept_digests import KeptDigests
from ftpd_service.digests.proofs import KernelFiles
from ftpd_service.digests.settings import DigestSettings
from ftpd_service.digests.taken_digests import TakenDigests
from ftpd_service.digests.watched_uploads import WatchedUploads
from ftpd_service.interfaces import IInspectable, IReadDescriptor, IReadHandle, IWriteHandle
from ftpd_service.taken_bytes import TakenBytes
from ftpd_service.values import DigestRow, FileVersion

WORTH_TAKING_BYTES = 1024 * 1024
"""The smallest upload whose digest is taken or computed before anybody asks for it."""

WAITED_SECONDS = 0.05
"""The longest time for which a client waits until the version of a file proves its bytes: some ticks."""


class ServiceDigests:
    """The parts that keep, take and compute digests.

    :ivar settings: the settings in force.
    :ivar preferred: the algorithm that is used before anybody asks; None if clients cannot ask.
    :ivar kept: the digests by versions.
    :ivar watched: uploads with digests of their bytes; None if the system cannot watch files.
    :ivar idle: uploads whose digests are computed later.
    """

    def __init__(
        self,
        settings: DigestSettings,
        preferred: str | None,
        *,
        kept: KeptDigests,
        files: KernelFiles,
        watched: WatchedUploads | None,
        idle: IdleDigests,
        clock: IReactorTime,
    ) -> None:
        self.settings = settings
        self.preferred = preferred
        self.kept = kept
        self.files = files
        self.watched = watched
        self.idle = idle
        self.clock = clock

    async def close(self) -> None:
        """End all work, and write what is kept."""
        if self.watched is not None:
            self.watched.close()
        self.idle.close()
        await self.kept.close()


@implementer(IDigests)
class SessionDigests:
    """The digests of a session's files."""

    def __init__(self, service: ServiceDigests) -> None:
        self._service = service
        self._asked: str | None = None

    async def find(self, handle: IReadHandle, algorithm: str) -> str | None:
        service, descriptor = self._service, self._trusted(handle)
        self._asked = algorithm
        if descriptor is None:
            return None
        try:
            seconds = 0.0 if service.watched is None else service.watched.wait_seconds(descriptor)
            if 0 < seconds <= WAITED_SECONDS and service.watched is not None:
                await deferLater(service.clock, seconds)
                service.watched.wait_seconds(descriptor)
            version = service.files.version(descriptor)
        except OSError:
            return None
        return await service.kept.find(version, algorithm)

    async def begin(self, handle: IReadHandle) -> FileVersion | None:
        descriptor = self._trusted(handle)
        if descriptor is None:
            return None
        try:
            look = self._service.files.look(descriptor)
            if look.wait_seconds and look.wait_seconds <= WAITED_SECONDS:
                await deferLater(self._service.clock, look.wait_seconds)
                look = self._service.files.look(descriptor)
        except OSError:
            return None
        proved = look.wait_seconds == 0 and look.version.size == handle.entry().size
        return look.version if proved else None

    def keep(self, handle: IReadHandle, version: FileVersion, algorithm: str, digest: str) -> None:
        descriptor = self._trusted(handle)
        with suppress(OSError):
            if descriptor is not None and self._service.files.version(descriptor) == version:
                self._service.kept.keep(DigestRow(version, algorithm, digest))

    def taking(self) -> TakenBytes | None:
        settings = self._service.settings
        if not settings.keep or self._service.watched is None:
            return None
        wanted = self._wanted() if self._asked is not None or settings.precompute else None
        return None if wanted is None else TakenDigests([wanted])

    async def uploaded(
        self, handle: IWriteHandle, taken: TakenBytes | None, *, byte_count: int
    ) -> IUploadedFile | None:
        settings = self._service.settings
        wanted = self._wanted() if settings.keep and settings.precompute else None
        inspectable = IInspectable(handle, None)
        if inspectable is None or byte_count < WORTH_TAKING_BYTES or (taken is None and wanted is None):
            return None
        settled = await inspectable.settle()
        if 2 * byte_count < settled.size:
            # An upload that only adds to a large file would have all of it read again and again.
            return None
        opened = await inspectable.open_settled()
        reading = IReadDescriptor(opened, None)
        upload = None
        try:
            if reading is not None and self._service.files.trusted(reading.descriptor()):
                upload = self._watched(reading, taken)
                if upload is None and wanted is not None:
                    upload = self._service.idle.upload(reading, wanted)
        finally:
            if upload is None:
                await opened.close()
        return upload

    def _watched(self, reading: IReadDescriptor, taken: TakenBytes | None) -> IUploadedFile | None:
        watched = self._service.watched
        if watched is None or not isinstance(taken, TakenDigests):
            return None
        if taken.byte_count != reading.entry().size:
            return None
        return watched.watch(reading, taken.digests())

    def _wanted(self) -> str | None:
        return self._service.preferred if self._asked is None else self._asked

    def _trusted(self, handle: IReadHandle) -> int | None:
        """Return the descriptor of a file whose digests can be kept, or None."""
        readable = IReadDescriptor(handle, None)
        if readable is None or not self._service.settings.keep:
            return None
        descriptor = readable.descriptor()
        return descriptor if self._service.files.trusted(descriptor) else None
