"""The files of uploads whose digests were taken of their bytes: watched until their versions prove these bytes.

The commit of an upload sets the change time of its file, and a program that writes within the same tick would set the
same time.  So the file is watched from before the commit on: it has no name yet, so nobody else has opened it.  If it
is untouched when its change time is two ticks old, its digests are kept.  The watch lasts some time longer, because
clients rename an upload or set its time, which changes the change time but no byte.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from zope.interface import implementer

from ftpd_service.digest_interfaces import IUploadedFile
from ftpd_service.digests.kept_digests import KeptDigests
from ftpd_service.digests.proofs import KernelFiles
from ftpd_service.interfaces import IReadDescriptor
from ftpd_service.kernel.file_watches import FileWatches
from ftpd_service.values import DigestRow

MOST_WATCHED = 1000
"""The most uploads that are watched; the oldest is forgotten."""

UPLOAD_WATCH_SECONDS = 60.0
"""The time for which an upload is watched."""

PROOF_SECONDS = 5.0
"""The longest time after a commit at which the version of a file may prove its bytes."""


class WatchedUploads:
    """The watched uploads of a service, on the reactor's thread."""

    def __init__(self, kept: KeptDigests, files: KernelFiles, clock: IReactorTime) -> None:
        self._kept = kept
        self._files = files
        self._watches: FileWatches | None = None
        self._clock = clock
        self._watched: OrderedDict[tuple[int, int], WatchedUpload] = OrderedDict()

    def watch(self, handle: IReadDescriptor, digests: Mapping[str, str]) -> IUploadedFile | None:
        """Watch an upload before its commit; return None if that is not possible.

        :param handle: the settled file; it is closed by the returned object.
        """
        if os.fstat(handle.descriptor()).st_nlink:
            return None
        try:
            # Not before the first upload: a user may have few such queues.
            watches = self._watches = self._watches or FileWatches()
            number = watches.begin(handle.descriptor())
        except OSError:
            return None
        return WatchedUpload(self, watches, number, handle, digests)

    def settle(self, upload: WatchedUpload) -> None:
        """Go on watching an upload that was committed, unless somebody has opened it."""
        with suppress(OSError):
            descriptor = upload.handle.descriptor()
            # Only its owner can tell that nobody writes.
            if upload.watches.settle(upload.number, descriptor) and self._files.writers(descriptor) is False:
                self._forget(upload.key)
                self._watched[upload.key] = upload
                while len(self._watched) > MOST_WATCHED:
                    self._forget(next(iter(self._watched)))
                upload.timer = self._clock.callLater(UPLOAD_WATCH_SECONDS, self._forget, upload.key)
                self._prove_later(upload)
                return
        self.end(upload)

    def wait_seconds(self, descriptor: int) -> float:
        """Keep the digests of an open file if it is watched and its version proves them.

        :return: the time until another call may do so; 0 if there is nothing to wait for.
        """
        facts = os.fstat(descriptor)
        upload = self._watched.get((facts.st_dev, facts.st_ino))
        return 0.0 if upload is None else self._prove(upload, descriptor)

    def end(self, upload: WatchedUpload) -> None:
        """End the watch of an upload, and close it."""
        upload.watches.end(upload.number)
        if upload.timer is not None and upload.timer.active():
            upload.timer.cancel()
        self._close(upload)

    def close(self) -> None:
        """End all watches."""
        for key in list(self._watched):
            self._forget(key)
        if self._watches is not None:
            self._watches.close()

    def _prove(self, upload: WatchedUpload, descriptor: int) -> float:
        look = self._files.look(descriptor)
        # The look comes first: whoever has written and closed the file before it is told by the watch.
        if not upload.watches.untouched(upload.number):
            self._forget(upload.key)
            return 0.0
        if look.wait_seconds is None or look.version.size != upload.size:
            return 0.0
        if not look.wait_seconds:
            for algorithm, digest in upload.digests.items():
                self._kept.keep(DigestRow(look.version, algorithm, digest))
        return look.wait_seconds

    def _prove_later(self, upload: WatchedUpload) -> None:
        """Keep the digests as soon as the version proves them, so that they survive the watch."""
        seconds = 0.0
        with suppress(OSError):
            seconds = self._prove(upload, upload.handle.descriptor())
        if 0 < seconds <= PROOF_SECONDS:
            upload.proof = self._clock.callLater(seconds, self._prove_later, upload)
        else:
            self._close(upload)

    def _forget(self, key: tuple[int, int]) -> None:
        upload = self._watched.pop(key, None)
        if upload is not None:
            self.end(upload)

    def _close(self, upload: WatchedUpload) -> None:
        if upload.proof is not None and upload.proof.active():
            upload.proof.cancel()
        if upload.open:
            upload.open = False
            Deferred.fromCoroutine(upload.handle.close())


@implementer(IUploadedFile)
class WatchedUpload:
    """An upload with digests of its bytes.

    :ivar handle: the file, open for reading until the digests are kept.
    :ivar open: whether the handle is open.
    :ivar size: the number of its bytes.
    """

    def __init__(
        self,
        uploads: WatchedUploads,
        watches: FileWatches,
        number: int,
        handle: IReadDescriptor,
        digests: Mapping[str, str],
    ) -> None:
        self._uploads = uploads
        facts = os.fstat(handle.descriptor())
        self.key = facts.st_dev, facts.st_ino
        self.watches = watches
        self.number = number
        self.handle = handle
        self.digests = digests
        self.size = handle.entry().size
        self.open = True
        self.timer: IDelayedCall | None = None
        self.proof: IDelayedCall | None = None

    def committed(self) -> None:
        self._uploads.settle(self)

    def failed(self) -> None:
        self._uploads.end(self)
