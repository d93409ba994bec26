"""Tests of uploads that end in the quarantine because of their grade."""

from __future__ import annotations

from dataclasses import replace

from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpd_service.errors import FtpdError, QuotaExceeded, TransferAborted
from ftpd_service.events import QuarantineFailed, TransferFinished
from ftpd_service.interfaces import IStorage, IWriteHandle
from ftpd_service.policy.permissions import Rules
from ftpd_service.quarantine_interfaces import IQuarantinable, QuarantineLabel
from ftpd_service.reasons import TransferOutcome
from ftpd_service.session.settings import SessionSettings
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.upload_interfaces import IFormerFile
from ftpd_service.upload_policy import GradeAction, UploadMode, UploadPolicy
from ftpd_service.values import Permissions, VirtualPath, WriteMode
from tests.cases import SynchronousTestCase

AWAY = GradeAction.QUARANTINE
POLICY = UploadPolicy(if_likely=AWAY, if_doubtful=AWAY, if_aborted=AWAY, quarantine="/quarantine")


class WithQuarantine(MemoryStorage):
    """A storage in memory whose uploads can end in a quarantine.

    :ivar labels: the labels of those that did.
    :ivar failure: the error of the next that does; or None.
    """

    def __init__(self) -> None:
        super().__init__()
        self.labels: list[QuarantineLabel] = []
        self.failure: FtpdError | None = None

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        """Wrap the handle."""
        return _Handle(self, await super().open_write(path, mode, offset))


@implementer(IQuarantinable, IFormerFile)
class _Handle:
    """A handle of this storage."""

    def __init__(self, storage: WithQuarantine, inner: IWriteHandle) -> None:
        self._storage = storage
        self._inner = inner

    async def write(self, data: bytes) -> None:
        """Write to the inner handle."""
        await self._inner.write(data)

    async def commit(self) -> None:
        """Commit it."""
        await self._inner.commit()

    async def abort(self) -> None:
        """Abort it."""
        await self._inner.abort()

    def former_size(self) -> int | None:
        """Return its answer."""
        return IFormerFile(self._inner).former_size()

    async def quarantine(self, label: QuarantineLabel) -> str:
        """Keep the label."""
        await self._inner.abort()
        if self._storage.failure is not None:
            raise self._storage.failure
        self._storage.labels.append(label)
        return "alice/1-f"


class QuarantineCase(SynchronousTestCase):
    """A session in TYPE I; ``/f`` holds ten bytes."""

    def setUp(self) -> None:
        self.storage = WithQuarantine()
        self.storage.put("/f", b"0123456789")
        self.dialogue = self.session(self.storage)

    def session(self, storage: IStorage, policy: UploadPolicy = POLICY) -> Dialogue:
        """A session with this storage."""
        dialogue = Dialogue(settings=SessionSettings(uploads=policy))
        dialogue.storage = storage
        dialogue.log_in()
        dialogue.say("TYPE I", 200)
        return dialogue

    def broken(self, command: str, data: bytes = b"abcdef") -> None:
        """An upload that breaks in the midst of these bytes."""
        self.dialogue.data.incoming = data
        self.dialogue.data.failure = TransferAborted("the client reset the data connection")
        self.dialogue.say("EPSV", 229)
        self.dialogue.say(command, 150, 426)

    def told(self) -> tuple[str, TransferOutcome, str | None, str | None]:
        """What the one upload came to."""
        (event,) = self.dialogue.recorder.of(TransferFinished)
        return event.outcome, event.kind, event.grade_word, event.quarantined


class EndedTests(QuarantineCase):
    """Uploads that have ended."""

    def test_upload_ends_there(self) -> None:
        """226; the former file stays, and the transfer is not told as complete."""
        self.dialogue.upload("STOR f", b"abc")
        self.assertEqual(self.storage.labels, [QuarantineLabel(account="alice", path=VirtualPath("/f"))])
        self.assertEqual(self.storage.content("/f"), b"0123456789")
        self.assertEqual(self.told(), ("quarantined", TransferOutcome.QUARANTINED, "doubtful", "alice/1-f"))

    def test_proved_upload(self) -> None:
        """It gets its name."""
        self.dialogue.say("ALLO 3", 200)
        self.dialogue.upload("STOR f", b"abc")
        self.assertEqual((self.storage.content("/f"), self.storage.labels), (b"abc", []))
        self.assertEqual(self.told(), ("complete", TransferOutcome.COMPLETE, "proved", None))

    def test_quarantine_without_room(self) -> None:
        """The error is the answer, and the upload is none."""
        self.storage.failure = QuotaExceeded("the quarantine of the account is full")
        self.dialogue.data.incoming = b"abc"
        self.dialogue.say("EPSV", 229)
        self.dialogue.say("STOR new", 150, 552)
        self.assertEqual(self.told(), ("QuotaExceeded", TransferOutcome.QUOTA, "aborted", None))
        self.assertEqual(self.storage.names(), ["f"])

    def test_client_that_may_only_append(self) -> None:
        """It would take the whole file away, so the bytes stay as those of a discarded upload do."""
        for granted, code, labels in ((Permissions.NONE, 451, 0), (Permissions.DELETE, 226, 1)):
            rules = Rules(Permissions.LIST | Permissions.APPEND | granted)
            self.dialogue = self.session(Permitted(self.storage, rules))
            self.dialogue.say("ALLO 1000", 200)
            self.dialogue.data.incoming = b"abc"
            self.dialogue.say("EPSV", 229)
            self.dialogue.say("APPE f", 150, code)
            self.assertEqual(len(self.storage.labels), labels)

    def test_storage_without_quarantine(self) -> None:
        """Such an upload is refused: its name would be wrong, and so would be 226."""
        self.dialogue = self.session(MemoryStorage())
        self.dialogue.data.incoming = b"abc"
        self.dialogue.say("EPSV", 229)
        self.dialogue.say("STOR new", 150, 451)
        self.assertEqual(self.told(), ("UploadUnproved", TransferOutcome.DISCARDED, "aborted", None))


class BrokenTests(QuarantineCase):
    """Uploads that break."""

    def test_bytes_that_have_come_end_there(self) -> None:
        """The reply and the outcome are those of a broken upload."""
        self.broken("STOR new")
        self.assertEqual(self.told(), ("TransferAborted", TransferOutcome.ABORTED, "aborted", "alice/1-f"))
        self.assertEqual(self.storage.names(), ["f"])

    def test_upload_without_a_byte(self) -> None:
        """There is nothing to keep."""
        self.broken("STOR new", b"")
        self.assertEqual(self.storage.labels, [])

    def test_upload_that_goes_on(self) -> None:
        """The file behind which it goes on stays where it is."""
        self.broken("APPE f")
        self.assertEqual((self.storage.labels, self.told()[3]), ([], None))
        self.assertEqual(self.storage.content("/f"), b"0123456789abc")

    def test_upload_that_can_be_resumed(self) -> None:
        """With ``resumable`` the account goes on with it."""
        self.dialogue = self.session(self.storage, replace(POLICY, mode=UploadMode.RESUMABLE))
        self.broken("STOR new")
        self.assertEqual(self.storage.labels, [])

    def test_abor(self) -> None:
        """It is broken in the same way; 426 comes once the bytes are there."""
        self.dialogue.data.incoming = b"abcdef"
        self.dialogue.data.waiting = Deferred()
        self.dialogue.say("EPSV", 229)
        self.dialogue.say("STOR new", 150)
        self.dialogue.say("ABOR", 426, 226)
        self.assertEqual(self.told(), ("aborted", TransferOutcome.ABORTED, "aborted", "alice/1-f"))

    def test_quarantine_without_room(self) -> None:
        """The bytes are gone, and the operator learns why."""
        self.storage.failure = QuotaExceeded("the quarantine of the account is full")
        self.broken("STOR new")
        (failed,) = self.dialogue.recorder.of(QuarantineFailed)
        self.assertEqual((failed.path, failed.reason), ("/new", "the quarantine of the account is full"))
        self.assertEqual(self.told(), ("TransferAborted", TransferOutcome.ABORTED, "aborted", None))
