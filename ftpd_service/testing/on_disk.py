"""The ground of the storage contract for storages whose files are in a directory of the host.

::

    class TestMyStorage(OnDisk, StorageContract, twisted.trial.unittest.TestCase):
        def setUp(self) -> None:
            self.disk = Disk(self.mktemp())
            self.addCleanup(self.disk.remove)

        def make_storage(self, settings: StorageSettings) -> IStorage:
            return MyStorage(self.disk.login(settings))
"""

from __future__ import annotations

import os
import shutil
import time

from twisted.internet.task import Clock

from ftpd_service.account import Account
from ftpd_service.storage.holds import RunningUploads
from ftpd_service.storage.local.storage import LocalStorage
from ftpd_service.storage.named import StorageLogin
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.contract_ground import StorageGround
from ftpd_service.testing.fakes import at_once
from ftpd_service.wire.names import decode, encode


class Disk:
    """A directory of the host, filled without the storage.

    :param place: the path of the directory; the caller removes it.
    """

    def __init__(self, place: str) -> None:
        self.root = os.path.realpath(place)
        os.mkdir(self.root)
        self.hidden = RunningUploads()

    def login(self, settings: StorageSettings | None = None) -> StorageLogin:
        """Return a login of alice, whose home is the directory; calls run at once."""
        used = StorageSettings() if settings is None else settings
        return StorageLogin(
            account=Account(name="alice"),
            home=self.root,
            blocking=at_once,
            clock=Clock(),
            local=lambda path: LocalStorage(path, used, at_once, now=time.time, hidden=self.hidden),
        )

    def host(self, path: str) -> bytes:
        """Return the host path of a virtual path, without following links."""
        return encode(self.root + path)

    def put(self, path: str, content: bytes = b"") -> None:
        """Place a file of mode 0o644, and the directories above it."""
        self.put_directory(path.rpartition("/")[0])
        with open(self.host(path), "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o644)

    def put_many(self, directory: str, count: int) -> None:
        """Place this many empty files, named by numbers; all are links to the same file, which is faster."""
        self.put(f"{directory}{0:06}")
        for number in range(1, count):
            os.link(self.host(f"{directory}{0:06}"), self.host(f"{directory}{number:06}"))

    def put_directory(self, path: str) -> None:
        """Place a directory, and its parents."""
        os.makedirs(self.host(path), exist_ok=True)

    def put_link(self, path: str, text: str) -> None:
        """Place a symbolic link, and the directories above it."""
        self.put_directory(path.rpartition("/")[0])
        os.symlink(encode(text), self.host(path))

    def put_special(self, path: str) -> None:
        """Place a FIFO."""
        os.mkfifo(self.host(path))

    def content(self, path: str) -> bytes:
        """Return the bytes of a file."""
        with open(self.host(path), "rb") as file:
            return file.read()

    def names(self, path: str) -> list[str]:
        """Return every name in a directory, sorted by bytes."""
        return [decode(name) for name in sorted(os.listdir(self.host(path)))]

    def remove(self) -> None:
        """Remove the directory."""
        shutil.rmtree(self.root)


class OnDisk(StorageGround):
    """The ground of the contract in a directory of the host.

    :ivar disk: the directory; each test makes it.
    """

    disk: Disk

    def put(self, path: str, content: bytes = b"") -> None:
        self.disk.put(path, content)

    def put_many(self, directory: str, count: int) -> None:
        self.disk.put_many(directory, count)

    def put_directory(self, path: str) -> None:
        self.disk.put_directory(path)

    def put_link(self, path: str, text: str) -> None:
        self.disk.put_link(path, text)

    def put_special(self, path: str) -> None:
        self.disk.put_special(path)

    def content(self, path: str) -> bytes:
        return self.disk.content(path)

    def names(self, path: str) -> list[str]:
        return self.disk.names(path)
