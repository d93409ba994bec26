"""What the tests of local files share: a tree on the disk, and storages on it."""

from __future__ import annotations

import errno
import os

from ftpd_service.interfaces import Blocking, Now
from ftpd_service.kernel.openat2 import Opening, open_by_kernel
from ftpd_service.placed import MightWait
from ftpd_service.storage.local.at_hand import AtHand
from ftpd_service.storage.local.storage import LocalStorage
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.fakes import at_once
from ftpd_service.testing.on_disk import Disk as HostDirectory
from tests.open_files import open_files

NOW = 1_700_000_000.0
"""What the clock of storages under test says: before today, so that what a test just made is no old leftover."""


class ByOpening(SystemCalls):
    """The system, with a chosen way to resolve paths."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening

    def open_beneath(self, root: int, path: bytes, flags: int) -> int:
        return self._opening(root, path, flags)

    def at_hand(self, root: bytes, *, writing: bool) -> AtHand:
        return Nothing(root, writing=writing)


class Nothing(AtHand):
    """A kernel that has nothing at hand: all is the pool's."""

    def open(self, path: bytes, flags: int) -> int:
        raise MightWait


class Disk(HostDirectory):
    """A directory of the host, with storages on it."""

    def storage(
        self,
        settings: StorageSettings | None = None,
        system: SystemCalls | None = None,
        blocking: Blocking = at_once,
        now: Now = lambda: NOW,
    ) -> LocalStorage:
        """A storage on it; all of one disk share what their uploads hold."""
        return LocalStorage(
            self.root,
            settings if settings is not None else StorageSettings(),
            blocking,
            now=now,
            hidden=self.hidden,
            system=system if system is not None else ByOpening(open_by_kernel),
        )

    def open_in(self) -> list[str]:
        """What this process has open below the root, by number and name; of files without a name too."""
        return sorted(open_files(self.root))


class FullDisk(ByOpening):
    """A disk that takes so many bytes of a write and no more."""

    def __init__(self, room: int) -> None:
        super().__init__(open_by_kernel)
        self.room = room

    def write(self, descriptor: int, data: memoryview) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = super().write(descriptor, data[: self.room])
        self.room -= written
        return written
