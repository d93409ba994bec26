"""The frozen settings of local files; `graph/` hands them in."""

from __future__ import annotations

from dataclasses import dataclass, field

from ftpd_service.errors import PermissionDenied
from ftpd_service.upload_policy import UploadPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings:
    """The settings of uploads and of new files."""

    uploads: UploadPolicy = field(default_factory=UploadPolicy)
    resumed_by: str | None = None
    """The account that resumes broken uploads if the mode is RESUMABLE; None means that nobody does."""
    umask: int = 0o027
    """The bits that are removed from the mode of new files (0o666) and directories (0o777)."""
    file_bits: int | None = None
    """The mode of new files, whatever the umask; None means that the umask decides."""
    owner: str | None = None
    """The owner of new files and directories, as ``user``, ``user:group`` or ``:group``, by names or numbers; None
    means the user and the group of the process."""
    hidden_prefix: str = ".ftpd-"
    """The beginning of uploads' temporary names, which clients can neither see nor use."""
    leftover_seconds: float = 86400.0
    """The age at which an unlocked temporary file is removed, the next time that its directory is used."""

    def mode_within(self, mode: int) -> int:
        """Return the mode that a client may set, of a mode that it asks for.

        :raises PermissionDenied: clients may set no mode.
        """
        mask = self.uploads.chmod_mask
        if not mask:
            raise PermissionDenied("clients may set no mode", rule="uploads.chmod_mask")
        return mode & mask

    def umask_within(self, mask: int) -> int:
        """Return the umask that a client may set, of a umask that it asks for.

        New files never get a bit that neither the umask of the configuration nor `UploadPolicy.chmod_mask` grants.
        """
        return mask | self.umask & ~self.uploads.chmod_mask
