"""File names between bytes and text, reversible both ways.

UTF-8 is the character set; bytes that are no UTF-8 stand in the text as lone surrogates (``surrogateescape``), so that
a name goes back to the client, and to the disk, as the bytes it came with.  Nothing is normalised.
"""

from __future__ import annotations


def decode(data: bytes) -> str:
    """The text that stands for the bytes of a name (RFC 2640 section 3.1)."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that a text from `decode` was made of."""
    return text.encode("utf-8", "surrogateescape")
