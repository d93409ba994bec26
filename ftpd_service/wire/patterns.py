"""Patterns of LIST, NLST and STAT: ``*``, ``?``, ``[a-z]``, ``{a,b}`` and ``\\`` for quoting.

Matching one name takes time in proportion to its length times the pattern's, never more (two pointers, no recursion),
and how much a pattern may hold is bounded, so that no pattern costs more than it lists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftpd_service.errors import TooManyEntries

_LONGEST = 256
_MOST_COMPONENTS = 4
_MOST_ALTERNATIVES = 16
_SPECIAL = frozenset("*?[{")


def has_wildcards(text: str) -> bool:
    """Whether a text can match more than itself."""
    return any(character in _SPECIAL for character in text)


Test = Callable[[str], bool]
_STAR = None
Token = Test | None
"""A test of one character, or None for ``*``."""


def _tokens(text: str) -> tuple[Token, ...]:
    tokens: list[Token] = []
    place = 0
    while place < len(text):
        character = text[place]
        place += 1
        if character == "*":
            if not tokens or tokens[-1] is not _STAR:
                tokens.append(_STAR)
        elif character == "?":
            tokens.append(lambda found: True)
        elif character == "[" and (end := text.find("]", place + 1)) > 0:
            tokens.append(_character_class(text[place:end]))
            place = end + 1
        else:
            if character == "\\" and place < len(text):
                character = text[place]
                place += 1
            tokens.append(character.__eq__)
    return tuple(tokens)


def _character_class(inside: str) -> Test:
    negated = inside[:1] in ("!", "^")
    body = inside[1:] if negated else inside
    singles: set[str] = set()
    ranges: list[tuple[str, str]] = []
    place = 0
    while place < len(body):
        if place + 2 < len(body) and body[place + 1] == "-":
            ranges.append((body[place], body[place + 2]))
            place += 3
        else:
            singles.add(body[place])
            place += 1

    def test(found: str) -> bool:
        within = found in singles or any(low <= found <= high for low, high in ranges)
        return within is not negated

    return test


def _matches(tokens: tuple[Token, ...], name: str) -> bool:
    """Two pointers: on a mismatch go back to the last ``*`` and let it take one character more."""
    at, place = 0, 0
    star, retry = -1, 0
    while place < len(name):
        token = tokens[at] if at < len(tokens) else None
        if at < len(tokens) and token is _STAR:
            star, retry = at, place
            at += 1
        elif token is not None and token(name[place]):
            at += 1
            place += 1
        elif star >= 0:
            retry += 1
            at, place = star + 1, retry
        else:
            return False
    return all(token is _STAR for token in tokens[at:])


def _alternatives(text: str) -> list[str]:
    """Each ``{a,b}`` written out, nested ones too, up to a bound."""
    pending, done = [text], []
    while pending:
        candidate = pending.pop()
        start = candidate.rfind("{")
        end = candidate.find("}", start)
        if start < 0 or end < 0:
            done.append(candidate)
        else:
            choices = candidate[start + 1 : end].split(",")
            pending.extend(candidate[:start] + choice + candidate[end + 1 :] for choice in choices)
        if len(pending) + len(done) > _MOST_ALTERNATIVES:
            raise TooManyEntries("alternatives of a pattern")
    return done


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One name of a pattern."""

    literal: str | None
    """The name itself where there is no wildcard in it."""
    choices: tuple[tuple[Token, ...], ...]
    show_dots: bool

    def matches(self, name: str) -> bool:
        """Whether a name fits; a leading dot must be written out where dot files are hidden."""
        if self.literal is not None:
            return name == self.literal
        if name.startswith(".") and not self.show_dots:
            return False
        return any(_matches(tokens, name) for tokens in self.choices)


class Pattern:
    """A path with wildcards, by component.

    :raises TooManyEntries: longer than 256 octets, or wildcards in more than 4 names.
    """

    __slots__ = ("absolute", "components")

    def __init__(self, text: str, *, show_dots: bool) -> None:
        if len(text.encode("utf-8", "surrogateescape")) > _LONGEST:
            raise TooManyEntries("length of a pattern")
        self.absolute = text.startswith("/")
        names = [name for name in text.split("/") if name not in ("", ".")]
        self.components = tuple(_component(name, show_dots) for name in names)
        if sum(component.literal is None for component in self.components) > _MOST_COMPONENTS:
            raise TooManyEntries("wildcards of a pattern")


def _component(name: str, show_dots: bool) -> Component:
    if not has_wildcards(name):
        return Component(literal=name, choices=(), show_dots=show_dots)
    choices = tuple(_tokens(choice) for choice in _alternatives(name))
    return Component(literal=None, choices=choices, show_dots=show_dots)
