"""The seam between the verbs and the digests that need not be computed.

A verb asks for a digest; if it is unknown, the verb computes it between two looks at the version of the file.  An
upload asks whether digests are taken of its bytes, and tells its file before and after the commit.
"""

from __future__ import annotations

from zope.interface import Interface

from ftpd_service.interfaces import IReadHandle, IWriteHandle
from ftpd_service.taken_bytes import TakenBytes
from ftpd_service.values import FileVersion


class IUploadedFile(Interface):
    """The file of an upload between its last byte and its commit, and some milliseconds more."""

    def committed() -> None:
        """Keep its digests, or compute them later; the commit has succeeded.  Never raises, never waits."""

    def failed() -> None:
        """Forget it; there is no such file."""


class IDigests(Interface):
    """The digests of a session's files."""

    async def find(handle: IReadHandle, algorithm: str) -> str | None:
        """Return the digest of the whole content of an open file, or None if it is unknown.

        The session's later uploads are prepared for the same question.
        """

    async def begin(handle: IReadHandle) -> FileVersion | None:
        """Look at an open file whose digest will be computed, and return what `keep` needs; None: nothing can be kept.

        Only bytes that are read from the handle's descriptor after this call count, not those of `first`.  The call
        waits some milliseconds for a file that has just changed, as its version proves nothing before.
        """

    def keep(handle: IReadHandle, version: FileVersion, algorithm: str, digest: str) -> None:
        """Keep the digest of all bytes from 0 to the version's size, unless the file has changed since `begin`."""

    def taking() -> TakenBytes | None:
        """Return what takes the bytes of a whole file that is uploaded, or None if no digest of it is wanted."""

    async def uploaded(handle: IWriteHandle, taken: TakenBytes | None, *, byte_count: int) -> IUploadedFile | None:
        """Take the file of an upload whose last byte is written; None: nothing is done with it.

        :param taken: the object of `taking`, if it got every byte of the file.
        :param byte_count: the number of bytes that the upload has written.
        :raises StorageFull: and QuotaExceeded, StorageFailed, as its last bytes are written now.
        """
