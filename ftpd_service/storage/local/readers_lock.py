"""The refusal to read a file while an upload changes it in place (``uploads.lock_readers``)."""

from __future__ import annotations

from ftpd_service.errors import TemporarilyUnavailable
from ftpd_service.kernel.statx import facts_of
from ftpd_service.storage.holds import RunningUploads
from ftpd_service.storage.local.system import SystemCalls


class ReadersLock:
    """Knows which files are changed: by the holds of this process, and by the locks of others."""

    def __init__(self, uploads: RunningUploads, system: SystemCalls) -> None:
        self._uploads = uploads
        self._system = system

    def demand_quiet(self, descriptor: int) -> None:
        """Refuse to read an open file that an upload changes.

        :raises TemporarilyUnavailable:
        """
        if self._uploads.changes(facts_of(descriptor).key) or self._system.is_written(descriptor):
            raise TemporarilyUnavailable("an upload changes the file")
