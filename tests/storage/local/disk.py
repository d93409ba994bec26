"""What the tests of local files share: a tree on the disk, and storages on it."""

from __future__ import annotations

import os
import shutil

from ftpd_service.interfaces import Blocking
from ftpd_service.kernel.openat2 import Opening, open_by_kernel
from ftpd_service.placed import MightWait
from ftpd_service.storage.holds import RunningUploads
from ftpd_service.storage.local.at_hand import AtHand
from ftpd_service.storage.local.storage import LocalStorage
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.fakes import at_once
from ftpd_service.wire.names import decode, encode
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


class Disk:
    """A directory of the host, filled past the storage.

    :param place: where it is made; the caller removes it.
    """

    def __init__(self, place: str) -> None:
        self.root = os.path.realpath(place)
        os.mkdir(self.root)
        self.hidden = RunningUploads()

    def storage(
        self,
        settings: StorageSettings | None = None,
        system: SystemCalls | None = None,
        blocking: Blocking = at_once,
    ) -> LocalStorage:
        """A storage on it; all of one disk share what their uploads hold."""
        return LocalStorage(
            self.root,
            settings if settings is not None else StorageSettings(),
            blocking,
            now=lambda: NOW,
            hidden=self.hidden,
            system=system if system is not None else ByOpening(open_by_kernel),
        )

    def host(self, path: str) -> bytes:
        """Where a virtual path is on the host, no link of it followed by us."""
        return encode(self.root + path)

    def put(self, path: str, content: bytes = b"") -> None:
        """Place a file of mode 0o644, and the directories above it."""
        self.put_directory(path.rpartition("/")[0])
        with open(self.host(path), "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o644)

    def put_many(self, directory: str, count: int) -> None:
        """Place so many empty files, named by numbers; they are one, under many names, as that is made faster."""
        self.put(f"{directory}{0:06}")
        for number in range(1, count):
            os.link(self.host(f"{directory}{0:06}"), self.host(f"{directory}{number:06}"))

    def put_directory(self, path: str) -> None:
        """Place a directory, and those above it."""
        os.makedirs(self.host(path), exist_ok=True)

    def put_link(self, path: str, text: str) -> None:
        """Place a symbolic link, and the directories above it."""
        self.put_directory(path.rpartition("/")[0])
        os.symlink(encode(text), self.host(path))

    def put_special(self, path: str) -> None:
        """Place a FIFO."""
        os.mkfifo(self.host(path))

    def content(self, path: str) -> bytes:
        """A file's octets."""
        with open(self.host(path), "rb") as file:
            return file.read()

    def names(self, path: str) -> list[str]:
        """Every name in a directory, sorted by octets."""
        return [decode(name) for name in sorted(os.listdir(self.host(path)))]

    def open_in(self) -> list[str]:
        """What this process has open below the root, by number and name; of files without a name too."""
        return sorted(open_files(self.root))

    def remove(self) -> None:
        """Take everything away."""
        shutil.rmtree(self.root)
