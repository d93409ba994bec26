"""Quantities in the notation of the file: ``30s``, ``10MiB``, ``10MiB/s``, ``100``, ``true``.

Every function takes a value as YAML gave it.  It raises ValueError with a text that names the expected and the found
value.
"""

from __future__ import annotations

import re

from ftpd_service.config.problems import FromEnvironment, found
from ftpd_service.config.yaml_text import scalar

LONGEST_DURATION_SECONDS = 3650 * 86400.0
"""Ten years in seconds, which is more than any limit needs and small enough for every clock."""

_IPV4_BITS = 32
_IPV6_BITS = 128
LARGEST_OCTETS = 2**60
"""An exbibyte, which is more than any disk has and small enough for every counter."""

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(s|m|h|d)\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)(B|[KMGT]i?B|kB)\Z")
_OCTETS = {
    "B": 1,
    "kB": 1000,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
    "TiB": 1024**4,
}


def unquoted(value: object) -> object:
    """Return a value from the environment as YAML would read it without quotes, and any other value unchanged."""
    if isinstance(value, FromEnvironment):
        try:
            read = scalar(value)
        except ValueError:
            return value
        return value if isinstance(read, str) else read
    return value


def whole_number(value: object, *, least: int = 1) -> int:
    """Return a number of things.

    :raises ValueError: for text in quotes too, and for a number below `least`.
    """
    number = unquoted(value)
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number < 2**31:
        raise ValueError(f"expected a whole number, {least} or more; found {found(value)}")
    return number


def ipv4_prefix(value: object) -> int:
    """Return the length of an IPv4 prefix in bits, 1 to 32."""
    return _prefix(value, "IPv4", _IPV4_BITS)


def up_to_hundred(value: object) -> int:
    """Return a whole number from 1 to 100."""
    number = whole_number(value)
    if number > 100:
        raise ValueError(f"expected a number from 1 to 100, found {found(value)}")
    return number


def ipv6_prefix(value: object) -> int:
    """Return the length of an IPv6 prefix in bits, 1 to 128."""
    return _prefix(value, "IPv6", _IPV6_BITS)


def _prefix(value: object, family: str, most: int) -> int:
    bits = whole_number(value)
    if bits > most:
        raise ValueError(f"expected the length of an {family} prefix, 1 to {most}; found {found(value)}")
    return bits


def number_or_zero(value: object) -> int:
    """Return a number of things, or 0."""
    return whole_number(value, least=0)


def whole_number_or_null(value: object) -> int | None:
    """Return a number of things, or None for no cap."""
    if unquoted(value) is None:
        return None
    try:
        return whole_number(value)
    except ValueError:
        raise ValueError(f"expected a whole number, 1 or more, or null for no cap; found {found(value)}") from None


def boolean(value: object) -> bool:
    """Return ``true`` or ``false`` as a boolean."""
    truth = unquoted(value)
    if not isinstance(truth, bool):
        raise ValueError(f"expected true or false, found {found(value)}")
    return truth


def duration(value: object) -> float:
    """Return a duration in seconds, more than 0."""
    seconds = duration_or_zero(value)
    if not seconds:
        raise ValueError("expected a duration longer than 0")
    return seconds


def duration_or_zero(value: object) -> float:
    """Return a duration in seconds, ten years at most."""
    amount = unquoted(value)
    seconds = -1.0
    if isinstance(amount, str) and (match := _DURATION.match(amount)):
        seconds = float(match[1]) * _SECONDS[match[2]]
    elif isinstance(amount, (int, float)) and not isinstance(amount, bool):
        # A whole number can be too large for a float; the bound comes first.
        seconds = float(amount) if amount <= LONGEST_DURATION_SECONDS else -1.0
    if not 0 <= seconds <= LONGEST_DURATION_SECONDS:
        raise ValueError(
            f"expected a duration such as 30s, 5m, 2h or 1d, or a number of seconds, at most ten years; "
            f"found {found(value)}"
        )
    return seconds


def size(value: object) -> int:
    """Return a size in bytes, rounded down."""
    octets = _octets(unquoted(value))
    if octets is None:
        raise ValueError(f"expected a size such as 64KiB, 10MiB or 2GB, or a number of bytes; found {found(value)}")
    return octets


def rate(value: object) -> int:
    """Return a rate in bytes a second, at least 1."""
    text = unquoted(value)
    octets = _octets(text[:-2]) if isinstance(text, str) and text.endswith("/s") else None
    if not octets:
        raise ValueError(f"expected a rate such as 64KiB/s or 10MiB/s, found {found(value)}")
    return octets


def rate_or_null(value: object) -> int | None:
    """Return a rate in bytes a second, or None for no limit."""
    if unquoted(value) is None:
        return None
    try:
        return rate(value)
    except ValueError:
        raise ValueError(f"expected a rate such as 64KiB/s or 10MiB/s, or null; found {found(value)}") from None


def _octets(amount: object) -> int | None:
    if isinstance(amount, str) and (match := _SIZE.match(amount)):
        octets = float(match[1]) * _OCTETS[match[2]]
        # A number of thousands of digits becomes infinity, which is not a whole number.
        return int(octets) if octets <= LARGEST_OCTETS else None
    if isinstance(amount, int) and not isinstance(amount, bool) and 0 <= amount <= LARGEST_OCTETS:
        return amount
    return None
