"""Tests of the storage of arrivals.py: the contract of storages, and its log of uploads.  Run by trial."""

from arrivals import Arrivals
from twisted.trial.unittest import SynchronousTestCase, TestCase

from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.testing.on_disk import Disk, OnDisk
from ftpd_service.testing.storage_contract import StorageContract


class ContractTests(OnDisk, StorageContract, TestCase):
    """The contract of storages: some ninety tests."""

    def setUp(self):
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)

    def make_storage(self, settings):
        return Arrivals(self.disk.login(settings))


class Remembering(Arrivals):
    def arrived(self, path):
        self.paths = [*getattr(self, "paths", []), path]


class DialogueTests(SynchronousTestCase):
    """A session in memory, without sockets and threads."""

    def test_an_upload_is_told(self):
        disk = Disk(self.mktemp())
        self.addCleanup(disk.remove)
        storage = Remembering(disk.login())
        dialogue = Dialogue(storage=storage)
        dialogue.log_in()
        dialogue.data.incoming = b"Dear Alice"
        dialogue.say("EPSV", 229)
        dialogue.say("STOR letter", 150, 226)
        self.assertEqual((storage.paths, disk.content("/letter")), (["/letter"], b"Dear Alice"))
