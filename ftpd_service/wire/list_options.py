"""The argument of LIST and NLST: option words as ``ls`` has them, then a path with any spaces in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_WORDS = re.compile(r"((?:-[A-Za-z0-9]+(?: |\Z))*)(?:--(?: |\Z))?", re.ASCII)
"""Option words and the ``--`` that ends them; an option word ends at a space or with the text."""

_PROBES = frozenset({"-a", "-l", "-la", "-al"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """What the option letters ask for; letters that mean nothing here are ignored."""

    all_names: bool = False
    """``a`` or ``A``: dot files too."""
    dot_entries: bool = False
    """``a``: ``.`` and ``..`` too."""
    long: bool = False
    """``l``: NLST gives LIST rows."""
    itself: bool = False
    """``d``: the entry itself, not what is in it."""
    by_time: bool = False
    """``t``: newest first.  Of ``t`` and ``S`` the last one counts."""
    by_size: bool = False
    """``S``: largest first."""
    reverse: bool = False
    """``r``: the order turned round."""
    follow: bool = False
    """``L``: links are shown as what they lead to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListArgument:
    """Options and path of a listing; the whole argument too, as it may be a path that begins like options."""

    options: ListOptions
    path: str
    """Behind the options; empty where there is none."""
    words: str
    """The whole argument as it came."""
    first_is_probe: bool
    """Whether the argument is one of ``-a -l -la -al``: clients probe with it, so it is never tried as a path."""


def listing(text: str) -> ListArgument:
    """Parse the argument of LIST and NLST; nothing in it is an error."""
    words = _WORDS.match(text)
    assert words is not None, "no option words are a match too"
    path = text[words.end() :]
    return ListArgument(
        options=_options(words.group(1)), path=path, words=text, first_is_probe=text.strip(" ") in _PROBES
    )


def _options(letters: Iterable[str]) -> ListOptions:
    # Put together once: a record for each of the thousands of letters that a line has room for takes 10 ms.
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
