"""What a checker is given, and may answer, beyond Twisted's own.

`ISessionCredentials` stands here and not in ``interfaces.py`` because it extends an interface of Twisted's, and
`IStorageProvider` because only what extends a checker provides it.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from zope.interface import Attribute, Interface, implementer

from ftpd_service.values import Peer


class ISessionCredentials(IUsernamePassword):
    """A name and a password with the control connection that they came by.

    A checker that names this interface in its `credentialInterfaces` may rely on `peer`; one that names
    `IUsernamePassword` gets the same object.
    """

    peer: Peer = Attribute("The two ends of the control connection; `peer.secure` tells whether TLS is active.")


class IStorageProvider(Interface):
    """Optional, beside a checker's ICredentialsChecker: it also knows where the files of its accounts are.

    Asked only for logins that this very checker accepted.
    """

    def storage_for(account: str) -> object:
        """The files of an account by its avatar id: a new IStorage, or a `twisted.protocols.ftp.IFTPShell`.

        The answer may be a Deferred or a coroutine.  None means the home of the configuration.  Where the answer has
        a method `logout`, it is called exactly once, when the session ends or is given up.
        """


class HeldName(UnauthorizedLogin):
    """The checker holds this name and the password is wrong: no other checker is asked."""


@implementer(ISessionCredentials)
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SessionCredentials:
    """Name and password as the client sent them, in bytes."""

    username: bytes
    password: bytes = field(repr=False)
    peer: Peer

    def checkPassword(self, password: bytes) -> bool:
        """Whether this is the password; the time does not tell how much of it fits."""
        return hmac.compare_digest(self.password, password)
