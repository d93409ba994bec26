"""What events count, and that clients cannot add series."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service import events
from ftpd_service.observe.metrics.event_counts import (
    BAN_KINDS,
    NO_CHECKER,
    OTHER_CODE,
    OTHER_VERB,
    PROXY,
    TRANSFER_VERBS,
)
from ftpd_service.reasons import DataFailure, LoginOutcome, SessionRefusal, TransferOutcome, UploadGrade
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.testing.fakes import peer
from ftpd_service.values import Direction, SessionId
from ftpd_service.wire.reply import FINAL_CODES
from tests.cases import SynchronousTestCase
from tests.observe.metrics.counted import VERBS, Counted, command

S1 = SessionId("s1")


def transfer(seconds: float = 1.0, kind: TransferOutcome = TransferOutcome.COMPLETE) -> events.TransferFinished:
    """A download that has ended."""
    return events.TransferFinished(
        session=S1,
        peer=peer(),
        account="alice",
        verb="RETR",
        direction=Direction.DOWNLOAD,
        path="/secret",
        octets=10,
        seconds=seconds,
        outcome="complete",
        kind=kind,
    )


def upload(grade: UploadGrade) -> events.TransferFinished:
    """An upload that has ended."""
    return replace(transfer(), verb="STOR", direction=Direction.UPLOAD, grade=grade)


def login_failed(outcome: LoginOutcome, checker: str = "") -> events.LoginFailed:
    """A login that failed."""
    return events.LoginFailed(
        session=S1, peer=peer(), name="mallory", reason="because", outcome=outcome, checker=checker
    )


class CountTests(SynchronousTestCase):
    """Each event and its series."""

    def setUp(self) -> None:
        """Count nothing yet."""
        self.counted = Counted()

    def assert_one(self, event: events.Event, name: str, **labels: str) -> None:
        """The event counts once, in this series."""
        before = self.counted.value(name, **labels) or 0.0
        self.counted.observe(event)
        self.assertEqual(self.counted.value(name, **labels), before + 1)

    def test_a_session(self) -> None:
        """Each that begins."""
        self.assert_one(events.SessionStarted(session=S1, peer=peer()), "ftpd_sessions_started_total")

    def test_a_refused_connection(self) -> None:
        """By the limit."""
        event = events.SessionRefused(peer=peer(), reason="...", cause=SessionRefusal.BANS)
        self.assert_one(event, "ftpd_sessions_refused_total", reason="bans")

    def test_a_connection_that_is_not_a_proxy(self) -> None:
        """Among the refused connections."""
        event = events.ProxyRefused(address="192.0.2.1", listener="tcp:21")
        self.assert_one(event, "ftpd_sessions_refused_total", reason="proxy")

    def test_a_handshake_that_failed(self) -> None:
        """On a control connection."""
        self.assert_one(events.TlsFailed(session=S1, peer=peer()), "ftpd_tls_failures_total")

    def test_a_login(self) -> None:
        """By its checker."""
        event = events.LoginSucceeded(session=S1, peer=peer(), account="alice", checker="ldap")
        self.assert_one(event, "ftpd_logins_total", outcome="accepted", checker="ldap")

    def test_a_login_that_failed(self) -> None:
        """By outcome and checker."""
        event = login_failed(LoginOutcome.UNAVAILABLE, "ldap2")
        self.assert_one(event, "ftpd_logins_total", outcome="unavailable", checker="ldap2")

    def test_a_login_without_a_checker(self) -> None:
        """As with a ban."""
        event = login_failed(LoginOutcome.BANNED)
        self.assert_one(event, "ftpd_logins_total", outcome="banned", checker="none")

    def test_a_command(self) -> None:
        """By verb and code."""
        self.assert_one(command("NOOP"), "ftpd_commands_total", verb="NOOP", code="200")

    def test_a_command_again(self) -> None:
        """The second takes the child of the first."""
        self.counted.observe(command("NOOP"))
        self.assert_one(command("NOOP"), "ftpd_commands_total", verb="NOOP", code="200")

    def test_an_unknown_verb(self) -> None:
        """All share a label."""
        self.counted.observe(command("FOO", 500))
        self.assert_one(command("BAR", 500), "ftpd_commands_total", verb="other", code="500")

    def test_an_unknown_code(self) -> None:
        """Likewise."""
        self.assert_one(command("NOOP", 299), "ftpd_commands_total", verb="NOOP", code="other")

    def test_a_quota(self) -> None:
        """Only refusals by quotas."""
        refused = events.Refused(
            session=S1, peer=peer(), account="a", verb="STOR", argument="f", code=552, reason="...", quota=True
        )
        self.assert_one(refused, "ftpd_quota_refusals_total")

    def test_another_refusal_is_no_quota(self) -> None:
        """It is among the commands."""
        self.counted.observe(
            events.Refused(session=S1, peer=peer(), account="a", verb="STOR", argument="f", code=550, reason="...")
        )
        self.assertEqual(self.counted.value("ftpd_quota_refusals_total"), 0)

    def test_a_transfer(self) -> None:
        """By verb and outcome."""
        event = transfer(kind=TransferOutcome.QUOTA)
        self.assert_one(event, "ftpd_transfers_total", verb="RETR", outcome="quota")

    def test_an_upload(self) -> None:
        """By its grade, beside the transfers; a download has no grade."""
        self.assert_one(upload(UploadGrade.DOUBTFUL), "ftpd_uploads_total", grade="doubtful")
        self.counted.observe(transfer())
        counts = [self.counted.value("ftpd_uploads_total", grade=grade.value) for grade in UploadGrade]
        self.assertEqual(counts, [0, 0, 1, 0])

    def test_the_duration_of_a_transfer(self) -> None:
        """It counts in its bucket and all above."""
        self.counted.observe(transfer(0.5))
        name = "ftpd_transfer_duration_seconds_bucket"
        values = [self.counted.value(name, direction="download", le=le) for le in ("0.3", "1.0", "+Inf")]
        self.assertEqual(values, [0, 1, 1])

    def test_a_data_connection_that_failed(self) -> None:
        """By its reason."""
        event = events.DataConnectionFailed(session=S1, peer=peer(), reason="...", cause=DataFailure.TIMEOUT)
        self.assert_one(event, "ftpd_data_connection_failures_total", reason="timeout")

    def test_a_ban(self) -> None:
        """By its kind."""
        event = events.BanMade(kind="host", subject="192.0.2.1", seconds=60.0, reason="...")
        self.assert_one(event, "ftpd_bans_made_total", kind="host")

    def test_a_reload(self) -> None:
        """By its outcome."""
        self.assert_one(events.ConfigurationReloaded(), "ftpd_reloads_total", outcome="applied")
        self.assert_one(events.ReloadFailed(mistakes=("...",)), "ftpd_reloads_total", outcome="failed")

    def test_certificates(self) -> None:
        """By their outcome."""
        replaced, refused = (
            events.CertificatesReplaced(path="c.pem"),
            events.CertificatesRefused(path="c.pem", reason="..."),
        )
        self.assert_one(replaced, "ftpd_certificate_changes_total", outcome="applied")
        self.assert_one(refused, "ftpd_certificate_changes_total", outcome="failed")

    def test_a_shortage(self) -> None:
        """Of descriptors, memory or threads."""
        event = events.ResourcesExhausted(session=S1, peer=peer(), verb="RETR", reason="EMFILE")
        self.assert_one(event, "ftpd_resources_exhausted_total")

    def test_an_unexpected_error(self) -> None:
        """Each has a traceback in the log."""
        event = events.UnexpectedError(session=S1, peer=peer(), verb="RETR", exception=ValueError())
        self.assert_one(event, "ftpd_unexpected_errors_total")

    def test_other_events_count_nothing(self) -> None:
        """And are not wanted."""
        before = self.counted.series()
        self.counted.observe(events.FileRemoved(session=S1, peer=peer(), account="a", path="/f"))
        self.assertEqual(self.counted.series(), before)
        self.assertFalse(self.counted.counts.wants(events.FileRemoved))


CHECKERS = {"fake", NO_CHECKER}

CLOSED: dict[str, set[str]] = {
    "verb": {*VERBS, *TRANSFER_VERBS, OTHER_VERB},
    "code": {*map(str, FINAL_CODES), OTHER_CODE},
    "checker": CHECKERS,
    "kind": set(BAN_KINDS),
    "grade": {grade.value for grade in UploadGrade},
    "direction": {direction.value for direction in Direction},
    "le": {"0.01", "0.03", "0.1", "0.3", "1.0", "3.0", "10.0", "30.0", "100.0", "300.0", "1000.0", "3000.0", "+Inf"},
    "outcome": {
        *(one.value for one in (*LoginOutcome, *TransferOutcome)),
        *("applied", "failed"),
    },
    "reason": {*(one.value for one in (*SessionRefusal, *DataFailure)), PROXY},
}
"""All values of each label."""

LINES = st.lists(
    st.one_of(
        st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=40),
        st.builds("{} {}".format, st.sampled_from(sorted(VERBS - {"QUIT"})), st.text(alphabet="a/%.1,|*", max_size=9)),
        st.builds("USER {}".format, st.text(alphabet="abc{}\"'=", max_size=9)),
        st.builds("PASS {}".format, st.text(alphabet="abc{}\"'=", max_size=9)),
    ),
    max_size=12,
)
"""Lines that a client sends."""


class CardinalityTests(SynchronousTestCase):
    """The number of series has a bound."""

    @given(lines=LINES, logged_in=st.booleans())
    def test_all_labels_are_of_closed_sets(self, lines: list[str], logged_in: bool) -> None:
        """No text of a client becomes a label."""
        counted, dialogue = Counted(), Dialogue()
        if logged_in:
            dialogue.log_in()
        dialogue.send("".join(f"{line}\r\n" for line in lines).encode("utf-8"))
        dialogue.clock.advance(10)
        counted.observe(*dialogue.recorder.events)
        odd = [
            (name, labels)
            for name, labels in counted.series()
            if any(value not in CLOSED[label] for label, value in labels.items())
        ]
        self.assertEqual(odd, [])

    def test_a_thousand_unknown_verbs_are_one_series(self) -> None:
        """Neither series nor memory grows."""
        counted = Counted()
        counted.observe(command("XAAA", 500))
        before = counted.series()
        counted.observe(*(command(f"X{number}", 500) for number in range(1000)))
        self.assertEqual(counted.series(), before)

    def test_no_series_names_a_client(self) -> None:
        """Neither its address nor a name, an account or a path."""
        counted = Counted()
        counted.observe(command("NOOP"), transfer(), login_failed(LoginOutcome.WRONG, "accounts"))
        text = repr(counted.series())
        self.assertEqual([word for word in ("192.0.2.1", "alice", "mallory", "secret", "s1") if word in text], [])
