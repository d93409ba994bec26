"""The cache of logins that a checker accepted a short while ago, so that a client with many connections asks it once.

The cache keeps no name and no password: a login is a digest of both under a key of this process.  The client's address
and whether it uses TLS belong to it, because a checker may decide by them.  Refusals are not remembered; a refusal of a
name forgets all logins that were accepted for it.  ``auth/verified.py`` is the cache of passwords that this process
hashes.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from secrets import token_bytes
from typing import Generic, TypeVar

from twisted.cred.credentials import IUsernamePassword

from ftpd_service.auth.credentials import ISessionCredentials
from ftpd_service.auth.verified import keyed_digest
from ftpd_service.interfaces import Now

A = TypeVar("A")

MOST_ACCEPTED = 10_000
"""The most logins of a checker; beyond this number the oldest are dropped."""


@dataclass(frozen=True, slots=True)
class _Accepted(Generic[A]):
    until: float
    name: bytes
    """The digest of the name."""
    answer: A


class AcceptedLogins(Generic[A]):
    """The logins that one checker accepted, with its answers.

    :param seconds: how long a login is remembered.
    :param now: returns the seconds of a monotonic clock.
    :param key: None means a random key.
    """

    __slots__ = ("_key", "_logins", "_now", "_of_name", "_seconds")

    def __init__(self, seconds: float, *, now: Now, key: bytes | None = None) -> None:
        self._seconds = seconds
        self._now = now
        self._key = token_bytes(32) if key is None else key
        self._logins: OrderedDict[bytes, _Accepted[A]] = OrderedDict()
        self._of_name: dict[bytes, set[bytes]] = {}

    def answer(self, credentials: IUsernamePassword) -> A | None:
        """Return the checker's answer to the same login a short while ago, or None."""
        if not self._logins:
            return None
        login = self._login(credentials)
        accepted = self._logins.get(login)
        if accepted is not None and accepted.until <= self._now():
            self._drop(login)
            return None
        return None if accepted is None else accepted.answer

    def remember(self, credentials: IUsernamePassword, answer: A) -> None:
        """Remember a login that the checker accepted just now."""
        login, name = self._login(credentials), self._name(credentials)
        self._logins[login] = _Accepted(self._now() + self._seconds, name, answer)
        self._logins.move_to_end(login)
        self._of_name.setdefault(name, set()).add(login)
        while len(self._logins) > MOST_ACCEPTED:
            self._drop(next(iter(self._logins)))

    def forget(self, credentials: IUsernamePassword) -> None:
        """Forget all logins with this name, whatever the password."""
        for login in list(self._of_name.get(self._name(credentials), ())) if self._of_name else ():
            self._drop(login)

    def _drop(self, login: bytes) -> None:
        name = self._logins.pop(login).name
        others = self._of_name[name]
        others.discard(login)
        if not others:
            del self._of_name[name]

    def _name(self, credentials: IUsernamePassword) -> bytes:
        return keyed_digest(self._key, credentials.username)

    def _login(self, credentials: IUsernamePassword) -> bytes:
        known = ISessionCredentials(credentials, None)
        client = b"" if known is None else f"{known.peer.address} {known.peer.secure}".encode()
        return keyed_digest(self._key, credentials.username, credentials.password, client)
