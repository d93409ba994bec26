"""Matches a name against many strands of tokens at once: the automaton of a pattern's component.

A strand is a row of tokens, each of which takes one character, with stars between them.  Its states are the places
between tokens: a state is reached when all tokens before it have taken their characters.  The states of all strands are
bits of one integer, side by side, so a character moves all of them by one step: a state whose token takes the character
moves to the next bit, a state with a star also stays.  A name takes exactly one step for each character, whatever
the pattern is.

Sets of states that have come up before are remembered with where each character leads from them.  Nearly all steps are
a look-up then.  Once more than `MOST_KNOWN` steps are known the memory is given up, and each step is worked out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import getitem

Characters = tuple[tuple[int, int], ...]
"""What one token takes: ranges of code points, first and last, in their order and without overlap."""

LAST_CODE_POINT = 0x10FFFF
ANY: Characters = ((0, LAST_CODE_POINT),)

MOST_KNOWN = 2048
"""The most steps that an automaton remembers."""

_MOST_CHARACTERS = 4096
"""The most characters whose states are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strand:
    """A row of tokens."""

    tokens: tuple[Characters, ...]
    stars: int
    """Bit n is set where a star stands before token n, or behind the last token."""


class Automaton:
    """Matches whole names against strands; used by one thread at a time.

    :ivar width: how many states there are.
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
        """Whether a strand takes all characters of a name."""
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
        """What a step takes, in look-ups of a step that is known."""
        return 1 if self._first is not None else 3 + self.width // 512

    def forget(self) -> None:
        """Give up what is remembered: the sets refer to each other, and only the garbage collector would free them."""
        for states in self._sets.values():
            states.clear()
        self._sets.clear()
        self._first = None

    def lead(self, states: int, character: str) -> _Set:
        """The set that a character leads to, which the caller remembers.

        :raises _Full: enough is remembered.
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
    """An automaton remembers as much as it may."""


class _Set(dict[str, "_Set"]):
    """A set of states: the sets that characters lead to from it, each worked out when it is first asked for."""

    __slots__ = ("_automaton", "states")

    def __init__(self, automaton: Automaton, states: int) -> None:
        super().__init__()
        self._automaton = automaton
        self.states = states

    def __missing__(self, character: str) -> _Set:
        following = self[character] = self._automaton.lead(self.states, character)
        return following


class _Masks(dict[str, int]):
    """The states whose tokens take a character.

    Between two neighbouring ends of ranges all characters are taken by the same tokens, so a table of those ends serves
    for all characters; what was looked up is remembered.
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
