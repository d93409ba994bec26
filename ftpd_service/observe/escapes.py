"""The escapes with which the log shows text that a client may have chosen, so that the text cannot forge anything.

The escapes are reversible: ``\\xNN`` is a byte (below 80 also the character), ``\\uNNNN`` and ``\\UNNNNNNNN`` are
characters, and quotes and backslashes have a backslash before them.  All characters that are not printable are escaped:
C0, DEL, C1, the controls of bidirectional text, U+2028 and U+2029, lone surrogates, and unassigned characters.
"""

from __future__ import annotations


def quoted(text: str) -> str:
    """Return a text in double quotes; the next double quote without a backslash before it ends the text."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_in_quotes, text)) + '"'


def escaped(text: str, *, kept: str = "") -> str:
    """Return a text without quotes around it, in which only characters that are not printable are escaped.

    :param kept: characters that are never escaped.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in kept else _escape(letter) for letter in text)


def _in_quotes(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    return letter if letter.isprintable() else _escape(letter)


def _escape(letter: str) -> str:
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:
        # This is a byte that is not UTF-8 (surrogateescape).
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
