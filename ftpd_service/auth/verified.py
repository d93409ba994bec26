"""Passwords that were found right a short while ago, so that a client with many connections is not hashed for each.

No password is kept: an entry is a digest of name, stored password and password under a key of this process.  A stored
password that changes makes another digest, so an old password never outlives its change.  Wrong passwords are not
remembered and cost their hash every time.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from secrets import token_bytes

from ftpd_service.interfaces import Now

MOST_ENTRIES = 10_000
"""Beyond it the oldest go."""


class VerifiedPasswords:
    """Remembers right passwords for a time.

    :param now: seconds of a clock that does not go back.
    :param key: drawn at random where None.
    """

    __slots__ = ("_key", "_now", "_until")

    def __init__(self, *, now: Now, key: bytes | None = None) -> None:
        self._now = now
        self._key = token_bytes(32) if key is None else key
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def knows(self, name: str, stored: str, password: bytes) -> bool:
        """Whether this password was found right for this name and stored password, and that still holds."""
        digest = self._digest(name, stored, password)
        until = self._until.get(digest)
        if until is None:
            return False
        if until <= self._now():
            del self._until[digest]
            return False
        return True

    def remember(self, name: str, stored: str, password: bytes, seconds: float) -> None:
        """It was found right just now; 0 seconds remember nothing."""
        if seconds <= 0:
            return
        digest = self._digest(name, stored, password)
        self._until[digest] = self._now() + seconds
        self._until.move_to_end(digest)
        while len(self._until) > MOST_ENTRIES:
            self._until.popitem(last=False)

    def _digest(self, name: str, stored: str, password: bytes) -> bytes:
        digest = blake2b(key=self._key, digest_size=32)
        for part in (name.encode("utf-8", "surrogateescape"), stored.encode("utf-8", "surrogateescape"), password):
            # Lengths between the parts, so that no two triples are the same octets.
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.digest()
