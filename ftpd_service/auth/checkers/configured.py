"""The checker of accounts with stored passwords, those of the configuration file or of the database.

An unknown name costs as much as a known name, so that response times do not reveal which names exist: the password is
checked against the stored password of some account, and the result is discarded.  A key of this process maps the name
to that account.  So the same unknown name always costs the same, and the costs of unknown names are distributed like
those of the accounts, even if the accounts' formats differ.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from secrets import token_bytes

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.account import Account
from ftpd_service.auth.checker_parts import FoundChecker
from ftpd_service.auth.credentials import HeldName, IKnowsNames, ISessionCredentials, once_logged_in
from ftpd_service.auth.hashing import Candidate, Hashing
from ftpd_service.auth.passwords import is_cheap, verify
from ftpd_service.auth.settings import AccountsChecker, DatabaseChecker
from ftpd_service.auth.verified import VerifiedPasswords
from ftpd_service.login_interfaces import IAccounts, IPasswords
from ftpd_service.runtime.stepping import deferred
from ftpd_service.values import ANONYMOUS, ANONYMOUS_NAMES

_log = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """The cache of recently verified passwords, and the time for which its entries hold."""

    passwords: VerifiedPasswords
    seconds: float


def find_accounts(settings: AccountsChecker) -> FoundChecker:
    """Return the checker of the accounts in the file, which the graph makes."""
    return FoundChecker(
        name=settings.kind, settings=settings, make=lambda parts: parts.accounts(parts.own_seconds(settings))
    )


def find_database(settings: DatabaseChecker) -> FoundChecker:
    """Return the checker of the accounts in the database, which the graph makes."""
    return FoundChecker(
        name=settings.kind, settings=settings, make=lambda parts: parts.database(parts.own_seconds(settings))
    )


@implementer(ICredentialsChecker, IAccounts, IKnowsNames)
class ConfiguredChecker:
    """The checker of names with a stored password, which provides their accounts.

    `anonymous` also matches ``ftp``, in upper or lower case.  An account with a malformed stored password is refused as
    if its password were wrong, and the log says so.
    """

    credentialInterfaces = (IUsernamePassword,)

    def __init__(
        self,
        accounts: IAccounts,
        hashing: Hashing,
        *,
        passwords: IPasswords | None = None,
        key: bytes | None = None,
        recent: Recent | None = None,
    ) -> None:
        """Take the accounts and the queue of hashes.

        :param passwords: the stored passwords; None means that `accounts` has them.
        :param key: a key of this process that chooses the decoy of a name; None means a random key.
        :param recent: the cache of recently verified passwords, or None to hash each time.
        """
        self._accounts = accounts
        self._hashing = hashing
        self._passwords = IPasswords(accounts) if passwords is None else passwords
        self._key = token_bytes(16) if key is None else key
        self._recent = recent

    def requestAvatarId(self, credentials: IUsernamePassword) -> Deferred[bytes | tuple[()]]:
        """Return the name of the account, or fail with HeldName (wrong password) or UnauthorizedLogin (unknown name).

        The Deferred fails with LoginsSaturated if the queue of password checks is full.
        """
        return deferred(self._check(credentials))

    async def account(self, name: str) -> Account | None:
        """See `IAccounts.account`."""
        return await self._accounts.account(name)

    async def needs_tls(self, name: str) -> bool | None:
        """See `IAccounts.needs_tls`."""
        return await self._accounts.needs_tls(name)

    async def some_need_tls(self) -> bool:
        """See `IAccounts.some_need_tls`."""
        return await self._accounts.some_need_tls()

    async def knows(self, name: bytes) -> bool:
        """Return whether an account has this name and a password."""
        return (await self._find(name.decode("utf-8", "surrogateescape")))[1] is not None

    async def _check(self, credentials: IUsernamePassword) -> bytes:
        name, stored = await self._find(credentials.username.decode("utf-8", "surrogateescape"))
        if stored is None:
            await self._pretend(credentials)
            raise UnauthorizedLogin("no account has this name and a password")
        if not await self._right(name, stored, credentials):
            raise HeldName("wrong password")
        return name.encode("utf-8", "surrogateescape")

    async def _right(self, name: str, stored: str, credentials: IUsernamePassword) -> bool:
        recent, password = self._recent, credentials.password
        if is_cheap(stored):
            # Anybody may send many right passwords to `any`: they would drive others out of the cache.
            return verify(stored, password)
        client = _client(credentials)
        if recent is not None and recent.passwords.knows(name, stored, password, client):
            return True
        try:
            right = await self._verified(stored, credentials)
        except ValueError as problem:
            # The checker works: a failure would count for its breaker, and lock all other accounts out.
            _log.error(
                "the stored password of {account} cannot be used, set it again: {problem}",
                account=repr(name),
                problem=str(problem),
            )
            return False
        if right and recent is not None:
            remember = partial(recent.passwords.remember, name, stored, password, client, recent.seconds)
            once_logged_in(credentials, remember)
        return right

    async def _verified(self, stored: str, credentials: IUsernamePassword) -> bool:
        known = ISessionCredentials(credentials, None)
        host = None if known is None else known.peer.host
        guess = Candidate(stored=stored, password=credentials.password, host=host, name=credentials.username)
        return await self._hashing.fits(guess)

    async def _find(self, name: str) -> tuple[str, str | None]:
        """Return the account's name and its stored password, or None if this checker does not know the name."""
        stored = await self._passwords.stored(name)
        if stored is None and name.lower() in ANONYMOUS_NAMES:
            return ANONYMOUS, await self._passwords.stored(ANONYMOUS)
        return name, stored

    async def _pretend(self, credentials: IUsernamePassword) -> None:
        decoys = self._passwords.decoys()
        if decoys:
            digest = blake2b(credentials.username, key=self._key, digest_size=8).digest()
            decoy = decoys[int.from_bytes(digest, "big") % len(decoys)]
            if not is_cheap(decoy):
                # A decoy may be malformed, as the database has passwords that nobody checked.
                with suppress(ValueError):
                    await self._verified(decoy, credentials)


def _client(credentials: IUsernamePassword) -> bytes:
    """Return the address of the client, or nothing for credentials of another package."""
    known = ISessionCredentials(credentials, None)
    return b"" if known is None else str(known.peer.address).encode()
