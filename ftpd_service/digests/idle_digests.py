"""Digests of uploads, computed while the processors have nothing better to do (`digests.precompute`).

One file is read at a time, in steps, on a thread that gives way to all others.  No step begins while as many transfers
run as there are processors, or while calls wait for the pool.  What is more than the queue has room for is dropped.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.digest_interfaces import IUploadedFile
from ftpd_service.digests.kept_digests import KeptDigests
from ftpd_service.digests.proofs import KernelFiles
from ftpd_service.digests.taken_digests import TakenDigests
from ftpd_service.errors import FtpdError
from ftpd_service.interfaces import Blocking, IReadDescriptor
from ftpd_service.values import DigestRow

MOST_WAITING_FILES = 64
"""The most uploads, each with an open descriptor, that wait for idle processors; the oldest is dropped."""

IDLE_STEP_BYTES = 4 * 1024 * 1024
"""The bytes that are read and computed at once, in a few milliseconds."""

BUSY_SECONDS = 0.05
"""The pause before the next look whether the processors are idle."""

PATIENCE_LIMIT_SECONDS = 5.0
"""The longest wait for a version that proves the bytes."""

_log = Logger(namespace="ftpd")


class IdleDigests:
    """The uploads of a service whose digests are computed later.

    :param blocking: runs steps on a thread that gives way.
    :param busy: returns whether other work needs the processors.
    """

    def __init__(
        self,
        kept: KeptDigests,
        files: KernelFiles,
        *,
        blocking: Blocking,
        clock: IReactorTime,
        busy: Callable[[], bool],
    ) -> None:
        self._kept = kept
        self._files = files
        self._blocking = blocking
        self._clock = clock
        self._busy = busy
        self._waiting: OrderedDict[tuple[int, int], IdleUpload] = OrderedDict()
        self._running: Deferred[None] | None = None
        self._working = False

    def upload(self, handle: IReadDescriptor, algorithm: str) -> IUploadedFile:
        """Return an upload whose digest is computed after its commit.

        :param handle: the settled file; it is closed by the returned object.
        """
        return IdleUpload(self, handle, algorithm)

    def add(self, upload: IdleUpload) -> None:
        """Let an upload wait for idle processors."""
        facts = os.fstat(upload.handle.descriptor())
        key = facts.st_dev, facts.st_ino
        former = self._waiting.pop(key, None)
        if former is not None:
            former.failed()
        self._waiting[key] = upload
        while len(self._waiting) > MOST_WAITING_FILES:
            self._waiting.popitem(last=False)[1].failed()
        if not self._working:
            self._working = True
            self._running = Deferred.fromCoroutine(self._work())
            self._running.addErrback(self._broken)

    def close(self) -> None:
        """Stop computing, and close the files that wait; nobody waits for a disk that hangs."""
        while self._waiting:
            self._waiting.popitem()[1].failed()
        running, self._running = self._running, None
        if running is not None:
            running.cancel()

    async def _work(self) -> None:
        while self._waiting:
            _, upload = self._waiting.popitem(last=False)
            try:
                await self._compute(upload)
            except (OSError, FtpdError):
                continue  # The disk cannot be read; a client that asks for the digest learns it.
            finally:
                await upload.handle.close()
        self._working = False

    def _broken(self, failure: Failure) -> None:
        self._working = False
        if not failure.check(CancelledError):
            _log.failure("digests: computing in idle time failed", failure=failure)

    async def _compute(self, upload: IdleUpload) -> None:
        await self._idle()
        descriptor = upload.handle.descriptor()
        look = self._files.look(descriptor)
        while look.wait_seconds and look.wait_seconds <= PATIENCE_LIMIT_SECONDS:
            await deferLater(self._clock, look.wait_seconds)
            look = self._files.look(descriptor)
        taken = TakenDigests([upload.algorithm])
        while not look.wait_seconds and look.wait_seconds is not None and taken.byte_count < look.version.size:
            await self._idle()
            if os.fstat(descriptor).st_nlink == 0 or not await self._step(descriptor, taken):
                return
        if taken.byte_count == look.version.size and self._files.version(descriptor) == look.version:
            for algorithm, digest in taken.digests().items():
                self._kept.keep(DigestRow(look.version, algorithm, digest))

    async def _step(self, descriptor: int, taken: TakenDigests) -> int:
        # A step that is cancelled is left alone, because a disk may hang.
        return await self._blocking(partial(_step, descriptor, taken), discard=int)

    async def _idle(self) -> None:
        while self._busy():
            await deferLater(self._clock, BUSY_SECONDS)


def _step(descriptor: int, taken: TakenDigests) -> int:
    """Read and compute the next bytes; return their number."""
    data = os.pread(descriptor, IDLE_STEP_BYTES, taken.byte_count)
    taken.take(data)
    return len(data)


@implementer(IUploadedFile)
class IdleUpload:
    """An upload whose digest is computed after its commit."""

    def __init__(self, uploads: IdleDigests, handle: IReadDescriptor, algorithm: str) -> None:
        self._uploads = uploads
        self.handle = handle
        self.algorithm = algorithm

    def committed(self) -> None:
        self._uploads.add(self)

    def failed(self) -> None:
        Deferred.fromCoroutine(self.handle.close())
