"""Tests of the grades of uploads in a session: the reply, the file, and what the log tells."""

from __future__ import annotations

from dataclasses import replace

from twisted.internet.defer import Deferred

from ftpd_service.errors import TransferAborted
from ftpd_service.events import Refused, TransferFinished
from ftpd_service.reasons import TransferOutcome
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.settings import SessionSettings
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.upload_policy import GradeAction, UploadPolicy
from ftpd_service.values import DataEnd
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in

DISCARDING = UploadPolicy(if_likely=GradeAction.DISCARD, if_doubtful=GradeAction.DISCARD)


def session(policy: UploadPolicy | None = None, *, end: DataEnd = DataEnd.FIN) -> Dialogue:
    """A session in TYPE I with a general policy; ``/f`` holds ten bytes."""
    dialogue = logged_in(settings=SessionSettings(uploads=policy or UploadPolicy()))
    dialogue.memory.put("/f", b"0123456789")
    dialogue.say("TYPE I", 200)
    dialogue.data.end = end
    return dialogue


def told(dialogue: Dialogue) -> list[tuple[str, str | None, str | None]]:
    """The outcomes of all transfers, with grade and evidence."""
    return [(one.outcome, one.grade_word, one.evidence_word) for one in dialogue.recorder.of(TransferFinished)]


class KeptTests(SynchronousTestCase):
    """The default policy: each upload that ends is kept, with its grade."""

    def test_proved_by_close_notify(self) -> None:
        """Also if it is shorter than the former file."""
        dialogue = session(end=DataEnd.CLOSE_NOTIFY)
        dialogue.upload("STOR f", b"abc")
        self.assertEqual(told(dialogue), [("complete", "proved", "close_notify")])

    def test_proved_by_the_announced_size(self) -> None:
        """ALLO counts for the next upload."""
        dialogue = session()
        dialogue.say("ALLO 3", 200)
        dialogue.upload("STOR f", b"abc")
        self.assertEqual(told(dialogue), [("complete", "proved", "announced_size")])

    def test_announced_size_of_an_upload_that_goes_on(self) -> None:
        """The whole file behind REST, and the rest of it behind APPE."""
        dialogue = session()
        dialogue.say("REST 8", 350)
        dialogue.say("ALLO 12", 200)
        dialogue.upload("STOR f", b"89ab")
        dialogue.say("ALLO 3", 200)
        dialogue.upload("APPE f", b"cde")
        dialogue.say("ALLO 18", 200)
        dialogue.upload("APPE f", b"fgh")
        self.assertEqual(told(dialogue), [("complete", "proved", "announced_size")] * 3)
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789abcdefgh")

    def test_range(self) -> None:
        """RANG announces its bytes, beside ALLO."""
        dialogue = session()
        for data in (b"ABC", b"AB"):
            dialogue.say("RANG 2 4", 350)
            dialogue.upload("STOR f", data)
        expected = [("complete", "proved", "announced_size"), ("complete", "doubtful", "fewer_than_announced")]
        self.assertEqual(told(dialogue), expected)

    def test_likely(self) -> None:
        """A new file that ends with a FIN in clear."""
        dialogue = session()
        dialogue.upload("STOR new", b"abc")
        self.assertEqual(told(dialogue), [("complete", "likely", "clean_end")])

    def test_doubtful_without_close_notify(self) -> None:
        """`tls.truncated_uploads` accepts it."""
        dialogue = session(end=DataEnd.TRUNCATED)
        dialogue.upload("STOR f", b"abc")
        self.assertEqual(told(dialogue), [("complete", "doubtful", "no_close_notify")])
        self.assertEqual(dialogue.memory.content("/f"), b"abc")

    def test_doubtful_with_fewer_bytes_than_announced(self) -> None:
        """Kept all the same; STOU's grade is no different."""
        dialogue = session()
        dialogue.say("ALLO 4", 200)
        dialogue.upload("STOU new", b"abc")
        self.assertEqual(told(dialogue), [("complete", "doubtful", "fewer_than_announced")])

    def test_doubtful_because_it_is_shorter(self) -> None:
        """Than the file that it replaces; a part that is written in place shortens nothing."""
        dialogue = session()
        dialogue.upload("STOR f", b"abc")
        dialogue.say("REST 1", 350)
        dialogue.upload("STOR f", b"B")
        expected = [("complete", "doubtful", "shorter_than_former"), ("complete", "likely", "clean_end")]
        self.assertEqual(told(dialogue), expected)

    def test_other_transfers_have_no_grade(self) -> None:
        """Downloads and listings."""
        dialogue = session()
        dialogue.download("RETR f")
        self.assertEqual(told(dialogue), [("complete", None, None)])


class AbortedTests(SynchronousTestCase):
    """Broken uploads are never complete, whatever came before."""

    def test_reset(self) -> None:
        """The data has no end."""
        dialogue = session(end=DataEnd.CLOSE_NOTIFY)
        dialogue.data.failure = TransferAborted("the client reset the data connection")
        dialogue.say("EPSV", 229)
        dialogue.say("STOR f", 150, 426)
        self.assertEqual(told(dialogue), [("TransferAborted", "aborted", "broken")])
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789")

    def test_failed_commit(self) -> None:
        """The bytes have come, but there is no file."""
        dialogue = session(end=DataEnd.CLOSE_NOTIFY)
        dialogue.data.incoming = b"abc"
        dialogue.data.waiting = Deferred()
        dialogue.say("EPSV", 229)
        dialogue.say("STOR new", 150)
        dialogue.memory.put_directory("/new")
        dialogue.data.waiting.callback(None)
        self.assertEqual(dialogue.codes(), [553])
        self.assertEqual(told(dialogue), [("IsADirectory", "aborted", "broken")])


class DiscardedTests(SynchronousTestCase):
    """A policy that discards."""

    def refused(self, dialogue: Dialogue, data: bytes, code: int) -> None:
        """STOR of /f gets an error, and leaves the former file."""
        dialogue.data.incoming = data
        dialogue.say("EPSV", 229)
        dialogue.say("STOR f", 150, code)
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789")

    def test_without_close_notify(self) -> None:
        """426, as with ``truncated_uploads: refuse``; the log names the key."""
        dialogue = session(DISCARDING, end=DataEnd.TRUNCATED)
        self.refused(dialogue, b"0123456789abc", 426)
        self.assertEqual(told(dialogue), [("UploadIncomplete", "doubtful", "no_close_notify")])
        (finished,), (refused,) = dialogue.recorder.of(TransferFinished), dialogue.recorder.of(Refused)
        self.assertIs(finished.kind, TransferOutcome.DISCARDED)
        self.assertIn("uploads.grades.doubtful: discard (no_close_notify)", refused.reason)

    def test_fewer_bytes_than_announced(self) -> None:
        """426: another attempt may bring them."""
        dialogue = session(DISCARDING, end=DataEnd.CLOSE_NOTIFY)
        dialogue.say("ALLO 20", 200)
        self.refused(dialogue, b"0123456789abc", 426)

    def test_shorter(self) -> None:
        """451 with a text that says why."""
        dialogue = session(DISCARDING)
        self.refused(dialogue, b"abc", 451)
        self.assertEqual(told(dialogue), [("UploadUnproved", "doubtful", "shorter_than_former")])

    def test_likely(self) -> None:
        """Nothing is taken that is not proved."""
        dialogue = session(DISCARDING)
        self.refused(dialogue, b"0123456789abc", 451)
        self.assertEqual(told(dialogue), [("UploadUnproved", "likely", "clean_end")])

    def test_proved(self) -> None:
        """It is kept."""
        dialogue = session(DISCARDING)
        dialogue.say("ALLO 3", 200)
        dialogue.upload("STOR f", b"abc")
        self.assertEqual(dialogue.memory.content("/f"), b"abc")

    def test_upload_in_place(self) -> None:
        """It cannot be taken back: the bytes stay, and the reply is an error."""
        dialogue = session(DISCARDING)
        dialogue.data.incoming = b"abc"
        dialogue.say("EPSV", 229)
        dialogue.say("APPE f", 150, 451)
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789abc")

    def test_account_goes_before_the_general_policy(self) -> None:
        """It decides at the end of the upload."""
        dialogue = session(DISCARDING)
        login = dialogue.session.login
        assert isinstance(login, LoggedIn)
        login.live.account = replace(login.account, uploads=(("if_likely", GradeAction.KEEP),))
        dialogue.upload("STOR new", b"abc")
        self.assertEqual(told(dialogue), [("complete", "likely", "clean_end")])
