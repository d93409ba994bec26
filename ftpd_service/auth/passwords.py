"""The formats of stored passwords, and the check of a password against a stored password.

The functions here need up to a second of CPU time, so they are called on the bounded pool and never on the reactor.  A
stored password is text in one of these forms::

    $argon2id$ $argon2i$   PHC strings, as argon2-cffi and the argon2 tool make them
    $scrypt$               PHC-like, as libpass makes them
    $2a$ $2b$ $2y$         bcrypt
    $5$ $6$                SHA-256 and SHA-512 crypt, as in shadow files
    {plain}secret          the password itself
    any                    every password fits
"""

from __future__ import annotations

import binascii
import hmac
import re
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from passlib.hash import scrypt, sha256_crypt, sha512_crypt

ANY_PASSWORD = "any"
PLAIN = "{plain}"

LONGEST_PASSWORD_OCTETS = 1024
"""The longest password that can fit; the work of SHA-crypt grows with the password."""

_BCRYPT_OCTETS = 72
_BCRYPT_MEMORY_BYTES = 4096
_BCRYPT = re.compile(r"\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
_FORMATS = "$argon2id$, $argon2i$, $scrypt$, $2a$, $2b$, $2y$, $5$, $6$, {plain}secret, or the word any"


class Cost(NamedTuple):
    """The cost of checking a password against a stored password."""

    memory_bytes: int
    passes: int
    """The repetitions of the work: argon2's t, 2 to the power of bcrypt's cost, the rounds of SHA-crypt; 1 for scrypt.
    """
    threads: int = 1
    """The number of threads that compute at once (argon2's p)."""
    exclusive: bool = False
    """Whether Python itself computes the hash, so that two hashes at once only delay each other."""


NO_COST = Cost(memory_bytes=0, passes=0, threads=0)


def cost(stored: str) -> Cost:
    """Return the cost of checking a password, from the parameters of the stored password, without computing anything.

    The result is `NO_COST` if `is_cheap` is true, and if the stored password is malformed, because it is then refused
    before anything is hashed.
    """
    if is_cheap(stored) or valid_format(stored) is not None:
        return NO_COST
    return _COSTS[_prefix(stored)](stored)


def verify(stored: str, password: bytes) -> bool:
    """Return whether a password fits a stored password, in a time that depends only on the format and its cost.

    For bcrypt only the first 72 bytes of a password count, as in every tool that made such hashes.

    :raises ValueError: the stored password is malformed or of an unknown format; the text does not show it.
    """
    if stored == ANY_PASSWORD:
        return True
    check = _VERIFIERS.get(_prefix(stored))
    if check is None:
        raise ValueError("unknown password format")
    if len(password) > LONGEST_PASSWORD_OCTETS:
        return False
    return check(stored, password)


def valid_format(stored: str) -> str | None:
    """Return the mistake in a stored password, in words that do not show it, or None."""
    if stored == ANY_PASSWORD:
        return None
    prefix = _prefix(stored)
    inspect = _INSPECTORS.get(prefix)
    if inspect is None:
        return f"expected a password as one of {_FORMATS} ('ftpd-service hash-password' makes the first)"
    problem = inspect(stored)
    return None if problem is None else f"malformed password ({prefix}): {problem}"


def is_plain(stored: str) -> bool:
    """Return whether a stored password is the password itself, so that readers of the file can read it."""
    return stored.startswith(PLAIN)


def is_cheap(stored: str) -> bool:
    """Return whether the check is too cheap for a trip to the pool."""
    return stored == ANY_PASSWORD or is_plain(stored)


def _prefix(stored: str) -> str:
    if stored.startswith(PLAIN):
        return PLAIN
    start, _, _ = stored[1:].partition("$")
    return f"${start}$" if stored.startswith("$") else ""


def _verify_plain(stored: str, password: bytes) -> bool:
    secret = stored[len(PLAIN) :].encode("utf-8", "surrogateescape")
    # All digests have the same length, so the comparison does not reveal the length of the secret.
    return hmac.compare_digest(sha256(secret).digest(), sha256(password).digest())


def _verify_argon2(stored: str, password: bytes) -> bool:
    try:
        return PasswordHasher().verify(stored, password)
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError) as problem:
        raise ValueError("argon2 cannot work with this hash") from problem


def _verify_bcrypt(stored: str, password: bytes) -> bool:
    # bcrypt 5 raises for long passwords, which earlier versions cut off; old hashes must continue to fit.
    return bcrypt.checkpw(password[:_BCRYPT_OCTETS], stored.encode("ascii", "replace"))


def _verify_scrypt(stored: str, password: bytes) -> bool:
    return bool(scrypt.verify(password, stored))


def _verify_sha256(stored: str, password: bytes) -> bool:
    return b"\0" not in password and bool(sha256_crypt.verify(password, stored))


def _verify_sha512(stored: str, password: bytes) -> bool:
    return b"\0" not in password and bool(sha512_crypt.verify(password, stored))


def _inspect_plain(stored: str) -> str | None:
    return "the secret is empty" if stored == PLAIN else None


def _inspect_argon2(stored: str) -> str | None:
    parts = stored.split("$")
    if len(parts) != 6 or not re.fullmatch(r"v=(?:16|19)", parts[2]):
        return "expected $v=19$m=...,t=...,p=...$salt$hash"
    if not re.fullmatch(r"m=[1-9]\d{0,9},t=[1-9]\d{0,9},p=[1-9]\d{0,9}", parts[3]):
        return "expected costs as m=...,t=...,p=..."
    try:
        salt, digest = (b64decode(part + "=" * (-len(part) % 4), validate=True) for part in parts[4:])
    except (binascii.Error, ValueError):
        return "salt and hash are not in base64"
    return "salt or hash is too short" if len(salt) < 8 or len(digest) < 4 else None


def _inspect_bcrypt(stored: str) -> str | None:
    return None if _BCRYPT.fullmatch(stored) else "expected a cost from 04 to 31 and 53 characters behind it"


def _inspect_scrypt(stored: str) -> str | None:
    try:
        return None if scrypt.from_string(stored).checksum else "the hash is missing"
    except (ValueError, TypeError):
        return "expected ln=...,r=...,p=...$salt$hash"


def _inspect_sha256(stored: str) -> str | None:
    try:
        return None if sha256_crypt.from_string(stored).checksum else "the hash is missing"
    except (ValueError, TypeError):
        return "expected [rounds=...$]salt$hash with a hash of 43 characters"


def _inspect_sha512(stored: str) -> str | None:
    try:
        return None if sha512_crypt.from_string(stored).checksum else "the hash is missing"
    except (ValueError, TypeError):
        return "expected [rounds=...$]salt$hash with a hash of 86 characters"


def _cost_argon2(stored: str) -> Cost:
    kibibytes, passes, lanes = (int(number) for number in re.findall(r"=(\d+)", stored.split("$")[3]))
    return Cost(memory_bytes=kibibytes * 1024, passes=passes, threads=lanes)


def _cost_bcrypt(stored: str) -> Cost:
    return Cost(memory_bytes=_BCRYPT_MEMORY_BYTES, passes=1 << int(stored.split("$")[2]))


def _cost_scrypt(stored: str) -> Cost:
    settings = scrypt.from_string(stored)
    blocks = (1 << settings.rounds) + settings.parallelism
    return Cost(memory_bytes=128 * settings.block_size * blocks, passes=1)


def _cost_sha256(stored: str) -> Cost:
    return Cost(memory_bytes=0, passes=sha256_crypt.from_string(stored).rounds, exclusive=True)


def _cost_sha512(stored: str) -> Cost:
    return Cost(memory_bytes=0, passes=sha512_crypt.from_string(stored).rounds, exclusive=True)


_VERIFIERS: dict[str, Callable[[str, bytes], bool]] = {
    PLAIN: _verify_plain,
    "$argon2id$": _verify_argon2,
    "$argon2i$": _verify_argon2,
    "$scrypt$": _verify_scrypt,
    "$2a$": _verify_bcrypt,
    "$2b$": _verify_bcrypt,
    "$2y$": _verify_bcrypt,
    "$5$": _verify_sha256,
    "$6$": _verify_sha512,
}

_INSPECTORS: dict[str, Callable[[str], str | None]] = {
    PLAIN: _inspect_plain,
    "$argon2id$": _inspect_argon2,
    "$argon2i$": _inspect_argon2,
    "$scrypt$": _inspect_scrypt,
    "$2a$": _inspect_bcrypt,
    "$2b$": _inspect_bcrypt,
    "$2y$": _inspect_bcrypt,
    "$5$": _inspect_sha256,
    "$6$": _inspect_sha512,
}

_COSTS: dict[str, Callable[[str], Cost]] = {
    "$argon2id$": _cost_argon2,
    "$argon2i$": _cost_argon2,
    "$scrypt$": _cost_scrypt,
    "$2a$": _cost_bcrypt,
    "$2b$": _cost_bcrypt,
    "$2y$": _cost_bcrypt,
    "$5$": _cost_sha256,
    "$6$": _cost_sha512,
}
