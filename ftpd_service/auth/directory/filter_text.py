"""Search filters with the place of a name in them, such as ``(&(objectClass=person)(uid={name}))`` (RFC 4515).

A filter is parsed once, when the configuration is read.  A name never passes through the parser: it takes its place in
a value of the parsed filter, so no character of it is syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ATTRIBUTE = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*"
_RULE = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)"
_SIMPLE = re.compile(rf"({_ATTRIBUTE}) *(=|~=|>=|<=)(.*)", re.DOTALL)
_EXTENSIBLE = re.compile(rf"({_ATTRIBUTE})?(:dn)?(?::({_RULE}))?:=(.*)", re.DOTALL)
_PIECE = re.compile(r"\{name\}|\\[0-9A-Fa-f]{2}|[^\\{}]", re.DOTALL)
_ITEM = re.compile(r"[^()]*")

DEEPEST_FILTER = 20
"""The most filters inside each other."""


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A value; None among its pieces is the place of the name."""

    pieces: tuple[bytes | None, ...]

    @property
    def has_name(self) -> bool:
        """Whether the name stands in it."""
        return None in self.pieces

    def filled(self, name: bytes) -> bytes:
        """Return the value with a name."""
        return b"".join(name if piece is None else piece for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class AllOf:
    """A filter ``(&...)``."""

    parts: tuple[SearchFilter, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A filter ``(|...)``."""

    parts: tuple[SearchFilter, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """A filter ``(!...)``."""

    part: SearchFilter


@dataclass(frozen=True, slots=True)
class Comparison:
    """A filter ``(attribute=value)``, or with ``~=``, ``>=`` or ``<=`` as its sign."""

    attribute: str
    sign: str
    value: NamedValue


@dataclass(frozen=True, slots=True)
class HasAttribute:
    """A filter ``(attribute=*)``."""

    attribute: str


@dataclass(frozen=True, slots=True)
class PartsMatch:
    """A filter ``(attribute=begin*middle*end)``; an empty value is no condition."""

    attribute: str
    begin: NamedValue
    middle: tuple[NamedValue, ...]
    end: NamedValue


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A filter ``(attribute:dn:rule:=value)``."""

    attribute: str | None
    of_dn: bool
    rule: str | None
    value: NamedValue


SearchFilter = AllOf | AnyOf | NoneOf | Comparison | HasAttribute | PartsMatch | RuleMatch


def parse_filter(text: str) -> SearchFilter:
    """Return a parsed filter.

    :raises ValueError: the text is no filter; the exception says what is wrong.
    """
    reader = _Reader(text)
    parsed = reader.filter(0)
    if reader.at != len(text):
        raise ValueError(f"something stands behind its end, at character {reader.at + 1}")
    return parsed


def attribute_of_filter(parsed: SearchFilter) -> str | None:
    """Return the attribute that the name is compared with first, or None: no value has the name."""
    return next((part.attribute for part in _all(parsed) if _compares_name(part)), None)


def _compares_name(part: SearchFilter) -> bool:
    return isinstance(part, Comparison) and part.sign == "=" and part.value.pieces == (None,)


def _all(part: SearchFilter) -> Iterator[Comparison]:
    if isinstance(part, Comparison):
        yield part
    elif isinstance(part, (AllOf, AnyOf)):
        for inner in part.parts:
            yield from _all(inner)


class _Reader:
    """A filter that is read from its beginning."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0

    def filter(self, depth: int) -> SearchFilter:
        if depth > DEEPEST_FILTER:
            raise ValueError("too many filters stand inside each other")
        self._skip("(")
        sign = self._text[self.at : self.at + 1]
        if sign in ("&", "|", "!"):
            self.at += 1
            parsed = self._compound(sign, depth)
        else:
            item = _ITEM.match(self._text, self.at)
            assert item is not None  # it matches nothing, too
            self.at = item.end()
            parsed = _item(item[0])
        self._skip(")")
        return parsed

    def _compound(self, sign: str, depth: int) -> SearchFilter:
        parts = []
        while self._text[self.at : self.at + 1] == "(":
            parts.append(self.filter(depth + 1))
        if not parts or (sign == "!" and len(parts) > 1):
            raise ValueError(f"expected {'one filter' if sign == '!' else 'filters'} behind {sign}")
        if sign == "!":
            return NoneOf(parts[0])
        return AllOf(tuple(parts)) if sign == "&" else AnyOf(tuple(parts))

    def _skip(self, wanted: str) -> None:
        if self._text[self.at : self.at + 1] != wanted:
            raise ValueError(f"expected {wanted} at character {self.at + 1}")
        self.at += 1


def _item(text: str) -> SearchFilter:
    simple = _SIMPLE.fullmatch(text)
    if simple is not None:
        attribute, sign, value = simple.groups()
        return _equality(attribute, value) if sign == "=" else Comparison(attribute, sign, _value(value))
    extensible = _EXTENSIBLE.fullmatch(text)
    if extensible is None or not (extensible[1] or extensible[3]):
        raise ValueError("expected attribute=value between parentheses")
    attribute, of_dn, rule, value = extensible.groups()
    return RuleMatch(attribute, of_dn is not None, rule, _value(value))


def _equality(attribute: str, value: str) -> SearchFilter:
    if value == "*":
        return HasAttribute(attribute)
    begin, *others = (_value(part) for part in value.split("*"))
    if not others:
        return Comparison(attribute, "=", begin)
    *middle, end = others
    parts = PartsMatch(attribute, begin, tuple(part for part in middle if part.pieces), end)
    if not (parts.begin.pieces or parts.middle or parts.end.pieces):
        raise ValueError("expected a value, or a single *")
    return parts


def _value(text: str) -> NamedValue:
    pieces = _PIECE.findall(text)
    if "".join(pieces) != text or "*" in pieces or "\0" in pieces:
        raise ValueError(r"expected values in which \ ( ) * and NUL are written as \5c \28 \29 \2a \00")
    return NamedValue(tuple(_piece(piece) for piece in pieces))


def _piece(piece: str) -> bytes | None:
    if piece == "{name}":
        return None
    return bytes([int(piece[1:], 16)]) if piece.startswith("\\") else piece.encode("utf-8")
