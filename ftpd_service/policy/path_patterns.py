"""Patterns of virtual paths, for rules and for names that are hidden or refused.

``*`` stands for any characters of a name, ``?`` for any single character, and ``**`` for any number of names.  Patterns
are case-sensitive; where case does not count, patterns and paths come here as keys (`policy/equal_names.py`).
``/in/**`` matches everything below ``/in`` and not ``/in`` itself.  A pattern without a slash is a pattern of the last
name: ``*.exe`` is ``**/*.exe``.

A path is a row of names, and a pattern is a row of tokens, each of which takes a name, with stars (``**``) between
them.  A *state* is the place before a token, or behind the last token; a set of states is an int.  All patterns are
side by side in the bits of the int, so a name moves all of them in one step: a state whose token takes the name moves
to the next bit, and a state with a star also stays.  So a path costs a step for each of its names, and there is no
backtracking: `ftpd_service.policy.name_globs` compares a name with all patterns of a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ftpd_service.policy.name_globs import NameGlobs, NameTest, is_glob
from ftpd_service.values import VirtualPath

_DEEP = "**"
_ANY = "*"

Rest = tuple[tuple[str, ...], int]
"""The rest of a pattern from a state on: its tokens, and its stars as bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathPattern:
    """A pattern, as tokens with stars between them."""

    text: str
    tokens: tuple[str, ...]
    stars: int
    """The stars: bit n is set if ``**`` stands before token n, or behind the last token."""

    def rest(self, state: int) -> Rest:
        """Return the rest of the pattern from a state on."""
        return self.tokens[state:], self.stars >> state


def parse_pattern(text: str, *, whole_trees: bool = False) -> PathPattern:
    """Parse a pattern without a `problem_of_pattern`.

    :param whole_trees: whether the pattern also matches everything below the paths that it matches.
    """
    if "/" not in text and text != _DEEP:
        parts = [_DEEP, text]
    else:
        parts = text.removeprefix("/").split("/") if text != "/" else []
    if parts and parts[-1] == _DEEP:
        # What is below a directory has one name more, at least.
        parts.append(_ANY)
    tokens: list[str] = []
    stars = 0
    for part in parts:
        if part == _DEEP:
            stars |= 1 << len(tokens)
        else:
            tokens.append(part)
    if whole_trees:
        stars |= 1 << len(tokens)
    return PathPattern(text=text, tokens=tuple(tokens), stars=stars)


def problem_of_pattern(text: str) -> str | None:
    """Return the mistake in a pattern, or None."""
    if not text:
        return "the pattern is empty"
    if "/" in text and not text.startswith(("/", "**/")):
        return "a pattern with a slash begins with / or **/"
    names = text.removeprefix("/").split("/") if text != "/" else []
    if "" in names:
        return "a pattern has no empty name, so no // and no / at its end"
    if any(name in (".", "..") for name in names):
        return "no path has the name . or .."
    if any(_DEEP in name and name != _DEEP for name in names):
        return "** stands alone between slashes"
    return None


class PathAutomaton:
    """Matches paths against several patterns at once; objects never change, so any thread may use them.

    :ivar start: the states before the first name.
    :ivar finals: for each pattern, the bit of the state behind its last token.
    """

    __slots__ = ("_any", "_globs", "_literals", "_places", "_stars", "finals", "start")

    def __init__(self, patterns: Iterable[PathPattern]) -> None:
        self.start = self._stars = self._any = width = 0
        self._literals: dict[str, int] = {}
        self._places: list[tuple[int, PathPattern]] = []
        globs: dict[str, int] = {}
        finals: list[int] = []
        for pattern in patterns:
            self.start |= 1 << width
            self._stars |= pattern.stars << width
            self._places.append((width, pattern))
            for place, token in enumerate(pattern.tokens, width):
                if token == _ANY:
                    self._any |= 1 << place
                else:
                    takers = globs if is_glob(token) else self._literals
                    takers[token] = takers.get(token, 0) | 1 << place
            width += len(pattern.tokens) + 1
            finals.append(1 << width - 1)
        self._globs = NameGlobs(globs)
        self.finals = tuple(finals)

    def after(self, path: VirtualPath) -> int:
        """Return the states behind the last name of a path."""
        states = self.start
        # The root has no name.
        for name in path[1:].split("/") if len(path) > 1 else ():
            states = self.step(states, name)
        return states

    def step(self, states: int, name: str) -> int:
        """Return the states behind a further name."""
        takers = self._any | self._literals.get(name, 0) | self._globs.takers(name, states)
        return (states & takers) << 1 | states & self._stars

    def plain(self, states: int) -> int:
        """Return the states behind a further name that no pattern distinguishes from others."""
        return (states & self._any) << 1 | states & self._stars

    def distinguished(self, states: int) -> tuple[frozenset[str], tuple[NameTest, ...]]:
        """Return the further names that lead elsewhere than `plain`: some by themselves, others by their tests."""
        names = frozenset(name for name, takes in self._literals.items() if takes & states)
        return names, self._globs.tests(states)

    def rests(self, states: int, number: int) -> frozenset[Rest]:
        """Return the rests of a pattern that can still match something further, from some states on."""
        width, pattern = self._places[number]
        return frozenset(_rests(pattern, states >> width))


def _rests(pattern: PathPattern, states: int) -> Iterator[Rest]:
    for place in range(len(pattern.tokens) + 1):
        if states >> place & 1:
            rest = pattern.rest(place)
            if rest != ((), 0):
                yield rest


def takes_everything(rests: frozenset[Rest]) -> bool:
    """Return whether some rests match every further path."""
    return not rests.isdisjoint(_EVERYTHING)


_EVERYTHING: frozenset[Rest] = frozenset({((_ANY,), 1), ((_ANY,), 2), ((_ANY,), 3), ((), 1)})
