"""The reversible conversion of file names between bytes and text.

The character set is UTF-8.  Bytes that are not UTF-8 become lone surrogates in the text (``surrogateescape``), so a
name returns to the client, and to the disk, as the same bytes.  Names are not normalised.
"""

from __future__ import annotations


def decode(data: bytes) -> str:
    """Return the text for the bytes of a name (RFC 2640 section 3.1)."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """Return the bytes from which `decode` made a text."""
    return text.encode("utf-8", "surrogateescape")
