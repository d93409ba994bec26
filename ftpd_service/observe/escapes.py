"""How the log shows text that a client may have chosen: in quotes and escaped, so that it can forge nothing.

The escapes are reversible: ``\\xNN`` is a byte (below 80 also the character), ``\\uNNNN`` and ``\\UNNNNNNNN`` are
characters, and quotes and backslashes have a backslash before them.  Escaped is whatever is not printable: C0, DEL, C1,
the controls of bidirectional text, U+2028 and U+2029, lone surrogates, and characters that Unicode does not have yet.
"""

from __future__ import annotations


def quoted(text: str) -> str:
    """A text in double quotes; the next double quote without a backslash before it ends it."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_in_quotes, text)) + '"'


def escaped(text: str, *, kept: str = "") -> str:
    """A text without quotes around it, in which only what is not printable is escaped.

    :param kept: characters that stay as they are all the same.
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
        # A byte that is no UTF-8 (surrogateescape).
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
