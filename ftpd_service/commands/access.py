"""Logins: USER PASS ACCT REIN QUIT HOST."""

from __future__ import annotations

from collections.abc import Awaitable

from ftpd_service.account import Account, LiveAccount
from ftpd_service.commands.command import Facts, Timing, command, features
from ftpd_service.commands.context import Context
from ftpd_service.errors import (
    BadSequence,
    FtpdError,
    LimitReached,
    LoginError,
    LoginRefused,
    LoginUnavailable,
    TlsRequired,
)
from ftpd_service.events import LoginFailed, LoginSucceeded
from ftpd_service.interfaces import IStorage
from ftpd_service.login_interfaces import LogoutOf
from ftpd_service.reasons import LoginOutcome
from ftpd_service.session.identity import Anyone, LoggedIn, LoginFailure, Named
from ftpd_service.session.sequence import OneShot
from ftpd_service.session.settings import ListenerTls
from ftpd_service.values import Password
from ftpd_service.wire import arguments, names, replies
from ftpd_service.wire.reply import Final

Granted = tuple[LiveAccount, IStorage, LogoutOf]
"""The result of a login: see `ILogin`."""


@command(
    arguments.text,
    Facts(
        verb="USER",
        help="<name>",
        source="RFC 959 section 4.1.1; RFC 2577 section 7",
        replies=(232, 331, 421, 530),
        needs_login=False,
        names_account=True,
        keeps=OneShot.NONE,
    ),
)
async def user(context: Context, name: str) -> Final:
    """Begin a login: 331 for every name.  An earlier login ends; TYPE and the port stay.

    A client whose certificate names this account is logged in by it, 232 (RFC 2228 section 5; RFC 4217 section 10).
    """
    session = context.session
    context.log_out()
    _judge_data_for(context, None)
    tls = context.parts.tls
    if session.peer.secure and tls is not None and context.parts.certificate_counts and tls.client_name() == name:
        failed = _failure_of(context, name)
        attempt = context.parts.login.login_certified(names.encode(name), session.peer, failed=failed)
        return await _logged_in(context, attempt, failed, replies.logged_in_by_certificate())
    session.login = Named(name=name)
    return replies.password_wanted()


def _failure_of(context: Context, name: str) -> LoginFailure:
    """Return a function that emits the reason why a login failed."""
    session = context.session

    def failed(error: FtpdError) -> None:
        outcome, checker = LoginOutcome.UNAVAILABLE, ""
        if isinstance(error, LoginError):
            outcome, checker = error.outcome, error.checker
        elif isinstance(error, LimitReached):
            outcome = LoginOutcome.LIMIT
        context.emit(
            LoginFailed(
                session=session.id,
                peer=session.peer,
                name=name,
                reason=f"{type(error).__name__}: {error}",
                wrong=isinstance(error, LoginRefused),
                outcome=outcome,
                checker=checker,
            )
        )

    return failed


async def _logged_in(context: Context, attempt: Awaitable[Granted], failed: LoginFailure, success: Final) -> Final:
    """Finish a login, by any proof; the last failure that a session may have is itself answered 421.

    :raises LoginUnavailable: or LimitReached.
    """
    session = context.session
    try:
        live, storage, logout = await attempt
    except LoginRefused:
        session.failed_logins += 1
        if session.failed_logins >= session.settings.failed_logins:
            return replies.too_many_logins()
        return replies.login_refused()
    account = live.account
    if live.ended:
        logout()
        raise LoginUnavailable(f"account {account.name} has ended: {live.ended}")
    if account.needs_tls and not session.peer.secure:
        logout()
        refused = TlsRequired(f"account {account.name} needs TLS")
        failed(refused)
        raise refused
    session.log_in(LoggedIn(live=live, storage=storage, logout=logout))
    _judge_data_for(context, account)
    context.emit(LoginSucceeded(session=session.id, peer=session.peer, account=account.name, checker=logout.checker))
    return success


def _judge_data_for(context: Context, account: Account | None) -> None:
    """Tell TLS whose the data connections are from now on, as its rules depend on the account."""
    tls = context.parts.tls
    if tls is None:
        return
    tls.belongs_to(account)
    if context.session.data_protected:
        # A connection that shook hands before its command was judged for another account: it goes, and PROT P stays.
        context.data.protect(False)
        context.data.protect(True)


async def _in_clear(context: Context, name: str, failed: LoginFailure) -> None:
    """Decide whether a password may come in clear, alike for names that exist or not (RFC 2577).

    :raises TlsRequired: it may not.
    :raises LoginUnavailable: nothing is known about the name.
    """
    session = context.session
    if session.peer.secure:
        return
    reason = ""
    if session.settings.tls_networks.demand(session.peer.address):
        reason = "tls.required_from: the password was not checked"
    elif await context.parts.login.needs_tls(names.encode(name)):
        reason = "the password was not checked"
    if reason:
        refused = TlsRequired(reason)
        failed(refused)
        raise refused


@command(
    arguments.optional_text,
    Facts(
        verb="PASS",
        help="<password>",
        source="RFC 959 section 4.1.1; RFC 2577 section 5",
        replies=(230, 421, 503, 530),
        needs_login=False,
        names_account=True,
        secret=True,
    ),
)
async def password(context: Context, secret: str) -> Final:
    """Finish a login: one guess for each USER; the last failure that a session may have is itself answered 421."""
    session = context.session
    named = session.login
    if not isinstance(named, Named):
        raise BadSequence("Use USER first.")
    session.login = Anyone()
    failed = _failure_of(context, named.name)
    await _in_clear(context, named.name, failed)
    attempt = context.parts.login.login(
        names.encode(named.name), Password(names.encode(secret)), session.peer, failed=failed, session=session.id
    )
    return await _logged_in(context, attempt, failed, replies.logged_in())


@command(
    arguments.text,
    Facts(
        verb="ACCT",
        help="<account>",
        source="RFC 959 section 4.1.1",
        replies=(202, 503),
        needs_login=False,
        names_account=True,
        secret=True,
    ),
)
async def account(context: Context, name: str) -> Final:
    """Answer that no account is needed, as a login never asks for an account."""
    if isinstance(context.session.login, Anyone):
        raise BadSequence("Use USER first.")
    return replies.account_superfluous()


@command(
    arguments.ignored,
    Facts(
        verb="REIN",
        help="",
        source="RFC 959 section 4.1.1; RFC 4217 section 13",
        replies=(220,),
        needs_login=False,
        ends_tls=True,
        keeps=OneShot.NONE,
    ),
)
async def reinitialise(context: Context, argument: None) -> Final:
    """Reset the session to the state after connecting: TLS ends, unless the listener begins with it."""
    session, tls = context.session, context.parts.tls
    await context.data.reset()
    stays = session.peer.secure and session.settings.tls is ListenerTls.IMPLICIT
    if tls is not None and not stays:
        tls.begin_anew()
    context.log_out()
    session.reset_parameters()
    if stays:
        session.data_protected = True
        context.data.protect(True)
    elif session.peer.secure:
        return replies.reinitialised_in_clear(session.settings.banner)
    return replies.reinitialised(session.settings.banner)


def _remembered(argument: str) -> Timing:
    return Timing.REMEMBERED


@command(
    arguments.ignored,
    Facts(
        verb="QUIT",
        help="",
        source="RFC 959 section 4.1.1",
        replies=(221,),
        needs_login=False,
        timing=_remembered,
    ),
)
async def quit_(context: Context, argument: None) -> Final:
    """End the session, after all commands that came before."""
    return replies.goodbye()


@command(
    arguments.host_name,
    Facts(
        verb="HOST",
        help="<host name>",
        source="RFC 7151",
        replies=(220, 503, 504),
        needs_login=False,
        features=features("HOST"),
    ),
)
async def host(context: Context, name: str) -> Final:
    """Choose the host, before the login; a new choice forgets an earlier USER."""
    session = context.session
    if isinstance(session.login, LoggedIn):
        raise BadSequence("HOST comes before the login.")
    literals = {str(session.peer.local_address), f"[{session.peer.local_address}]"}
    tls = context.parts.tls
    known = name in session.settings.host_names or name in literals or (tls is not None and tls.serves(name))
    if not known or (tls is not None and not tls.agrees(name)):
        return replies.host_unknown()
    if tls is not None:
        tls.prefer(name)
    session.login = Anyone()
    session.host = name
    return replies.host_selected(session.settings.banner)


COMMANDS = (user, password, account, reinitialise, quit_, host)
