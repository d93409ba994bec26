"""The argument of LIST and NLST: option words like those of ``ls``, then a path, which may contain spaces."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_WORDS = re.compile(r"((?:-[A-Za-z0-9]+(?: |\Z))*)(?:--(?: |\Z))?", re.ASCII)
"""The option words and the ``--`` that ends them; an option word ends at a space or with the text."""

_PROBES = frozenset({"-a", "-l", "-la", "-al"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """The meaning of the option letters; other letters are ignored."""

    all_names: bool = False
    """``a`` or ``A``: the listing has dot files."""
    dot_entries: bool = False
    """``a``: the listing has ``.`` and ``..``."""
    long: bool = False
    """``l``: NLST returns rows of LIST."""
    itself: bool = False
    """``d``: the listing shows a directory itself, not its entries."""
    by_time: bool = False
    """``t``: the newest entry comes first.  The last of ``t`` and ``S`` counts."""
    by_size: bool = False
    """``S``: the largest entry comes first."""
    reverse: bool = False
    """``r``: the order is reversed."""
    follow: bool = False
    """``L``: links are shown as their targets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListArgument:
    """The options and the path of a listing, and the whole argument, which may be a path that looks like options."""

    options: ListOptions
    path: str
    """The path after the options, or an empty text."""
    words: str
    """The whole argument, unchanged."""
    first_is_probe: bool
    """Whether the argument is ``-a``, ``-l``, ``-la`` or ``-al``, which clients send as a probe and never as a path."""


def listing(text: str) -> ListArgument:
    """Parse the argument of LIST and NLST; every argument is valid."""
    words = _WORDS.match(text)
    assert words is not None, "no option words are a match too"
    path = text[words.end() :]
    return ListArgument(
        options=_options(words.group(1)), path=path, words=text, first_is_probe=text.strip(" ") in _PROBES
    )


def _options(letters: Iterable[str]) -> ListOptions:
    # The record is made once: a line may have thousands of letters, and a record for each would take 10 ms.
    asked: dict[str, bool] = {}
    for letter in letters:
        asked.update(_MEANINGS.get(letter, {}))
    return ListOptions(**asked)


_MEANINGS: dict[str, dict[str, bool]] = {
    "a": {"all_names": True, "dot_entries": True},
    "A": {"all_names": True},
    "l": {"long": True},
    "d": {"itself": True},
    "t": {"by_time": True, "by_size": False},
    "S": {"by_size": True, "by_time": False},
    "r": {"reverse": True},
    "L": {"follow": True},
}
