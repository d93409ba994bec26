"""ILogin over a cred Portal: the bridge from Deferreds to coroutines, the delay after a failure, the account's cap."""

from __future__ import annotations

from collections.abc import Callable

from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import Portal
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from zope.interface import implementer

from ftpd_service.auth.credentials import SessionCredentials
from ftpd_service.auth.realm import Attached, Avatar, Logout
from ftpd_service.auth.waiting import abandonable
from ftpd_service.errors import LimitReached, LoginRefused, LoginUnavailable
from ftpd_service.interfaces import ILogin, IStorage, Now
from ftpd_service.policy.connections import AccountSessions
from ftpd_service.policy.logins import FailedLogins
from ftpd_service.values import Account, Password, Peer


@implementer(ILogin)
class Login:
    """Asks a Portal who the client is; one object serves all sessions.

    Cancelling a login cancels the checker and ends at once.  An avatar that arrives afterwards is logged out.
    """

    def __init__(
        self,
        portal: Portal,
        *,
        failures: FailedLogins,
        account_sessions: AccountSessions,
        clock: IReactorTime,
        now: Now,
    ) -> None:
        self._portal = portal
        self._failures = failures
        self._account_sessions = account_sessions
        self._clock = clock
        self._now = now

    async def login(self, name: bytes, password: Password, peer: Peer) -> tuple[Account, IStorage, Callable[[], None]]:
        """The account, its storage, and a logout, which may be called twice and acts once.

        :raises LoginRefused: after the delay that is due; the text is for the log.
        :raises LoginUnavailable: at once, and nothing is counted.
        :raises LimitReached: the account's cap on sessions.
        """
        credentials = SessionCredentials(username=name, password=password.reveal(), peer=peer)
        attached = Attached(peer)
        return await self._granted(name, peer, attached, self._portal.login(credentials, attached, IStorage))

    async def login_certified(self, name: bytes, peer: Peer) -> tuple[Account, IStorage, Callable[[], None]]:
        """The same for a name that a certificate has proved: no checker is asked.

        :raises LoginRefused: there is no such account, or it has no home.
        """
        attached = Attached(peer)
        attempt = Deferred.fromCoroutine(self._certified(name, attached))
        return await self._granted(name, peer, attached, attempt)

    async def _certified(self, name: bytes, attached: Attached) -> Avatar:
        answer: Deferred[Avatar] | Avatar = self._portal.realm.requestAvatar(name, attached, IStorage)
        return await answer if isinstance(answer, Deferred) else answer

    async def _granted(
        self, name: bytes, peer: Peer, attached: Attached, attempt: Deferred[Avatar]
    ) -> tuple[Account, IStorage, Callable[[], None]]:
        try:
            account, storage, logout = await self._answer(attached, attempt)
        except (UnauthorizedLogin, LoginRefused) as problem:
            # A right password without a home waits too: the answer must not tell it from a wrong one.
            await deferLater(self._clock, self._failures.failed(peer.host, name, self._now()))
            raise LoginRefused(str(problem)) from problem
        self._failures.succeeded(peer.host, name)
        try:
            self._account_sessions.enter(account.name, account.sessions)
        except LimitReached:
            logout()
            raise
        return account, storage, self._leaving(account, logout)

    async def _answer(self, attached: Attached, attempt: Deferred[Avatar]) -> tuple[Account, IStorage, Logout]:
        _, avatar, logout = await abandonable(attempt, discard=lambda late: late[2]())
        if attached.account is None:
            logout()
            raise LoginUnavailable("the realm named no account")
        return attached.account, IStorage(avatar), logout

    def _leaving(self, account: Account, logout: Logout) -> Logout:
        left = False

        def leave() -> None:
            nonlocal left
            if left:
                return
            left = True
            self._account_sessions.leave(account.name)
            logout()

        return leave
