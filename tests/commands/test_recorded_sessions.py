"""The events of a session: the facts that verbs tell, the session that they name, and the replies of refused events."""

from __future__ import annotations

from zope.interface import implementer

from ftpd_service.digests.taken_digests import TakenDigests
from ftpd_service.errors import TemporarilyUnavailable
from ftpd_service.hook_events import HookEvent, HookOrigin
from ftpd_service.interfaces import IInspectable
from ftpd_service.policy.permissions import Rules
from ftpd_service.reasons import UploadGrade
from ftpd_service.session.settings import ListenerTls, SessionSettings
from ftpd_service.session.unknown_digests import UnknownDigests
from ftpd_service.storage.copying import Copies
from ftpd_service.storage.permitted import Permitted
from ftpd_service.storage.recorded import Recorded
from ftpd_service.taken_bytes import TakenBytes
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.testing.fake_tls import FakeTls
from ftpd_service.values import DataEnd, Permissions, VirtualPath
from ftpd_service.verdict_interfaces import IUploadPlace, IVerdicts, JudgedUpload, Judgment, Ruling
from tests.cases import SynchronousTestCase
from tests.storage.outboxes import recording

SETTINGS = SessionSettings(node="here", tls=ListenerTls.EXPLICIT, tls_available=True)
SHA256_OF_ABC = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


class Taking(UnknownDigests):
    """Takes a digest of each upload."""

    def taking(self) -> TakenBytes | None:
        return TakenDigests(["sha256"])


@implementer(IVerdicts)
class Moving:
    """A stage that gives each upload another name."""

    active = True

    def concern(self, upload: JudgedUpload) -> bool:
        """Return that it does."""
        return True

    async def judge(self, upload: JudgedUpload, handle: IInspectable, place: IUploadPlace) -> Judgment:
        """Choose the name."""
        path = VirtualPath("/moved")
        await place.choose(path)
        return Judgment(ruling=Ruling.RENAME, path=path)


class RecordedSessionTests(SynchronousTestCase):
    """A session in whose storage changes are recorded."""

    def setUp(self) -> None:
        self.dialogue = Dialogue(settings=SETTINGS, tls=FakeTls())
        parts, self.outbox = recording()
        copies = Copies(self.dialogue.clock)
        self.dialogue.memory.put("/f", b"12345")
        self.dialogue.storage = Permitted(Recorded(self.dialogue.memory, parts), Rules(Permissions.ALL), copies)

    def log_in(self) -> None:
        """Log in, in TYPE I."""
        self.dialogue.log_in()
        self.dialogue.say("TYPE I", 200)

    def event(self) -> HookEvent:
        """The only event."""
        (event,) = self.outbox.events
        return event

    def test_the_session(self) -> None:
        """The event names it, its account and its client."""
        self.log_in()
        self.dialogue.say("DELE f", 250)
        expected = HookOrigin(
            node="here", session=self.dialogue.session.id, account="alice", address="192.0.2.1", listener="memory"
        )
        self.assertEqual(self.event().origin, expected)

    def test_tls(self) -> None:
        """The state of the control connection at the time of the event counts."""
        self.dialogue.secure()
        self.log_in()
        self.dialogue.say("DELE f", 250)
        self.assertTrue(self.event().origin.tls)

    def test_the_grade_of_an_upload(self) -> None:
        """The policy for grades has accepted it."""
        self.log_in()
        self.dialogue.data.end = DataEnd.FIN
        self.dialogue.upload("STOR new", b"abc")
        self.assertEqual((self.event().grade, self.event().digest), (UploadGrade.LIKELY, None))

    def test_the_digest_of_an_upload(self) -> None:
        """If it was taken of the bytes while they arrived."""
        self.log_in()
        self.dialogue.parts.digests = Taking()
        self.dialogue.upload("STOR new", b"abc")
        self.assertEqual(self.event().digest, SHA256_OF_ABC)

    def test_the_digest_of_an_append(self) -> None:
        """It would be that of some bytes alone."""
        self.log_in()
        self.dialogue.parts.digests = Taking()
        self.dialogue.upload("APPE f", b"abc")
        self.assertEqual((self.event().digest, self.event().size), (None, 8))

    def test_an_upload_that_a_stage_renames(self) -> None:
        """Only the file under its new name has arrived, with the facts of the upload."""
        self.log_in()
        self.dialogue.parts.digests, self.dialogue.parts.verdicts = Taking(), Moving()
        self.dialogue.upload("STOR new", b"abc")
        event = self.event()
        self.assertEqual((event.path, event.digest, event.grade), ("/moved", SHA256_OF_ABC, UploadGrade.LIKELY))

    def test_an_upload_whose_event_cannot_be_kept(self) -> None:
        """450, and nothing is left."""
        self.log_in()
        self.outbox.refusal = TemporarilyUnavailable("full")
        self.dialogue.say("EPSV", 229)
        self.dialogue.data.incoming = b"abc"
        self.dialogue.say("STOR new", 150, 450)
        self.assertEqual(self.dialogue.memory.names("/"), ["f"])

    def test_other_changes_whose_events_cannot_be_kept(self) -> None:
        """450, and nothing happens; reading goes on."""
        self.log_in()
        self.dialogue.memory.put_directory("/d")
        self.outbox.refusal = TemporarilyUnavailable("full")
        self.dialogue.say("DELE f", 450)
        self.dialogue.say("RNFR f", 350)
        self.dialogue.say("RNTO g", 450)
        self.dialogue.say("MKD e", 450)
        self.dialogue.say("RMD d", 450)
        self.dialogue.say("RMDA d", 450)
        self.assertEqual(self.dialogue.memory.names("/"), ["d", "f"])
        self.assertEqual(self.dialogue.download("RETR f"), b"12345")
