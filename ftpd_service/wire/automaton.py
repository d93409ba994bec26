"""The automaton of a pattern's component, which matches a name against many strands of tokens at once.

A strand is a row of tokens with stars between them; each token takes one character.  Its states are the places between
tokens: a state is reached when all tokens before it have taken their characters.  The states of all strands are bits of
a single integer, side by side, so a character moves all of them in one step: a state whose token takes the character
moves to the next bit, and a state with a star also stays.  A name takes exactly one step for each character, for every
pattern.

The automaton caches the sets of states that it has seen, and the set to which each character leads from them.  Nearly
all steps are then a look-up.  When more than `MOST_KNOWN` steps are known, the cache is dropped and each step is
computed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import getitem

Characters = tuple[tuple[int, int], ...]
"""The characters that a token takes: ranges of code points, first and last, in order and without overlap."""

LAST_CODE_POINT = 0x10FFFF
ANY: Characters = ((0, LAST_CODE_POINT),)

MOST_KNOWN = 2048
"""The most steps in the cache of an automaton."""

_MOST_CHARACTERS = 4096
"""The most characters in the cache of states."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strand:
    """A row of tokens."""

    tokens: tuple[Characters, ...]
    stars: int
    """The stars: bit n is set if a star stands before token n, or after the last token."""


class Automaton:
    """The matcher of whole names against strands; only one thread at a time may use it.

    :ivar width: the number of states.
    """

    __slots__ = ("_finals", "_first", "_known", "_masks", "_sets", "_stars", "_start", "width")

    def __init__(self, strands: Iterable[Strand]) -> None:
        self._start = self._finals = self._stars = self.width = 0
        takers: dict[Characters, int] = {}
        for strand in strands:
            self._start |= 1 << self.width
            self._stars |= strand.stars << self.width
            for place, characters in enumerate(strand.tokens, self.width):
                takers[characters] = takers.get(characters, 0) | 1 << place
            self.width += len(strand.tokens) + 1
            self._finals |= 1 << self.width - 1
        self._masks = _Masks(takers)
        self._known = 0
        self._sets: dict[int, _Set] = {}
        self._first: _Set | None = self._set(self._start)

    def matches(self, name: str) -> bool:
        """Return whether a strand takes all characters of a name."""
        if self._first is not None:
            try:
                return bool(reduce(getitem, name, self._first).states & self._finals)
            except _Full:
                self.forget()
        states, masks, stars = self._start, self._masks, self._stars
        for character in name:
            states = (states & masks[character]) << 1 | states & stars
        return bool(states & self._finals)

    @property
    def step_cost(self) -> int:
        """Return the cost of a step, in units of a cached step."""
        return 1 if self._first is not None else 3 + self.width // 512

    def forget(self) -> None:
        """Drop the cache: its sets refer to each other, and only the garbage collector would free them."""
        for states in self._sets.values():
            states.clear()
        self._sets.clear()
        self._first = None

    def lead(self, states: int, character: str) -> _Set:
        """Return the set to which a character leads; the caller stores it in the cache.

        :raises _Full: the cache is full.
        """
        if self._known >= MOST_KNOWN:
            raise _Full
        self._known += 1
        return self._set((states & self._masks[character]) << 1 | states & self._stars)

    def _set(self, states: int) -> _Set:
        found = self._sets.get(states)
        if found is None:
            found = self._sets[states] = _Set(self, states)
        return found


class _Full(Exception):
    """The cache of an automaton is full."""


class _Set(dict[str, "_Set"]):
    """A set of states, with the sets to which characters lead from it; each is computed when it is first needed."""

    __slots__ = ("_automaton", "states")

    def __init__(self, automaton: Automaton, states: int) -> None:
        super().__init__()
        self._automaton = automaton
        self.states = states

    def __missing__(self, character: str) -> _Set:
        following = self[character] = self._automaton.lead(self.states, character)
        return following


class _Masks(dict[str, int]):
    """The states whose tokens take a character, by character.

    Between two neighbouring ends of ranges the same tokens take all characters, so a table of those ends serves for all
    characters; results are cached.
    """

    __slots__ = ("_masks", "_starts")

    def __init__(self, takers: dict[Characters, int]) -> None:
        super().__init__()
        changes: dict[int, int] = {0: 0}
        for characters, states in takers.items():
            for first, last in characters:
                changes[first] = changes.get(first, 0) ^ states
                changes[last + 1] = changes.get(last + 1, 0) ^ states
        self._starts = sorted(changes)
        self._masks: list[int] = []
        mask = 0
        for start in self._starts:
            mask ^= changes[start]
            self._masks.append(mask)

    def __missing__(self, character: str) -> int:
        mask = self._masks[bisect_right(self._starts, ord(character)) - 1]
        if len(self) < _MOST_CHARACTERS:
            self[character] = mask
        return mask
