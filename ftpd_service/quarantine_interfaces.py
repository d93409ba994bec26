"""The seam of uploads that can end in the operator's quarantine."""

from __future__ import annotations

from dataclasses import dataclass

from ftpd_service.interfaces import IWriteHandle
from ftpd_service.values import VirtualPath


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineLabel:
    """The facts that the name of an upload in the quarantine tells."""

    account: str
    path: VirtualPath
    """The path as the client sees it."""
    keep_free: int = 0
    """The bytes that stay free on the file system of the quarantine (``limits.free_space``)."""


class IQuarantinable(IWriteHandle):
    """An optional interface of a write handle whose upload can end in the operator's quarantine."""

    async def quarantine(label: QuarantineLabel) -> str:
        """End the upload in the quarantine, in place of commit or abort, and return its name there.

        The file appears there as a whole, and nothing has its own name any more: a file that was changed in place is
        moved away, with the bytes that it had before.  After an error or a cancellation, the upload has ended as by
        `abort`.

        :raises QuotaExceeded: the account has no room left in the quarantine; and StorageFull, StorageFailed.
        :raises PermissionDenied: a file that was changed in place cannot be moved away.
        """
