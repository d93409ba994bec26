"""Settings of local files: frozen, handed in by `graph.py`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class UploadMode(Enum):
    """When a plain STOR becomes visible."""

    ATOMIC = "atomic"
    """When it is whole: written hidden, renamed at commit; a broken one leaves no trace."""
    IN_PLACE = "in-place"
    """From the first octet, under the final name; a broken one can be resumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings:
    """How uploads are written."""

    mode: UploadMode = UploadMode.ATOMIC
    umask: int = 0o027
    """Bits taken away from the mode of new files (0o666) and directories (0o777)."""
    hidden_prefix: str = ".ftpd-"
    """Names that begin so are temporary names of uploads; clients can neither see nor name them."""
    leftover_seconds: float = 86400.0
    """Temporary files without a lock that are older than this are removed when their directory is next used."""
