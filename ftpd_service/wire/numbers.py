"""Numbers in arguments: offsets, sizes and counts of 63 bits."""

from __future__ import annotations

from ftpd_service.errors import BadArgument

LARGEST_NUMBER = 2**63 - 1


def digits_only(word: str) -> bool:
    """Return whether a word is one or more digits of ASCII."""
    return word.isascii() and word.isdigit()


def whole_number(word: str) -> int:
    """Return a number from 0 to 2**63 - 1, without a sign.

    :raises BadArgument: anything else.
    """
    # Python refuses to convert thousands of digits, so the length is checked first.
    digits = word.lstrip("0") or "0"
    if not digits_only(word) or len(digits) > len(str(LARGEST_NUMBER)) or int(digits) > LARGEST_NUMBER:
        raise BadArgument("A number is wanted.")
    return int(digits)
