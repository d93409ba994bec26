"""Patterns of LIST, NLST and STAT: ``*``, ``?``, ``[a-z]``, ``{a,b}`` and ``\\`` for quoting.

A pattern is bounded in its length, in its names and in its alternatives.  The alternatives of a name are expanded, and
a single automaton (`ftpd_service.wire.automaton`) matches all of them at once, in one step for each character.
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
"""The parts of alternatives; a quoted character is not a bracket or a comma."""


def has_wildcards(text: str) -> bool:
    """Return whether a text can match more than itself."""
    return not _SPECIAL.isdisjoint(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One name of a pattern."""

    literal: str | None
    """The name itself if it has no wildcard, or None."""
    automaton: Automaton
    """The automaton that takes matching names; it is not used for a literal."""
    show_dots: bool

    def matches(self, name: str) -> bool:
        """Return whether a name matches; if dot files are hidden, names with a leading dot match only a literal."""
        if self.literal is not None:
            return name == self.literal
        if name.startswith(".") and not self.show_dots:
            return False
        return self.automaton.matches(name)


class Pattern:
    """Parse a path with wildcards, by component.

    :raises TooManyEntries: the pattern has more than 256 bytes, wildcards in more than 4 names, or more than 16
        alternatives.
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
        """Drop the caches of the automata when the pattern is no longer needed."""
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
    """Return all characters outside of some ranges; ranges may overlap or be empty."""
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
    """Expand each ``{a,b}``, including nested braces; a brace without its partner stands for itself.

    :raises TooManyEntries: there are more than 16 alternatives.
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
