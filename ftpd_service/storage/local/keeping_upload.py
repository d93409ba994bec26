"""A hidden upload whose commit keeps the former file as a version.  Everything here blocks and runs on the pool."""

from __future__ import annotations

import sys
from collections.abc import Callable

from ftpd_service.former_interfaces import KeptFormer
from ftpd_service.storage.local.beneath import Place
from ftpd_service.storage.local.former_files import (
    forget_versions,
    is_versions_directory,
    keeping_version,
    locked_versions,
)
from ftpd_service.storage.local.hidden_upload import HiddenUpload
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.local.upload_target import UploadTarget
from ftpd_service.upload_policy import UploadPolicy


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
        self.kept = replace_and_keep(self._system, target, self._temporary.take_place)


def keeps_versions(policy: UploadPolicy, place: Place) -> bool:
    """Return whether the file at a place is kept when an upload replaces it."""
    return policy.keep_versions > 0 and not is_versions_directory(place.directory)


def replace_and_keep(system: SystemCalls, target: UploadTarget, take_place: Callable[[bytes], None]) -> KeptFormer:
    """Let a file take the place of the former file, which is kept.

    :param take_place: gives the new file its name.
    :raises OSError:
    :raises StorageError:
    """
    with locked_versions(target.place, target.above) as versions:
        with keeping_version(system, versions, target.place) as kept:
            if kept.files and target.policy.durable:
                system.sync(versions)
            take_place(target.place.name)
        gone = forget_versions(versions, target.place.name, target.policy.keep_versions)
    return KeptFormer(bytes=kept.bytes - gone.bytes, files=kept.files - gone.files)
