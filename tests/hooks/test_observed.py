"""Events for rules that are made of the server's own events."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from zope.interface import implementer
from zope.interface.verify import verifyObject

from ftpd_service import events
from ftpd_service.hook_events import HookEvent, HookTrigger
from ftpd_service.hook_interfaces import IIntent, IntentProof, IOutbox
from ftpd_service.hooks.observed import HookObserver, end_word, group_in
from ftpd_service.interfaces import IObserver
from ftpd_service.reasons import LoginOutcome, TransferOutcome
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.registry import Sessions
from ftpd_service.testing.fakes import peer
from ftpd_service.values import Direction, SessionId
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in

OF_SESSION: dict[str, Any] = {"session": SessionId("s7"), "peer": replace(peer(), listener="tcp:21", secure=True)}
DOWNLOAD = events.TransferFinished(
    **OF_SESSION,
    account="alice",
    verb="RETR",
    direction=Direction.DOWNLOAD,
    path="/a",
    octets=5,
    seconds=1.0,
    outcome="complete",
)
REFUSED = events.Refused(
    **OF_SESSION, account="alice", verb="STOR", argument="a", code=552, reason="full", path="/a", quota=True
)


@implementer(IOutbox)
class _Kept:
    """An outbox whose rules are about some events."""

    def __init__(self, *triggers: HookTrigger) -> None:
        self.triggers = triggers
        self.events: list[HookEvent] = []

    def wants(self, *triggers: HookTrigger) -> bool:
        return any(trigger in self.triggers for trigger in triggers)

    def happened(self, event: HookEvent) -> None:
        self.events.append(event)

    async def flush(self) -> None:
        raise AssertionError("nobody waits")

    async def intend(self, event: HookEvent, proof: IntentProof | None) -> IIntent | None:
        raise AssertionError("it has happened already")


class ObservedTests(SynchronousTestCase):
    """The observer with an outbox."""

    def setUp(self) -> None:
        self.outbox = _Kept(*HookTrigger)
        self.observer = HookObserver(
            self.outbox, node="n1", group_of=lambda session: f"group of {session}", now=lambda: 12.5
        )

    def made(self, event: events.Event) -> HookEvent:
        """The event for rules."""
        self.observer.observe(event)
        return self.outbox.events.pop()

    def passed_over(self, event: events.Event) -> bool:
        """Whether no event for rules is made."""
        self.observer.observe(event)
        return not self.outbox.events

    def test_it_is_an_observer(self) -> None:
        """The publisher takes it."""
        self.assertTrue(verifyObject(IObserver, self.observer))

    def test_a_login(self) -> None:
        """With everything that is known of its session."""
        made = self.made(events.LoginSucceeded(**OF_SESSION, account="alice"))
        self.assertEqual((made.trigger, made.time, made.outcome), (HookTrigger.LOGIN, 12.5, "accepted"))
        origin = made.origin
        told = (origin.node, origin.session, origin.account, origin.group, origin.address, origin.tls, origin.listener)
        self.assertEqual(told, ("n1", "s7", "alice", "group of s7", "192.0.2.1", True, "tcp:21"))

    def test_a_failed_login(self) -> None:
        """With the name that was tried, and without the group of any account."""
        made = self.made(events.LoginFailed(**OF_SESSION, name="root", reason="no", outcome=LoginOutcome.DENIED))
        told = (made.trigger, made.outcome, made.origin.account, made.origin.group)
        self.assertEqual(told, (HookTrigger.LOGIN_FAILED, "denied", "root", None))

    def test_a_session_that_ends(self) -> None:
        """Also without a login."""
        made = self.made(events.SessionEnded(**OF_SESSION, seconds=1.0, reason="client left"))
        told = (made.trigger, made.outcome, made.origin.account, made.origin.group)
        self.assertEqual(told, (HookTrigger.SESSION_ENDED, "left", None, None))

    def test_ends_of_sessions(self) -> None:
        """The words of docs/hooks.rst."""
        reasons = ("QUIT answered 221", "end of input", "connection lost", "answered 421 Idle timeout.")
        self.assertEqual([end_word(reason) for reason in reasons], ["quit", "left", "lost", "closed"])

    def test_a_download(self) -> None:
        """With its path and the bytes that were sent."""
        made = self.made(DOWNLOAD)
        self.assertEqual((made.trigger, made.path, made.size), (HookTrigger.DOWNLOADED, "/a", 5))

    def test_a_download_that_breaks(self) -> None:
        """It is no event, as rules may delete what was downloaded."""
        self.assertTrue(self.passed_over(replace(DOWNLOAD, kind=TransferOutcome.ABORTED)))

    def test_uploads_and_listings(self) -> None:
        """Storages record uploads, and nobody is told of listings."""
        others = (Direction.UPLOAD, Direction.LISTING)
        self.assertTrue(all(self.passed_over(replace(DOWNLOAD, direction=other)) for other in others))

    def test_a_refusal_by_a_quota(self) -> None:
        """With its path and its verb."""
        made = self.made(REFUSED)
        self.assertEqual((made.trigger, made.path, made.outcome), (HookTrigger.QUOTA_REFUSED, "/a", "STOR"))

    def test_other_refusals(self) -> None:
        """They are no events."""
        self.assertTrue(self.passed_over(replace(REFUSED, quota=False)))

    def test_a_ban_of_a_host(self) -> None:
        """It has an address and no session."""
        made = self.made(events.BanMade(kind="host", subject="192.0.2.1", seconds=None, reason="x"))
        told = (made.trigger, made.outcome, made.origin.address, made.origin.account, made.origin.session)
        self.assertEqual(told, (HookTrigger.BANNED, "host", "192.0.2.1", None, None))

    def test_a_ban_of_an_account(self) -> None:
        """It has an account and no address."""
        made = self.made(events.BanMade(kind="account", subject="bob", seconds=None, reason="x"))
        self.assertEqual((made.origin.account, made.origin.address), ("bob", None))

    def test_each_event_has_an_id_of_its_own(self) -> None:
        """It is the idempotency key."""
        self.assertNotEqual(self.made(DOWNLOAD).id, self.made(DOWNLOAD).id)

    def test_only_events_of_rules_are_wanted(self) -> None:
        """So without such rules they are not made."""
        self.outbox.triggers = (HookTrigger.DOWNLOADED,)
        kinds = (events.TransferFinished, events.LoginSucceeded, events.CommandFinished)
        self.assertEqual([self.observer.wants(kind) for kind in kinds], [True, False, False])

    def test_a_session_that_is_gone_has_no_group(self) -> None:
        """It may end before its last event."""
        self.assertIsNone(group_in(Sessions(), SessionId("s1")))


class LiveSessionTests(SynchronousTestCase):
    """Sessions of the service."""

    def test_the_group_is_known_at_the_end_of_a_session(self) -> None:
        """The login is forgotten behind the event."""
        dialogue = logged_in()
        login = dialogue.session.login
        assert isinstance(login, LoggedIn)
        login.live.account = replace(login.account, group="customers")
        groups: list[str | None] = []
        seen = dialogue.recorder.observe

        def observe(event: events.Event) -> None:
            seen(event)
            if isinstance(event, events.SessionEnded):
                groups.append(group_in(dialogue.sessions, event.session))

        self.patch(dialogue.recorder, "observe", observe)
        dialogue.lose()
        self.assertEqual(groups, ["customers"])
