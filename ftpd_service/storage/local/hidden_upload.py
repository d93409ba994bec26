"""An upload that nobody sees before its commit.  Everything here blocks and runs on the pool."""

from __future__ import annotations

import os

from ftpd_service.hook_interfaces import HostFile
from ftpd_service.storage.local.beneath import making
from ftpd_service.storage.local.durable import name_on_disk
from ftpd_service.storage.local.modes import make_private
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.local.temporary import Temporary
from ftpd_service.storage.local.upload_target import UploadTarget, host_file_of
from ftpd_service.values import WriteMode


class HiddenUpload:
    """An upload to a temporary file that gets the name at commit.  Provides `handles.Upload`."""

    def __init__(self, system: SystemCalls, temporary: Temporary, target: UploadTarget) -> None:
        self._system = system
        self._temporary = temporary
        self._target = target

    def begin(self) -> int:
        return self._temporary.descriptor

    def ready(self) -> int | None:
        return self._temporary.descriptor

    def weight(self) -> int:
        descriptor, facts = self._temporary.descriptor, self._target.facts
        own = 0 if descriptor < 0 else os.fstat(descriptor).st_size
        return max(own, 0 if facts is None else facts.size)

    def former_size(self) -> int | None:
        return None if self._target.facts is None else self._target.facts.size

    def host_file(self) -> HostFile:
        return host_file_of(self._target, self._temporary.descriptor)

    def commit(self) -> None:
        target = self._target
        with making:
            if target.policy.durable:
                free = target.facts is None
                name_on_disk(self._system, target.place, self._temporary.descriptor, self._take_name, free=free)
            else:
                self._take_name()

    def _take_name(self) -> None:
        target = self._target
        if target.mode in (WriteMode.CREATE, WriteMode.SUPERSEDE):
            self._temporary.take_free(target.place.name)
        elif target.facts is None:
            self._take_missing(target.place.name)
        else:
            self._temporary.take_place(target.place.name)

    def leave(self, directory: int, name: bytes) -> None:
        make_private(self._temporary.descriptor)
        self._temporary.leave(directory, name)

    def vanish(self) -> None:
        """Do nothing: the file has no name that anybody sees."""

    def give_up(self) -> None:
        self._temporary.discard()
        self._target.hold.release()
        self._target.place.close()

    def _take_missing(self, name: bytes) -> None:
        # The name was free, so a single call suffices, unless another program made the name meanwhile.
        try:
            self._temporary.take_free(name)
        except FileExistsError:
            self._temporary.take_place(name)
