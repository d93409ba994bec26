"""Guards: the refusals that come before the argument is parsed.

A guard concerns only some verbs, by their declarations: `guards_of` chooses a verb's guards once, and the first refusal
ends the command.  A running transfer is no reason to refuse (verbs wait), and only the storage decides about
permissions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftpd_service.commands.command import Facts
from ftpd_service.commands.context import Context
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.settings import ListenerTls
from ftpd_service.wire import replies
from ftpd_service.wire.reply import Final

_DEMANDING = frozenset({ListenerTls.REQUIRED, ListenerTls.IMPLICIT})
_DEMANDED = "the listener has tls: required or implicit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A condition that a session must meet before some verbs run."""

    concerns: Callable[[Facts], bool]
    """Whether the guard concerns a verb."""
    refusal: Callable[[Context], Final | None]
    """The reply that ends the command, or None if the verb may run."""
    setting: str = ""
    """The setting behind the refusal, for the log; empty if the reply names it."""


def _no_tls(context: Context) -> Final | None:
    """Answer 502 to a verb that begins TLS on a listener without TLS."""
    return replies.not_implemented() if context.session.settings.tls is ListenerTls.OFF else None


def _active(context: Context) -> Final | None:
    """Answer 502 to a verb that has the server connect to the client, if active mode is off."""
    return None if context.session.settings.active else replies.not_implemented("Active mode is off.")


def _tls(context: Context) -> Final | None:
    """Answer 530 in clear if the listener demands TLS (RFC 4217 section 10.1)."""
    session = context.session
    return None if session.peer.secure or session.settings.tls not in _DEMANDING else replies.tls_wanted()


def _tls_of_login(context: Context) -> Final | None:
    """Answer 530 in clear if the listener demands TLS, except to a login under TLS that CCC has ended since."""
    session = context.session
    return None if session.cleared and isinstance(session.login, LoggedIn) else _tls(context)


def _login(context: Context) -> Final | None:
    """Answer 530 without a login."""
    return None if isinstance(context.session.login, LoggedIn) else replies.not_logged_in()


def _epsv_all(context: Context) -> Final | None:
    """Answer 501 to the other ways to choose a port after EPSV ALL (RFC 2428 section 4)."""
    return replies.pre_emptied() if context.session.epsv_all else None


def _digest(algorithm: str) -> Guard:
    """Return the guard that answers 502 to a verb whose digest the configuration leaves out.

    :param algorithm: the algorithm that the verb needs, or empty for any.
    """

    def refusal(context: Context) -> Final | None:
        configured = context.session.settings.digests
        available = algorithm in configured if algorithm else bool(configured)
        return None if available else replies.not_implemented("This digest is off.")

    return Guard(concerns=lambda facts: facts.digest == algorithm, refusal=refusal, setting="digests.algorithms")


GUARDS = (
    Guard(concerns=lambda facts: facts.begins_tls, refusal=_no_tls, setting="the listener has tls: off"),
    Guard(concerns=lambda facts: facts.dials, refusal=_active, setting="data_connections.active is false"),
    Guard(concerns=lambda facts: facts.names_account, refusal=_tls, setting=_DEMANDED),
    Guard(concerns=lambda facts: facts.needs_login, refusal=_tls_of_login, setting=_DEMANDED),
    Guard(concerns=lambda facts: facts.needs_login, refusal=_login),
    Guard(concerns=lambda facts: facts.chooses_port, refusal=_epsv_all),
)
"""The guards of many verbs, in the order in which they are asked."""


def guards_of(facts: Facts) -> tuple[Guard, ...]:
    """Return the guards that concern a verb, in their order."""
    digests = () if facts.digest is None else (_digest(facts.digest),)
    return digests + tuple(guard for guard in GUARDS if guard.concerns(facts))
