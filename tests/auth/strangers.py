"""Checkers and other parties that behave as strangers' do, for the tests of logins."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from zope.interface import implementer

from ftpd_service.account import Account, AccountSettings
from ftpd_service.auth.credentials import IStorageProvider, SessionCredentials
from ftpd_service.auth.ordered import CheckerEntry
from ftpd_service.auth.sources import Sources
from ftpd_service.login_interfaces import IAccounts
from ftpd_service.values import Peer
from tests.cases import SynchronousTestCase

PEER = Peer(
    address=ip_address("192.0.2.1"), port=40000, local_address=ip_address("192.0.2.9"), local_port=21, secure=True
)
OTHER_PEER = Peer(
    address=ip_address("192.0.2.2"), port=40000, local_address=ip_address("192.0.2.9"), local_port=21, secure=False
)


def credentials(name: bytes = b"alice", password: bytes = b"hunter2") -> SessionCredentials:
    """A name and a password from PEER."""
    return SessionCredentials(username=name, password=password, peer=PEER)


@implementer(ICredentialsChecker)
class Answering:
    """A checker that calls a function and counts how often it was asked."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, answer: Callable[[], object]) -> None:
        self.asked = 0
        self._answer = answer

    def requestAvatarId(self, credentials: object) -> Deferred[bytes | tuple[()]]:
        """Whatever the function gives or raises."""
        self.asked += 1
        # A stranger's checker is not typed: what it answers is the point of the tests.
        return self._answer()  # type: ignore[return-value]


@implementer(ICredentialsChecker, IStorageProvider)
class Providing:
    """A checker that accepts everybody and knows where the files are."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, answer: Callable[[str], object]) -> None:
        self._answer = answer

    def requestAvatarId(self, credentials: IUsernamePassword) -> Deferred[bytes | tuple[()]]:
        """The name that was typed."""
        accepted: Deferred[bytes | tuple[()]] = Deferred()
        accepted.callback(credentials.username)
        return accepted

    def storage_for(self, account: str) -> object:
        """Whatever the function gives or raises."""
        return self._answer(account)


def raising(problem: Exception) -> Callable[[], object]:
    """A function that raises."""

    def call() -> object:
        raise problem

    return call


def entry_of(checker: ICredentialsChecker, *, final: bool = False, name: str = "stranger") -> CheckerEntry:
    """A checker as the configuration would have it, with ten seconds to answer."""
    return CheckerEntry(name=name, checker=checker, timeout_seconds=10.0, final=final)


@implementer(IAccounts)
class Known:
    """Accounts with a cap each."""

    def __init__(self, **sessions: int | None) -> None:
        self._sessions = sessions

    async def account(self, name: str) -> Account | None:
        """The account, where its name was given."""
        return Account(name=name, sessions=self._sessions[name]) if name in self._sessions else None

    async def needs_tls(self, name: str) -> bool | None:
        """No account needs TLS."""
        return False if name in self._sessions else None

    async def some_need_tls(self) -> bool:
        """None does."""
        return False

    def otherwise(self, name: str, answered: AccountSettings | None) -> Account | None:
        """The account, where its name was given."""
        return Account(name=name, sessions=self._sessions[name]) if name in self._sessions else None


def known(clock: Clock, **sessions: int | None) -> Sources:
    """The sources of `Known` alone."""
    accounts = Known(**sessions)
    return Sources(accounts, accounts.otherwise, (), clock)


@implementer(ILogObserver)
class Log:
    """Everything that is logged while a test runs."""

    def __init__(self, test: SynchronousTestCase) -> None:
        self.events: list[LogEvent] = []
        globalLogPublisher.addObserver(self)
        test.addCleanup(globalLogPublisher.removeObserver, self)

    def __call__(self, event: LogEvent) -> None:
        self.events.append(event)

    def text(self) -> str:
        """The messages, each with all its fields."""
        return "\n".join(f"{formatEvent(event)} {event}" for event in self.events)
