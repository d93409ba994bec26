"""TLS on and off: AUTH PBSZ PROT CCC (RFC 2228, RFC 4217)."""

from __future__ import annotations

from collections.abc import Callable

from ftpd_service.commands.command import Facts, command
from ftpd_service.commands.context import Context
from ftpd_service.errors import BadSequence, NotLoggedIn, PolicyDenied
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.sequence import OneShot
from ftpd_service.session.session import Session
from ftpd_service.wire import arguments, replies
from ftpd_service.wire.reply import Final


def _when_available(line: str) -> Callable[[Session], tuple[str, ...]]:
    """Return a function for a line of FEAT on listeners that offer TLS (RFC 4217 section 6)."""
    return lambda session: (line,) if session.settings.tls_available else ()


def _secure(context: Context) -> None:
    """:raises BadSequence: the control connection is in clear."""
    if not context.session.peer.secure:
        raise BadSequence("Use AUTH TLS first.")


@command(
    arguments.mechanism,
    Facts(
        verb="AUTH",
        help="<TLS|TLS-C|SSL>",
        source="RFC 2228 section 3; RFC 4217 section 4",
        replies=(234, 431, 502, 503, 504, 534),
        needs_login=False,
        begins_tls=True,
        keeps=OneShot.NONE,
        features=_when_available("AUTH TLS"),
    ),
)
async def auth(context: Context, protected: bool) -> Final:
    """Begin TLS: the handshake resets the session, and bytes behind this line end the session.

    :param protected: whether data connections are protected, too, until PROT C.
    """
    if context.session.peer.secure:
        raise BadSequence("TLS is active already.")
    if context.session.cleared:
        raise PolicyDenied("AUTH after CCC")
    if context.parts.tls is None:
        return replies.no_certificate()
    # A client that sends on without waiting is refused before it loses anything.
    if not context.input_held():
        await context.data.reset()
    if context.input_held():
        return replies.data_after_auth()
    context.restart()
    if context.parts.tls is None:
        # The login that ended had an earlier configuration; the current configuration has no certificate here.
        return replies.no_certificate()
    if protected:
        context.session.data_protected = True
        context.data.protect(True)
    return replies.tls_begins()


@command(
    arguments.buffer_size,
    Facts(
        verb="PBSZ",
        help="<0>",
        source="RFC 2228 section 3; RFC 4217 section 8",
        replies=(200, 503),
        needs_login=False,
        features=_when_available("PBSZ"),
    ),
)
async def protection_buffer_size(context: Context, size: None) -> Final:
    """Agree on 0, for any size that the client sends."""
    _secure(context)
    context.session.pbsz = True
    return replies.ok("PBSZ=0")


@command(
    arguments.protection,
    Facts(
        verb="PROT",
        help="<C|P>",
        source="RFC 2228 section 3; RFC 4217 section 9",
        replies=(200, 503, 504, 534, 536),
        needs_login=False,
        features=_when_available("PROT"),
    ),
)
async def protection_level(context: Context, level: str) -> Final:
    """Choose whether data connections are protected; each transfer asks for this, PASV and PORT do not."""
    _secure(context)
    session = context.session
    if session.settings.require_pbsz and not session.pbsz:
        raise BadSequence("Use PBSZ first.")
    if level in ("S", "E"):
        return replies.unsupported_protection()
    if level == "C" and session.data_protection_required:
        raise PolicyDenied("PROT C")
    session.data_protected = level == "P"
    context.data.protect(session.data_protected)
    return replies.ok(f"Protection level is {level}.")


def _clear_allowed(session: Session) -> tuple[str, ...]:
    return ("CCC",) if session.settings.tls_available and session.settings.clear_command_channel else ()


@command(
    arguments.ignored,
    Facts(
        verb="CCC",
        help="",
        source="RFC 4217 section 12",
        replies=(200, 530, 533, 534),
        needs_login=False,
        ends_tls=True,
        features=_clear_allowed,
    ),
)
async def clear_command_channel(context: Context, argument: None) -> Final:
    """End TLS on the control connection, if the configuration allows it; data connections stay protected.

    In clear, everybody on the network path can read paths and commands, and can add commands.
    """
    session = context.session
    if not session.peer.secure:
        return replies.not_protected()
    if not session.settings.clear_command_channel:
        raise PolicyDenied("CCC")
    if not isinstance(session.login, LoggedIn):
        # The password would follow in clear.
        raise NotLoggedIn
    session.cleared = True
    return replies.tls_ends()


COMMANDS = (auth, protection_buffer_size, protection_level, clear_command_channel)
