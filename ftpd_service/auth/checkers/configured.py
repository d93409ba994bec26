"""The accounts of the configuration file as a checker.

An unknown name costs what a known one costs, so that time does not tell which names exist: the password is checked
against the stored password of one of the accounts, and the result thrown away.  Which account that is follows from the
name by a key of this process, so that the same unknown name always costs the same, and unknown names as a whole are
spread over the costs as the accounts are, also where accounts differ in format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from secrets import token_bytes

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpd_service.auth.credentials import HeldName, ISessionCredentials
from ftpd_service.auth.hashing import Candidate, Hashing
from ftpd_service.auth.passwords import is_cheap, verify
from ftpd_service.auth.verified import VerifiedPasswords
from ftpd_service.interfaces import IAccounts
from ftpd_service.runtime.stepping import deferred
from ftpd_service.values import ANONYMOUS, ANONYMOUS_NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """Right passwords of a short while ago, and for how long they are that."""

    passwords: VerifiedPasswords
    seconds: float


@implementer(ICredentialsChecker)
class ConfiguredChecker:
    """Accepts the names that have a stored password, `anonymous` also as ``ftp`` and in any case."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(
        self,
        accounts: IAccounts,
        hashing: Hashing,
        *,
        decoys: Sequence[str] = (),
        key: bytes | None = None,
        recent: Recent | None = None,
    ) -> None:
        """Take the accounts, what checks hashes, and the stored passwords whose cost an unknown name has.

        :param key: of this process, drawn at random where None: which decoy a name gets.
        :param recent: the right passwords of a short while ago, or None to hash each time.
        """
        self._accounts = accounts
        self._hashing = hashing
        self._decoys = tuple(decoys)
        self._key = token_bytes(16) if key is None else key
        self._recent = recent

    def requestAvatarId(self, credentials: IUsernamePassword) -> Deferred[bytes | tuple[()]]:
        """The name of the account, or the failures HeldName (wrong password) and UnauthorizedLogin (not ours).

        Fails with LoginsSaturated where too many passwords wait to be checked.
        """
        return deferred(self._check(credentials))

    async def _check(self, credentials: IUsernamePassword) -> bytes:
        name, stored = await self._find(credentials.username.decode("utf-8", "surrogateescape"))
        if stored is None:
            await self._pretend(credentials)
            raise UnauthorizedLogin("no account of the configuration has this name and a password")
        if not await self._right(name, stored, credentials):
            raise HeldName("wrong password")
        return name.encode("utf-8", "surrogateescape")

    async def _right(self, name: str, stored: str, credentials: IUsernamePassword) -> bool:
        recent, password = self._recent, credentials.password
        if recent is not None and recent.passwords.knows(name, stored, password):
            return True
        right = await self._verified(stored, credentials)
        if right and recent is not None:
            recent.passwords.remember(name, stored, password, recent.seconds)
        return right

    async def _verified(self, stored: str, credentials: IUsernamePassword) -> bool:
        if is_cheap(stored):
            return verify(stored, credentials.password)
        known = ISessionCredentials(credentials, None)
        host = None if known is None else known.peer.host
        guess = Candidate(stored=stored, password=credentials.password, host=host, name=credentials.username)
        return await self._hashing.fits(guess)

    async def _find(self, name: str) -> tuple[str, str | None]:
        """The account's name and its stored password, or None where this checker does not hold the name."""
        stored = await self._accounts.password_hash(name)
        if stored is None and name.lower() in ANONYMOUS_NAMES:
            return ANONYMOUS, await self._accounts.password_hash(ANONYMOUS)
        return name, stored

    async def _pretend(self, credentials: IUsernamePassword) -> None:
        if self._decoys:
            digest = blake2b(credentials.username, key=self._key, digest_size=8).digest()
            decoy = self._decoys[int.from_bytes(digest, "big") % len(self._decoys)]
            await self._verified(decoy, credentials)
