"""Patterns of LIST, NLST and STAT: ``*``, ``?``, ``[a-z]``, ``{a,b}`` and ``\\`` for quoting.

A pattern is bounded in its length, in its names and in its alternatives.  The alternatives of a name are written out,
and one automaton (`ftpd_service.wire.automaton`) matches all of them at once, in one step for each character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from ftpd_service.errors import TooManyEntries
from ftpd_service.wire.automaton import ANY, LAST_CODE_POINT, Automaton, Characters, Strand

_LONGEST = 256
_MOST_COMPONENTS = 4
_MOST_ALTERNATIVES = 16
_SPECIAL = frozenset("*?[{")
_PIECE = re.compile(r"\\.|[{},]|[^\\{},]+|\\", re.DOTALL)
"""What alternatives are made of; a quoted character is no bracket or comma."""


def has_wildcards(text: str) -> bool:
    """Whether a text can match more than itself."""
    return not _SPECIAL.isdisjoint(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One name of a pattern."""

    literal: str | None
    """The name itself where there is no wildcard in it."""
    automaton: Automaton
    """Takes the names that fit; of a literal none is asked."""
    show_dots: bool

    def matches(self, name: str) -> bool:
        """Whether a name fits; names with a leading dot fit only a literal where dot files are hidden."""
        if self.literal is not None:
            return name == self.literal
        if name.startswith(".") and not self.show_dots:
            return False
        return self.automaton.matches(name)


class Pattern:
    """A path with wildcards, by component.

    :raises TooManyEntries: longer than 256 bytes, wildcards in more than 4 names, or more than 16 alternatives.
    """

    __slots__ = ("absolute", "components")

    def __init__(self, text: str, *, show_dots: bool) -> None:
        if len(text.encode("utf-8", "surrogateescape")) > _LONGEST:
            raise TooManyEntries("length of a pattern")
        self.absolute = text.startswith("/")
        names = [name for name in text.split("/") if name not in ("", ".")]
        if sum(map(has_wildcards, names)) > _MOST_COMPONENTS:
            raise TooManyEntries("wildcards of a pattern")
        self.components = tuple(_component(name, show_dots) for name in names)

    def forget(self) -> None:
        """Give up what the automata remember; the pattern is not needed any more."""
        for component in self.components:
            component.automaton.forget()


def _component(name: str, show_dots: bool) -> Component:
    literal = not has_wildcards(name)
    strands = () if literal else tuple(_strand(text) for text in dict.fromkeys(_alternatives(name)))
    return Component(literal=name if literal else None, automaton=Automaton(strands), show_dots=show_dots)


def _strand(text: str) -> Strand:
    tokens: list[Characters] = []
    stars = 0
    place = 0
    while place < len(text):
        character = text[place]
        place += 1
        if character == "*":
            stars |= 1 << len(tokens)
        elif character == "?":
            tokens.append(ANY)
        elif character == "[" and (end := text.find("]", place + 1)) > 0:
            tokens.append(_character_class(text[place:end]))
            place = end + 1
        else:
            if character == "\\" and place < len(text):
                character = text[place]
                place += 1
            tokens.append(((ord(character), ord(character)),))
    return Strand(tokens=tuple(tokens), stars=stars)


def _character_class(inside: str) -> Characters:
    negated = inside[:1] in ("!", "^")
    body = inside[1:] if negated else inside
    ranges: list[tuple[int, int]] = []
    place = 0
    while place < len(body):
        last = place + 2 if place + 2 < len(body) and body[place + 1] == "-" else place
        ranges.append((ord(body[place]), ord(body[last])))
        place = last + 1
    return _others(_others(ranges)) if not negated else _others(ranges)


def _others(ranges: Iterable[tuple[int, int]]) -> Characters:
    """All characters that no range holds; ranges may overlap, and one that ends before it begins holds none."""
    others: list[tuple[int, int]] = []
    start = 0
    for first, last in sorted(ranges):
        if first > start:
            others.append((start, first - 1))
        if first <= last:
            start = max(start, last + 1)
    if start <= LAST_CODE_POINT:
        others.append((start, LAST_CODE_POINT))
    return tuple(others)


def _alternatives(text: str) -> list[str]:
    """Each ``{a,b}`` written out, nested ones too; a brace that is not closed is itself.

    :raises TooManyEntries: more than 16.
    """
    around: list[tuple[list[list[str]], list[str]]] = []
    choices: list[list[str]] = []
    texts = [""]
    for piece in _PIECE.findall(text):
        if piece == "{":
            around.append((choices, texts))
            choices, texts = [], [""]
        elif piece == "," and around:
            choices.append(texts)
            texts = [""]
        elif piece == "}" and around:
            inner = [*chain.from_iterable(choices), *texts]
            choices, texts = around.pop()
            texts = _joined(texts, inner)
        else:
            texts = _joined(texts, [piece])
    while around:
        unclosed = ["{"]
        for choice in choices:
            unclosed = _joined(_joined(unclosed, choice), [","])
        unclosed = _joined(unclosed, texts)
        choices, texts = around.pop()
        texts = _joined(texts, unclosed)
    return texts


def _joined(heads: list[str], tails: list[str]) -> list[str]:
    if len(heads) * len(tails) > _MOST_ALTERNATIVES:
        raise TooManyEntries("alternatives of a pattern")
    return [head + tail for head in heads for tail in tails]
