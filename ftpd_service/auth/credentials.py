"""The credentials and results of checkers beyond Twisted's own.

`ISessionCredentials` is not in ``interfaces.py`` because it extends an interface of Twisted, and `IStorageProvider` is
not there because only checkers provide it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from zope.interface import Attribute, Interface, implementer

from ftpd_service.account import AccountSettings
from ftpd_service.values import Peer


class ISessionCredentials(IUsernamePassword):
    """A name and a password, with the control connection on which they arrived.

    A checker that names this interface in its `credentialInterfaces` may rely on `peer`; a checker that names
    `IUsernamePassword` gets the same object.
    """

    peer: Peer = Attribute("The two ends of the control connection; `peer.secure` tells whether TLS is active.")
    session: str = Attribute("The session's id in the log.")


class IStorageProvider(Interface):
    """An optional interface of a checker that also knows where the files of its accounts are.

    It is asked only for logins that the same checker accepted.
    """

    def storage_for(account: str) -> object:
        """Return the files of an account by its avatar id: a new IStorage, or a `twisted.protocols.ftp.IFTPShell`.

        The result may be a Deferred or a coroutine.  None means the home of the configuration.  If the result has a
        method `logout`, it is called exactly once, when the session ends or is abandoned.
        """


class Accepted(bytes):
    """An avatar id with settings for its account, which go before those of the configuration.

    :ivar settings: the settings that the checker has answered.
    """

    settings: AccountSettings | None = None

    def __new__(cls, name: bytes, settings: AccountSettings | None = None) -> Accepted:
        """Make an avatar id."""
        made = super().__new__(cls, name)
        made.settings = settings
        return made


class IKnowsNames(Interface):
    """An optional interface of a checker that can tell without a password which names are its own.

    It is asked in place of the password if a later checker has accepted the same login a short while ago.
    """

    async def knows(name: bytes) -> bool:
        """Return whether the checker would refuse a wrong password of this name for good, by HeldName."""


class ILastingChecker(Interface):
    """An optional interface of a checker that holds something open, such as connections or processes.

    A reload that leaves its entry as it was keeps the checker; all other checkers are made anew.
    """

    def end() -> object:
        """Close everything; called once, after the entry has gone or the service has stopped.

        The result may be a Deferred or a coroutine.  Questions that are still open fail with LoginUnavailable.
        """


class RefusedBy(UnauthorizedLogin):
    """The checkers refuse a login.

    :ivar checker: see `ftpd_service.errors.LoginError.checker`.
    """

    def __init__(self, text: str, *, checker: str) -> None:
        super().__init__(text)
        self.checker = checker


class HeldName(UnauthorizedLogin):
    """The checker knows this name and the password is wrong, so no other checker is asked."""


@implementer(ISessionCredentials)
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SessionCredentials:
    """The name and the password as the client sent them, in bytes."""

    username: bytes
    password: bytes = field(repr=False)
    peer: Peer
    session: str = ""
    _at_success: list[Callable[[], None]] = field(default_factory=list, repr=False)

    def logged_in(self) -> None:
        """Call what waits for the success of this login."""
        for act in self._at_success:
            act()

    def at_success(self, act: Callable[[], None]) -> None:
        """Call a function when the login has succeeded."""
        self._at_success.append(act)

    def checkPassword(self, password: bytes) -> bool:
        """Return whether this is the password, in a time that does not depend on the matching part."""
        return hmac.compare_digest(self.password, password)


def once_logged_in(credentials: IUsernamePassword, act: Callable[[], None]) -> None:
    """Call a function when the login has succeeded; at once for credentials of another package.

    A right password may still be refused, by a code or by the account's networks.  If it were remembered then, the next
    refusal would come sooner than that of a wrong password, and tell a stranger that the password is right.
    """
    if isinstance(credentials, SessionCredentials):
        credentials.at_success(act)
    else:
        act()
