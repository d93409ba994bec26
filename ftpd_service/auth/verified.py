"""The cache of recently verified passwords, so that a client with many connections causes a single hash.

The cache keeps no password: an entry is a digest of name, stored password, password and client under a key of this
process.  When a stored password changes, the digest changes too, so an old password never outlives its change.  Wrong
passwords are not remembered and cost their hash each time, and so do right ones of logins that are refused otherwise.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from secrets import token_bytes

from ftpd_service.interfaces import Now

MOST_ENTRIES = 10_000
"""The most entries; beyond this number the oldest entries are dropped."""


class VerifiedPasswords:
    """The digests of right passwords, which are kept for a time.

    :param now: returns the seconds of a monotonic clock.
    :param key: None means a random key.
    """

    __slots__ = ("_key", "_now", "_until")

    def __init__(self, *, now: Now, key: bytes | None = None) -> None:
        self._now = now
        self._key = token_bytes(32) if key is None else key
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def knows(self, name: str, stored: str, password: bytes, client: bytes) -> bool:
        """Return whether a login of this client with this password recently succeeded."""
        digest = self._digest(name, stored, password, client)
        until = self._until.get(digest)
        if until is None:
            return False
        if until <= self._now():
            del self._until[digest]
            return False
        return True

    def remember(self, name: str, stored: str, password: bytes, client: bytes, seconds: float) -> None:
        """Remember a password that was found right just now; with 0 seconds nothing is remembered."""
        if seconds <= 0:
            return
        digest = self._digest(name, stored, password, client)
        self._until[digest] = self._now() + seconds
        self._until.move_to_end(digest)
        while len(self._until) > MOST_ENTRIES:
            self._until.popitem(last=False)

    def _digest(self, name: str, stored: str, password: bytes, client: bytes) -> bytes:
        encoded = name.encode("utf-8", "surrogateescape"), stored.encode("utf-8", "surrogateescape")
        return keyed_digest(self._key, *encoded, password, client)


def keyed_digest(key: bytes, *parts: bytes) -> bytes:
    """Return a digest of several texts; different texts never have the same bytes, because their lengths count too."""
    digest = blake2b(key=key, digest_size=32)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()
