"""Optional interfaces of write handles that the end of an upload asks for."""

from __future__ import annotations

from ftpd_service.interfaces import IWriteHandle


class IFormerFile(IWriteHandle):
    """A write handle that knows the file that its upload replaces or continues."""

    def former_size() -> int | None:
        """Return the size that this file had at the opening, or None if the name was free."""
