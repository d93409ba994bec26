"""A hidden upload whose commit keeps the former file as a version.  Everything here blocks and runs on the pool."""

from __future__ import annotations

import sys

from ftpd_service.former_interfaces import KeptFormer
from ftpd_service.storage.local.former_files import forget_versions, keep_version, locked_versions
from ftpd_service.storage.local.hidden_upload import HiddenUpload


class KeepingUpload(HiddenUpload):
    """A hidden upload that replaces a file, and keeps it.

    :ivar kept: the effect of the commit.
    """

    kept = KeptFormer()

    def weight(self) -> int:
        # The commit may wait for the lock of the versions, so it never runs on the reactor.
        return sys.maxsize

    def _take_name(self) -> None:
        target = self._target
        if target.facts is None:
            try:
                self._temporary.take_free(target.place.name)
            except FileExistsError:
                # Another upload has made the file meanwhile, and it is the former file now.
                pass
            else:
                return
        with locked_versions(target.place, target.above) as versions:
            kept = keep_version(self._system, versions, target.place)
            if kept.files and target.policy.durable:
                self._system.sync(versions)
            self._temporary.take_place(target.place.name)
            gone = forget_versions(versions, target.place.name, target.policy.keep_versions)
        self.kept = KeptFormer(bytes=kept.bytes - gone.bytes, files=kept.files - gone.files)
