"""Dialogues at the point where most tests begin."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from ftpd_service.control.settings import ControlSettings
from ftpd_service.session.settings import SessionSettings
from ftpd_service.testing.dialogue import Dialogue


def logged_in(*, settings: SessionSettings | None = None, control: ControlSettings | None = None) -> Dialogue:
    """A session of alice over IPv4."""
    dialogue = Dialogue(settings=settings, control=control)
    dialogue.log_in()
    return dialogue


def logged_in_by_ipv6() -> Dialogue:
    """A session of alice over IPv6."""
    dialogue = Dialogue(peer="2001:db8::1", local="2001:db8::7")
    dialogue.log_in()
    return dialogue


def slow_login(dialogue: Dialogue) -> tuple[Dialogue, Deferred[None]]:
    """A session whose PASS waits for the checker, and the Deferred that lets the checker answer."""
    answered: Deferred[None] = Deferred()
    dialogue.login.waiting = answered
    dialogue.say("USER alice", 331)
    dialogue.say("PASS secret")
    return dialogue, answered


def transferring(line: str, *, control: ControlSettings | None = None) -> tuple[Dialogue, Deferred[None]]:
    """A session of alice in the midst of a transfer, and the Deferred that lets it go on.

    ``/f`` holds ``0123456789``; an upload brings ``new content``.
    """
    dialogue = logged_in(control=control)
    dialogue.memory.put("/f", b"0123456789")
    dialogue.say("TYPE I", 200)
    dialogue.say("EPSV", 229)
    go_on: Deferred[None] = Deferred()
    dialogue.data.waiting = go_on
    dialogue.data.incoming = b"new content"
    dialogue.say(line, 150)
    return dialogue, go_on
