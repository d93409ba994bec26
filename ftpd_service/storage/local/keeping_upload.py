"""A hidden upload whose commit keeps the former file as a version.  Everything here blocks and runs on the pool."""

from __future__ import annotations

import sys

from ftpd_service.former_interfaces import KeptFormer
from ftpd_service.storage.local.beneath import Place
from ftpd_service.storage.local.former_files import (
    forget_versions,
    is_versions_directory,
    keep_version,
    keeping_version,
    locked_versions,
)
from ftpd_service.storage.local.hidden_upload import HiddenUpload
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.local.temporary import Temporary
from ftpd_service.storage.local.upload_target import UploadTarget


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
        self.kept = take_place_keeping(self._system, self._temporary, target)


def take_place_keeping(system: SystemCalls, temporary: Temporary, target: UploadTarget) -> KeptFormer:
    """Give a temporary file the name of a former file, which is kept as a version, and return the effect.

    :raises OSError:
    """
    with locked_versions(target.place, target.above) as versions:
        kept = keep_version(system, versions, target.place)
        if kept.files and target.policy.durable:
            system.sync(versions)
        temporary.take_place(target.place.name)
        with keeping_version(system, versions, target.place) as kept:
            if kept.files and target.policy.durable:
                system.sync(versions)
            take_place(target.place.name)
        gone = forget_versions(versions, target.place.name, target.policy.keep_versions)
    return KeptFormer(bytes=kept.bytes - gone.bytes, files=kept.files - gone.files)
