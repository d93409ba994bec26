"""The kinds of the entries of a list: a key of an entry names its kind, which an installed package may have added."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any

from pydantic import ValidatorFunctionWrapHandler

from ftpd_service.config import words
from ftpd_service.config.forms import either
from ftpd_service.config.section import Section


def kinds_expected(own: Collection[str], found: Collection[str]) -> str:
    """Return the mistake in an entry that names no kind, or several."""
    return f"expected one of {either(tuple(own))}" + (f", found {' and '.join(found)}" if found else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class PluggedKinds:
    """The kinds of a list."""

    section: type[Section]
    """The section of an entry, which has a key for each kind of ours."""
    own: Collection[str]
    installed: Callable[[], tuple[EntryPoint, ...]]
    """Returns the entry points of installed packages, whose names are kinds too."""

    def of(self, entry: Mapping[Any, object]) -> list[str]:  # Any: the keys of a mapping in YAML
        """Return the keys of an entry that name a kind."""
        others = [name for name in entry if name not in self.section.model_fields]
        offered = {point.name for point in self.installed()} if others else ()
        return [name for name in entry if name in self.own or (name in others and name in offered)]

    def section_of(
        self,
        entry: Mapping[Any, object],  # Any: likewise
        handler: ValidatorFunctionWrapHandler,
        plugged: type[Section],
    ) -> object:
        """Return the section of an entry.

        :param plugged: the section of an entry whose kind is an installed package's; it takes `name` and `given`.
        """
        name = next((name for name in self.of(entry) if name not in self.own), None)
        if name is None:
            return handler(entry)
        common = handler({other: given for other, given in entry.items() if other != name})
        options = {} if entry[name] is None else words.options(entry[name])
        return plugged.model_construct(**dict(common), name=name, given=options)
