"""A storage whose changes are recorded keeps every rule of the storage below it."""

from __future__ import annotations

from ftpd_service.hook_events import HookTrigger
from ftpd_service.interfaces import IStorage
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.recorded import Recorded
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.storage_contract import StorageContract
from tests.cases import TestCase
from tests.storage.outboxes import recording
from tests.storage.test_contract import OnDisk


class TestRecordedLocal(OnDisk, TestCase):
    """With rules about everything."""

    def setUp(self) -> None:
        self.set_up(self.mktemp())
        self.addCleanup(self.tear_down)

    def make_storage(self, settings: StorageSettings) -> IStorage:
        return Recorded(super().make_storage(settings), recording()[0])


class TestRecordedMemory(StorageContract, TestCase):
    """A storage that is not of this host, and a rule about something else."""

    def setUp(self) -> None:
        self.memory = MemoryStorage()

    def make_storage(self, settings: StorageSettings) -> IStorage:
        self.memory.apply(settings)
        return Recorded(self.memory, recording(HookTrigger.RENAMED)[0])

    def put(self, path: str, content: bytes = b"") -> None:
        self.memory.put(path, content)

    def put_directory(self, path: str) -> None:
        self.memory.put_directory(path)

    def put_link(self, path: str, text: str) -> None:
        self.memory.put_link(path, text)

    def put_special(self, path: str) -> None:
        self.memory.put_special(path)

    def content(self, path: str) -> bytes:
        return self.memory.content(path)

    def names(self, path: str) -> list[str]:
        return self.memory.names(path)
