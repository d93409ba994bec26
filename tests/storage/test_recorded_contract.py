"""A storage whose changes are recorded keeps every rule of the storage below it."""

from __future__ import annotations

from ftpd_service.hook_events import HookTrigger
from ftpd_service.interfaces import IStorage
from ftpd_service.storage.recorded import Recorded
from ftpd_service.storage.settings import StorageSettings
from tests.cases import TestCase
from tests.storage.outboxes import recording
from tests.storage.test_contract import InMemory, OnDisk


class TestRecordedLocal(OnDisk, TestCase):
    """With rules about everything."""

    def setUp(self) -> None:
        self.set_up(self.mktemp())
        self.addCleanup(self.tear_down)

    def make_storage(self, settings: StorageSettings) -> IStorage:
        return Recorded(super().make_storage(settings), recording()[0])


class TestRecordedMemory(InMemory, TestCase):
    """A storage that is not of this host, and a rule about something else."""

    def make_storage(self, settings: StorageSettings) -> IStorage:
        return Recorded(super().make_storage(settings), recording(HookTrigger.RENAMED)[0])
