"""The one-time codes of accounts with a `totp_file` (RFC 6238): six digits behind the password.

The code is cut off before a checker is asked, if the account is known by then: `Sources.expected` is the account that
the typed name would get through that checker.  It is judged and used up behind the checker's answer, when the account
is certain, so that it works with all checkers.

A code that is wrong is seen before, too, and then the checker gets a random text in place of the password.  Otherwise
the time of the answer would tell that a password is right: a password that was right a moment ago is not hashed again,
and many checkers take longer for a wrong password.
"""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from secrets import token_hex

import pyotp
from twisted.cred.credentials import IUsernamePassword

from ftpd_service.account import Account
from ftpd_service.auth.credentials import SessionCredentials
from ftpd_service.errors import LoginRefused, LoginUnavailable, TemporarilyUnavailable
from ftpd_service.interfaces import Blocking, Now
from ftpd_service.policy.one_time_codes import OneTimeCodes
from ftpd_service.reasons import LoginOutcome
from ftpd_service.runtime.secret_files import secret_line
from ftpd_service.values import Peer

CODE_DIGITS = 6
SHORTEST_SECRET_CHARACTERS = 26
"""128 bits in base32, the least that RFC 4226 section 4 allows."""

ThreadsFor = Callable[[Account, str, "Peer | None"], Blocking]


def has_code(password: bytes) -> bool:
    """Return whether a password ends with what may be a code; the password before it may not be empty."""
    code = password[-CODE_DIGITS:]
    return len(password) > CODE_DIGITS and code.isdigit()


def without_code(credentials: IUsernamePassword) -> tuple[IUsernamePassword, bytes | None]:
    """Return credentials without their code, and the code; credentials of another kind stay whole."""
    if not isinstance(credentials, SessionCredentials):
        return credentials, None
    password = credentials.password
    return replace(credentials, password=password[:-CODE_DIGITS]), password[-CODE_DIGITS:]


def read_totp_secret(path: str) -> str:
    """Return the secret of a file, whose first line is base32, perhaps in groups; waits for disks.

    :raises ValueError: the file cannot be read, or has no such secret; the text does not show it.
    """
    text = secret_line(path).decode("ascii", "replace").replace(" ", "").upper().rstrip("=")
    if len(text) < SHORTEST_SECRET_CHARACTERS:
        raise ValueError(f"{path}: the first line is too short for a secret; 'ftpd-service totp-secret NAME' makes one")
    try:
        pyotp.TOTP(text).byte_secret()
    except (binascii.Error, ValueError):
        raise ValueError(f"{path}: the first line is no secret in base32") from None
    return text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Given:
    """The credentials that a checker gets, and the code that was cut off them."""

    credentials: IUsernamePassword
    code: bytes | None = None
    problem: str = ""
    """Why the code will not count, for the log.  The credentials have a random password then."""


class TotpCodes:
    """The judge of codes.

    :param codes: the codes that were used, which outlive a reload.
    :param threads: returns the threads that read the secret of an account at a host path, in the client's share.
    :param now: returns the seconds since 1970.
    :param again_seconds: how long a code counts again from its host.
    """

    def __init__(self, codes: OneTimeCodes, *, threads: ThreadsFor, now: Now, again_seconds: float) -> None:
        self._codes = codes
        self._threads = threads
        self._now = now
        self._again_seconds = again_seconds

    async def given(self, account: Account | None, credentials: IUsernamePassword) -> Given:
        """Return the credentials for a checker.

        :param account: the account that the login will get, as far as it is known.
        """
        if account is None or not account.totp_file or not isinstance(credentials, SessionCredentials):
            return Given(credentials=credentials)
        if not has_code(credentials.password):
            return _hidden(credentials, None, f"the password does not end with a one-time code of {CODE_DIGITS} digits")
        shorter, code = without_code(credentials)
        problem = await self._problem(account, code or b"", credentials.peer)
        return Given(credentials=shorter, code=code) if problem is None else _hidden(credentials, code, problem)

    async def _problem(self, account: Account, code: bytes, peer: Peer) -> str | None:
        """Return why a code will not count, or None if nothing is known against it."""
        try:
            secret = await self._secret(account, peer)
        except (LoginRefused, ValueError, TemporarilyUnavailable):
            return None  # `require` finds the same, or the account turns out to be another
        return self._codes.problem(account.name, _judge(secret, code), host=peer.host, now=self._now())

    async def _secret(self, account: Account, peer: Peer | None) -> str:
        path = account.totp_path() or ""
        return await self._threads(account, path, peer)(partial(read_totp_secret, path), discard=_nothing)

    async def require(self, account: Account, code: bytes | None, peer: Peer | None) -> None:
        """Return if an account needs no code, or if this code counts.

        :param code: None if no code was cut off the password.
        :raises LoginRefused: the code is missing, wrong or used; the text is for the log.
        :raises LoginUnavailable: the secret cannot be read.
        """
        path = account.totp_path()
        if path is None:
            return
        if code is None:
            raise LoginRefused(
                f"account {account.name!r} needs a one-time code behind the password, and the key totp_file must be "
                "known before a checker answers: for the name as it was typed, from accounts or account_defaults",
                outcome=LoginOutcome.WRONG,
            )
        try:
            secret = await self._secret(account, peer)
        except (ValueError, TemporarilyUnavailable) as problem:
            raise LoginUnavailable(f"account {account.name!r}: totp_file: {problem}") from None
        host = None if peer is None else peer.host
        reason = self._codes.refusal(
            account.name, _judge(secret, code), host=host, now=self._now(), again_seconds=self._again_seconds
        )
        if reason is not None:
            raise LoginRefused(f"account {account.name!r}: {reason}", outcome=LoginOutcome.WRONG)


def _hidden(credentials: SessionCredentials, code: bytes | None, problem: str) -> Given:
    return Given(credentials=replace(credentials, password=token_hex(16).encode()), code=code, problem=problem)


def _nothing(secret: str) -> None:
    """Drop the secret of a login that is over."""


def _judge(secret: str, code: bytes) -> Callable[[int], bool]:
    """Return whether a code is that of a step, in a time that does not depend on the matching part."""
    codes = pyotp.TOTP(secret)
    return lambda step: hmac.compare_digest(codes.generate_otp(step).encode("ascii"), code)
