"""Who the client is: USER PASS ACCT REIN QUIT HOST."""

from __future__ import annotations

from ftpd_service.commands.command import Facts, Timing, command, features
from ftpd_service.commands.context import Context
from ftpd_service.errors import BadSequence, LimitReached, LoginRefused, LoginUnavailable
from ftpd_service.events import LoginFailed, LoginSucceeded
from ftpd_service.session.login import Anyone, LoggedIn, Named
from ftpd_service.session.sequence import OneShot
from ftpd_service.values import Password
from ftpd_service.wire import arguments, names, replies
from ftpd_service.wire.paths import display
from ftpd_service.wire.reply import Final


@command(
    arguments.text,
    Facts(
        verb="USER",
        help="<name>",
        source="RFC 959 section 4.1.1; RFC 2577 section 7",
        replies=(331,),
        needs_login=False,
        keeps=OneShot.NONE,
    ),
)
async def user(context: Context, name: str) -> Final:
    """Begin a login: 331 for every name; whoever was logged in is logged out, TYPE and the port stay."""
    context.session.log_out()
    context.session.login = Named(name=name)
    return replies.password_wanted()


@command(
    arguments.optional_text,
    Facts(
        verb="PASS",
        help="<password>",
        source="RFC 959 section 4.1.1; RFC 2577 section 5",
        replies=(230, 421, 503, 530),
        needs_login=False,
        secret=True,
    ),
)
async def password(context: Context, secret: str) -> Final:
    """Finish a login; one guess a USER, and the last failure that a session may have is itself answered 421."""
    session = context.session
    named = session.login
    if not isinstance(named, Named):
        raise BadSequence("Use USER first.")
    session.login = Anyone()
    try:
        account, storage, logout = await context.parts.login.login(
            names.encode(named.name), Password(names.encode(secret)), session.peer
        )
    except (LoginRefused, LoginUnavailable, LimitReached) as error:
        reason = f"{type(error).__name__}: {error}"
        context.emit(LoginFailed(session=session.id, peer=session.peer, name=display(named.name), reason=reason))
        if not isinstance(error, LoginRefused):
            raise
        session.failed_logins += 1
        if session.failed_logins >= session.settings.failed_logins:
            return replies.too_many_logins()
        return replies.login_refused()
    session.login = LoggedIn(account=account, storage=storage, logout=logout)
    context.emit(LoginSucceeded(session=session.id, peer=session.peer, account=account.name))
    return replies.logged_in()


@command(
    arguments.text,
    Facts(
        verb="ACCT",
        help="<account>",
        source="RFC 959 section 4.1.1",
        replies=(202, 503),
        needs_login=False,
        secret=True,
    ),
)
async def account(context: Context, name: str) -> Final:
    """No account is ever asked for here, so one that is given is superfluous."""
    if isinstance(context.session.login, Anyone):
        raise BadSequence("Use USER first.")
    return replies.account_superfluous()


@command(
    arguments.ignored,
    Facts(
        verb="REIN",
        help="",
        source="RFC 959 section 4.1.1",
        replies=(220,),
        needs_login=False,
        keeps=OneShot.NONE,
    ),
)
async def reinitialise(context: Context, argument: None) -> Final:
    """Everything back to how it was right after connecting."""
    await context.data.reset()
    context.session.log_out()
    context.session.reset_parameters()
    return replies.reinitialised(context.session.settings.banner)


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
    """The session ends, after everything that came before."""
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
    """Choose the host that is spoken to, before the login; a new choice forgets the USER that was given."""
    session = context.session
    if isinstance(session.login, LoggedIn):
        raise BadSequence("HOST comes before the login.")
    literals = {str(session.peer.local_address), f"[{session.peer.local_address}]"}
    if name not in session.settings.host_names and name not in literals:
        return replies.host_unknown()
    session.login = Anyone()
    session.host = name
    return replies.host_selected(session.settings.banner)


COMMANDS = (user, password, account, reinitialise, quit_, host)
