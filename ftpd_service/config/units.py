"""Quantities as an operator writes them: ``30s``, ``10MiB``, ``10MiB/s``, ``100``, ``true``.

Every function takes a value as YAML gave it and raises ValueError with what was expected and what was found.
"""

from __future__ import annotations

import re

from ftpd_service.config.problems import FromEnvironment, found
from ftpd_service.config.yaml_text import scalar

LONGEST_DURATION_SECONDS = 3650 * 86400.0
"""Ten years: more than any limit needs, and little enough for every clock."""

_IPV6_BITS = 128
LARGEST_OCTETS = 2**60
"""An exbibyte: more than any disk has, and few enough for every counter."""

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
    """A value from the environment as YAML reads it unquoted; any other as it is."""
    if isinstance(value, FromEnvironment):
        try:
            read = scalar(value)
        except ValueError:
            return value
        return value if isinstance(read, str) else read
    return value


def whole_number(value: object, *, least: int = 1) -> int:
    """A number of things.

    :raises ValueError: for text in quotes too, and for a number below `least`.
    """
    number = unquoted(value)
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number < 2**31:
        raise ValueError(f"expected a whole number, {least} or more; found {found(value)}")
    return number


def ipv6_prefix(value: object) -> int:
    """The length of an IPv6 prefix in bits, 1 to 128."""
    bits = whole_number(value)
    if bits > _IPV6_BITS:
        raise ValueError(f"expected the length of an IPv6 prefix, 1 to {_IPV6_BITS}; found {found(value)}")
    return bits


def whole_number_or_null(value: object) -> int | None:
    """A number of things, or null for no cap."""
    if unquoted(value) is None:
        return None
    try:
        return whole_number(value)
    except ValueError:
        raise ValueError(f"expected a whole number, 1 or more, or null for no cap; found {found(value)}") from None


def boolean(value: object) -> bool:
    """``true`` or ``false``."""
    truth = unquoted(value)
    if not isinstance(truth, bool):
        raise ValueError(f"expected true or false, found {found(value)}")
    return truth


def duration(value: object) -> float:
    """Seconds, more than none."""
    seconds = duration_or_zero(value)
    if not seconds:
        raise ValueError("expected a duration longer than 0")
    return seconds


def duration_or_zero(value: object) -> float:
    """Seconds, ten years at most."""
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
    """Octets, rounded down."""
    octets = _octets(unquoted(value))
    if octets is None:
        raise ValueError(f"expected a size such as 64KiB, 10MiB or 2GB, or a number of bytes; found {found(value)}")
    return octets


def rate(value: object) -> int:
    """Octets a second, at least one."""
    text = unquoted(value)
    octets = _octets(text[:-2]) if isinstance(text, str) and text.endswith("/s") else None
    if not octets:
        raise ValueError(f"expected a rate such as 64KiB/s or 10MiB/s, found {found(value)}")
    return octets


def rate_or_null(value: object) -> int | None:
    """Octets a second, or null for no limit."""
    if unquoted(value) is None:
        return None
    try:
        return rate(value)
    except ValueError:
        raise ValueError(f"expected a rate such as 64KiB/s or 10MiB/s, or null; found {found(value)}") from None


def _octets(amount: object) -> int | None:
    if isinstance(amount, str) and (match := _SIZE.match(amount)):
        octets = float(match[1]) * _OCTETS[match[2]]
        # Thousands of digits are infinite, which is no whole number.
        return int(octets) if octets <= LARGEST_OCTETS else None
    if isinstance(amount, int) and not isinstance(amount, bool) and 0 <= amount <= LARGEST_OCTETS:
        return amount
    return None
