"""Escapes for characters of names that a character set cannot hold, as text to text.

``=4F60-597D=`` stands for U+4F60 and U+597D, and ``=FF=`` for a byte FF that is not UTF-8: between two equals signs
stand code points of four to six digits and bytes of two digits, with hyphens between them.  ``=3D=`` is an equals sign,
in names that contain such a text themselves.  So every name has an escaped form, and no two names have the same.

Equals signs, hyphens and digits are in every set, at the same bytes.  They may stand in names on every client, in URLs
and in shells, and patterns of LIST have no meaning for them.  An escape never stands for an ASCII character other than
the equals sign, so no escape makes a slash, a dot, a line end or an option.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ftpd_service.wire import names

_MARK = "="
_ESCAPED_MARK = "=3D="
_ITEM = "(?:[0-9A-F]{2}|[0-9A-F]{4,6})"
_ESCAPE = re.compile(f"={_ITEM}(?:-{_ITEM})*=")
_OTHERS = re.compile("([^\0-\x7f]+)")
_FIRST_BYTE, _LAST_BYTE = 0xDC80, 0xDCFF
"""The lone surrogates that stand for bytes which are not UTF-8."""
_LAST_POINT = 0x10FFFF


def escaped(text: str, held: Callable[[str], bool]) -> str:
    """Return a text in which escapes take the place of the characters that a set does not hold.

    :param held: returns whether the set holds some characters, none of which is ASCII.
    """
    pieces = list(_pieces(text, held))
    whole = "".join(piece for piece, _ in pieces)
    out: list[str] = []
    at = 0
    for piece, literal in pieces:
        out.append(_marked(whole, at, at + len(piece)) if literal and _MARK in piece else piece)
        at += len(piece)
    return "".join(out)


def unescaped(text: str) -> str:
    """Return the text for which an escaped text stands; escapes that `escaped` never makes are ordinary text."""
    found: list[str] = []
    done, at = 0, text.find(_MARK)
    while at >= 0:
        meant, end = _meant(text, at)
        if end > at:
            found += (text[done:at], meant)
            done = end
        at = text.find(_MARK, max(end, at + 1))
    if not done:
        return text
    whole = "".join((*found, text[done:]))
    # Bytes beside each other may be UTF-8, and a name on the disk has only one text.
    return names.decode(names.encode(whole))


def has_escape(text: str) -> bool:
    """Return whether a text contains an escape."""
    match = _ESCAPE.search(text)
    while match is not None:
        at = match.start()
        if _meant(text, at)[1] > at:
            return True
        match = _ESCAPE.search(text, at + 1)
    return False


def _pieces(text: str, held: Callable[[str], bool]) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of the escaped text, and whether each stands for itself."""
    for piece in _OTHERS.split(text):
        if not piece or piece.isascii() or held(piece):
            yield piece, True
            continue
        run: list[str] = []
        for character in piece:
            if held(character):
                if run:
                    yield _escape(run), False
                    run = []
                yield character, True
            else:
                run.append(character)
        if run:
            yield _escape(run), False


def _escape(characters: list[str]) -> str:
    return f"={'-'.join(map(_item, map(ord, characters)))}="


def _item(point: int) -> str:
    return f"{point - 0xDC00:02X}" if _FIRST_BYTE <= point <= _LAST_BYTE else f"{point:04X}"


def _marked(whole: str, start: int, end: int) -> str:
    """Return a part of the escaped text that stands for itself, with escapes for marks that would begin an escape."""
    out: list[str] = []
    done, at = start, whole.find(_MARK, start, end)
    while at >= 0:
        if _meant(whole, at)[1] > at:
            out += (whole[done:at], _ESCAPED_MARK)
            done = at + 1
        at = whole.find(_MARK, at + 1, end)
    return "".join((*out, whole[done:end]))


def _meant(text: str, at: int) -> tuple[str, int]:
    """Return the characters of an escape at a place and its end, or the place itself if there is no escape."""
    match = _ESCAPE.match(text, at)
    if match is None:
        return "", at
    characters = list(map(_character, match[0][1:-1].split("-")))
    return ("", at) if "" in characters else ("".join(characters), match.end())


def _character(item: str) -> str:
    """Return the character for an item of an escape, or an empty text for an item that no escape has."""
    point = int(item, 16)
    if len(item) == 2:
        return chr(0xDC00 + point) if point >= 0x80 else _MARK * (item == "3D")
    usual = 0x80 <= point <= _LAST_POINT and not 0xD800 <= point <= 0xDFFF
    return chr(point) if usual and f"{point:04X}" == item else ""
