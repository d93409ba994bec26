"""Patterns of a single name, side by side: which of many patterns take a name.

Most patterns are a star and an end (``*.exe``), or a beginning and a star (``.*``).  These are found by the name's ends
in dictionaries, so a thousand of them cost hardly more than one.  Each other pattern costs a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import translate

NameTest = Callable[[str], object]
"""Returns a true value if a pattern takes a name."""


class NameGlobs:
    """Patterns of a name, with stars or question marks, each with its bits; objects never change."""

    __slots__ = ("_begins", "_ends", "_others", "_tests")

    def __init__(self, bits: Mapping[str, int]) -> None:
        """Take the bits of each pattern."""
        self._begins: dict[int, dict[str, int]] = {}
        self._ends: dict[int, dict[str, int]] = {}
        others: list[tuple[NameTest, int]] = []
        tests: list[tuple[NameTest, int]] = []
        for token, takes in bits.items():
            text = token.strip("*")
            if is_glob(text) or len(text) + 1 != len(token):
                matches: NameTest = _matcher(token)
                others.append((matches, takes))
            elif token.startswith("*"):
                self._ends.setdefault(len(text), {})[text] = takes
                matches = _ending(text)
            else:
                self._begins.setdefault(len(text), {})[text] = takes
                matches = _beginning(text)
            tests.append((matches, takes))
        self._others, self._tests = tuple(others), tuple(tests)

    def takers(self, name: str, wanted: int) -> int:
        """Return the bits of the patterns that take a name: all that are wanted, and perhaps further bits."""
        found = 0
        for length, ends in self._ends.items():
            found |= ends.get(name[-length:], 0)
        for length, begins in self._begins.items():
            found |= begins.get(name[:length], 0)
        for matches, takes in self._others:
            if wanted & takes and matches(name):
                found |= takes
        return found

    def tests(self, wanted: int) -> tuple[NameTest, ...]:
        """Return the tests of the patterns that have some wanted bits."""
        return tuple(matches for matches, takes in self._tests if takes & wanted)


def is_glob(token: str) -> bool:
    """Return whether a pattern stands for several names."""
    return "*" in token or "?" in token


def _ending(text: str) -> NameTest:
    return lambda name: name.endswith(text)


def _beginning(text: str) -> NameTest:
    return lambda name: name.startswith(text)


def _matcher(token: str) -> NameTest:
    """Return the matcher of a name; the expressions of fnmatch do not backtrack from one star to the star before it."""
    return re.compile(translate(token.replace("[", "[[]"))).match
