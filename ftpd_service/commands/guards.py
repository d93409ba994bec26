"""What is asked before the argument is parsed: known, enabled, logged in, not forbidden by EPSV ALL.

An ordered tuple of functions; the first one that gives a Final ends the command.  A running transfer is no reason to
refuse (verbs wait), and permissions are the storage's alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ftpd_service.commands.command import Command
from ftpd_service.commands.context import Context
from ftpd_service.session.login import LoggedIn
from ftpd_service.wire import replies
from ftpd_service.wire.reply import Final
from ftpd_service.wire.request import Request

AnyCommand = Command[Any]  # Any: a table holds verbs of every argument type
Guard = Callable[[Context, AnyCommand, Request], Final | None]


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


GUARDS: tuple[Guard, ...] = (login_guard, epsv_all_guard)
