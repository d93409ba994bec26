"""ILogin over a cred Portal: the order of password checks, the delays of failures, and the caps of accounts.

The check of a password always runs to its end, even if its client leaves.  Otherwise a client that resets the
connection would never meet the delay of its failures.  ``policy/guesses.py`` has the rules.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import Portal
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from zope.interface import implementer

from ftpd_service.account import Account, LiveAccount
from ftpd_service.auth.ban_keeper import BanKeeper
from ftpd_service.auth.credentials import RefusedBy, SessionCredentials
from ftpd_service.auth.realm import Attached, Avatar, Logout, Realm
from ftpd_service.auth.sources import Sources
from ftpd_service.auth.waiting import left_alone
from ftpd_service.errors import FtpdError, LimitReached, LoginError, LoginRefused, LoginUnavailable
from ftpd_service.interfaces import IStorage, Now
from ftpd_service.login_interfaces import ILogin, LogoutOf
from ftpd_service.policy.connections import AccountSessions
from ftpd_service.policy.guesses import Guess, Guesses
from ftpd_service.reasons import LoginOutcome
from ftpd_service.runtime.abandonable import abandonable
from ftpd_service.runtime.stepping import deferred
from ftpd_service.session.identity import LoginFailure
from ftpd_service.values import Password, Peer

Granted = tuple[LiveAccount, IStorage, LogoutOf]
_Answer = tuple[LiveAccount, IStorage, Logout, str]
"""An answer of the Portal, with the checker that accepted (`ftpd_service.errors.LoginError.checker`)."""
BY_CERTIFICATE = "certificate"
"""Stands for the checker of a login that a client's certificate has proved."""

Ask = Callable[[Portal, Attached], Deferred[Avatar]]
"""The call of a Portal, which writes the account on the attached object."""


@implementer(ILogin)
class Login:
    """The logins of all sessions, also of sessions from earlier configurations, through a Portal.

    :param unrecorded: returns the reason why a login could not be recorded now, so that nobody logs in, or "".
    """

    def __init__(
        self,
        portal: Portal,
        *,
        guesses: Guesses,
        account_sessions: AccountSessions,
        clock: IReactorTime,
        now: Now,
        bans: BanKeeper | None = None,
        unrecorded: Callable[[], str] = str,
    ) -> None:
        self._portal = portal
        self._guesses = guesses
        self._account_sessions = account_sessions
        self._clock = clock
        self._now = now
        self._bans = bans
        self._unrecorded = unrecorded
        self._waiting: dict[Guess, Deferred[None]] = {}
        self._delays: set[Deferred[object]] = set()

    def use(self, portal: Portal) -> None:
        """Use a new Portal from now on, also for passwords that wait."""
        self._portal = portal

    def end(self) -> None:
        """End the running delays, so that a stopping service leaves no timer on the reactor."""
        for delay in list(self._delays):
            delay.cancel()

    async def needs_tls(self, name: bytes) -> bool:
        """See `ILogin.needs_tls`: the answer of the configuration in force."""
        return await sources_of(self._portal).needs_tls(name.decode("utf-8", "surrogateescape"))

    async def login(
        self, name: bytes, password: Password, peer: Peer, *, failed: LoginFailure, session: str = ""
    ) -> Granted:
        """Return the account, its storage, and a logout, which may be called twice and acts once.

        Cancelling ends the call at once.  The check of the password continues, and an avatar that arrives is logged
        out.

        :raises LoginRefused: after the delay; the text is for the log.
        :raises LoginUnavailable: at once, and no failure is counted.
        :raises LimitReached: the account's cap on sessions.
        """
        self._refuse_unrecorded(failed)
        credentials = SessionCredentials(username=name, password=password.reveal(), peer=peer, session=session)

        def ask(portal: Portal, attached: Attached) -> Deferred[Avatar]:
            answer: Deferred[Avatar] = portal.login(credentials, attached, IStorage)
            return answer

        guess = self._guesses.arrive(peer.host, name, self._now())
        if not guess.admitted:
            await self._admitted(guess, failed)

        def client_has_left(late: _Answer) -> None:
            late[2]()
            failed(LoginUnavailable("the password was right, and the client had left", outcome=LoginOutcome.LEFT))

        judged = deferred(self._judged(guess, peer, ask, failed))
        granted = await left_alone(judged, discard=client_has_left)
        credentials.logged_in()
        return self._entered(granted, failed, granted[3])

    async def login_certified(self, name: bytes, peer: Peer, *, failed: LoginFailure) -> Granted:
        """Log in to a name that a certificate has proved: no checker is asked, and there is no delay.

        :raises LoginRefused: there is no such account, or it has no home.
        :raises LoginUnavailable: the login could not be recorded.
        """
        self._refuse_unrecorded(failed)

        def ask(portal: Portal, attached: Attached) -> Deferred[Avatar]:
            return Deferred.fromCoroutine(_certified(portal, name, attached))

        try:
            granted = await self._answer(ask, peer)
        except (UnauthorizedLogin, LoginRefused) as problem:
            refused = _refused(problem)
            failed(refused)
            await deferLater(self._clock, self._guesses.failures.failed(peer.host, name, self._now()))
            raise refused from problem
        return self._entered(granted, failed, BY_CERTIFICATE)

    def _refuse_unrecorded(self, failed: LoginFailure) -> None:
        reason = self._unrecorded()
        if reason:
            problem = LoginUnavailable(reason)
            failed(problem)
            raise problem

    async def _admitted(self, guess: Guess, failed: LoginFailure) -> None:
        """Wait until the password may be checked."""
        self._waiting[guess] = Deferred()
        try:
            await self._waiting[guess]
        except CancelledError:
            failed(LoginRefused("the client left before the password was checked", outcome=LoginOutcome.LEFT))
            self._begin(self._guesses.given_up(guess, self._now()))
            raise
        finally:
            del self._waiting[guess]

    def _begin(self, admitted: list[Guess]) -> None:
        for guess in admitted:
            # This runs in a separate turn of the reactor: if answers are there at once, each would start the next
            # inside itself.
            self._clock.callLater(0, self._wake, guess)

    def _wake(self, guess: Guess) -> None:
        waiting = self._waiting.get(guess)
        # The client may have left in the meantime.
        if waiting is not None and not waiting.called:
            waiting.callback(None)

    async def _judged(self, guess: Guess, peer: Peer, ask: Ask, failed: LoginFailure) -> _Answer:
        """Check a guess and wait out its delay.  This is never cancelled, so the slot is occupied to the end."""
        barred = None if self._bans is None else self._bans.barred(peer, guess.name, known=guess.known)
        try:
            if barred is not None:
                raise LoginRefused(f"{barred}: the password was not checked", outcome=LoginOutcome.BANNED)
            granted = await self._answer(ask, peer)
        except (UnauthorizedLogin, LoginRefused) as problem:
            refused = _refused(problem)
            failed(refused)
            if self._bans is not None and barred is None:
                self._bans.failed(peer, guess.name)
            # A right password without a home waits too, so that the answer looks like that to a wrong password.
            await self._delayed(self._guesses.failed(guess, self._now()))
            raise refused from problem
        except FtpdError as problem:
            failed(problem)
            raise
        else:
            self._guesses.succeeded(guess, self._now())
            return granted
        finally:
            self._begin(self._guesses.over(guess, self._now()))

    async def _delayed(self, seconds: float) -> None:
        """Wait for a delay."""
        delay: Deferred[object] = deferLater(self._clock, seconds)
        self._delays.add(delay)
        try:
            await delay
        except CancelledError:
            # Only `end` cancels it, and the login stays failed.
            return
        finally:
            self._delays.discard(delay)

    async def _answer(self, ask: Ask, peer: Peer) -> _Answer:
        """Return the answer of the Portal in force; after a reload meanwhile, the answer of the new Portal."""
        while True:
            portal, attached = self._portal, Attached(peer)
            try:
                _, avatar, logout = await abandonable(ask(portal, attached), discard=lambda late: late[2]())
            except (UnauthorizedLogin, FtpdError) as problem:
                if isinstance(problem, LoginError):
                    problem.checker = problem.checker or attached.checker
                if portal is self._portal:
                    raise
                continue
            if portal is self._portal:
                break
            logout()
        if attached.live is None:
            logout()
            raise LoginUnavailable("the realm named no account")
        return attached.live, IStorage(avatar), logout, attached.checker

    def _entered(self, granted: _Answer, failed: LoginFailure, checker: str) -> Granted:
        """Count a session of the account; the returned logout ends the count."""
        live, storage, logout, _ = granted
        account = live.account
        try:
            self._account_sessions.enter(account)
        except LimitReached as problem:
            logout()
            failed(problem)
            raise
        return live, storage, Leave(self._account_sessions, account, logout, checker=checker)


class Leave:
    """The logout of a session, which acts once; a closure would take four times its memory."""

    __slots__ = ("_account", "_logout", "_sessions", "checker")

    def __init__(self, sessions: AccountSessions, account: Account, logout: Logout, *, checker: str = "") -> None:
        self._sessions = sessions
        self._account = account
        self._logout: Logout | None = logout
        self.checker = checker

    def __call__(self) -> None:
        logout, self._logout = self._logout, None
        if logout is not None:
            self._sessions.leave(self._account)
            logout()


def sources_of(portal: Portal) -> Sources:
    """Return the accounts behind a Portal.

    :raises LoginUnavailable: its realm is not ours.
    """
    if not isinstance(portal.realm, Realm):
        raise LoginUnavailable("the realm has no accounts")
    return portal.realm.sources


def _refused(problem: UnauthorizedLogin | LoginRefused) -> LoginRefused:
    """Return the refusal of a login for the session; all that checkers refuse is a wrong name or password."""
    if isinstance(problem, LoginRefused):
        return LoginRefused(str(problem), outcome=problem.outcome, checker=problem.checker)
    checker = problem.checker if isinstance(problem, RefusedBy) else ""
    return LoginRefused(str(problem), outcome=LoginOutcome.WRONG, checker=checker)


async def _certified(portal: Portal, name: bytes, attached: Attached) -> Avatar:
    answer: Deferred[Avatar] | Avatar = portal.realm.requestAvatar(name, attached, IStorage)
    return await answer if isinstance(answer, Deferred) else answer
