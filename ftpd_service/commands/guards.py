"""What is asked before the argument is parsed: not disabled, TLS where demanded, logged in, not against EPSV ALL.

An ordered tuple of functions; the first one that gives a Final ends the command.  A running transfer is no reason to
refuse (verbs wait), and permissions are the storage's alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ftpd_service.commands.command import Command
from ftpd_service.commands.context import Context
from ftpd_service.session.login import LoggedIn
from ftpd_service.session.settings import ListenerTls
from ftpd_service.wire import replies
from ftpd_service.wire.reply import Final
from ftpd_service.wire.request import Request

AnyCommand = Command[Any]  # Any: a table holds verbs of every argument type
Guard = Callable[[Context, AnyCommand, Request], Final | None]


def no_tls_guard(context: Context, command: AnyCommand, request: Request) -> Final | None:
    """502 for what begins TLS, on a listener that has none."""
    if command.facts.begins_tls and context.session.settings.tls is ListenerTls.OFF:
        return replies.not_implemented()
    return None


def active_guard(context: Context, command: AnyCommand, request: Request) -> Final | None:
    """502 for what has the server connect to the client, where active mode is off."""
    if command.facts.dials and not context.session.settings.active:
        return replies.not_implemented("Active mode is off.")
    return None


def tls_guard(context: Context, command: AnyCommand, request: Request) -> Final | None:
    """530 in clear where the listener demands TLS, for what belongs to a login or needs one (RFC 4217 section 10.1)."""
    session = context.session
    if session.peer.secure or session.settings.tls is not ListenerTls.REQUIRED:
        return None
    return replies.tls_wanted() if command.facts.needs_login or command.facts.names_account else None


def login_guard(context: Context, command: AnyCommand, request: Request) -> Final | None:
    """530 where the verb needs a login and there is none."""
    if command.facts.needs_login and not isinstance(context.session.login, LoggedIn):
        return replies.not_logged_in()
    return None


def epsv_all_guard(context: Context, command: AnyCommand, request: Request) -> Final | None:
    """501 for the other ways to choose a port once EPSV ALL is in force (RFC 2428 section 4)."""
    if command.facts.chooses_port and context.session.epsv_all:
        return replies.pre_emptied()
    return None


GUARDS: tuple[Guard, ...] = (no_tls_guard, active_guard, tls_guard, login_guard, epsv_all_guard)

SETTINGS: dict[Guard, str] = {
    no_tls_guard: "the listener has tls: off",
    active_guard: "data_connections.active is false",
    tls_guard: "the listener has tls: required",
}
"""For the log: the setting that a guard goes by, where its reply does not say it."""
