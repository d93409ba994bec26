"""The decisions of rules about single paths, and about all names of a directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ftpd_service.policy.path_patterns import PathAutomaton, Rest, takes_everything
from ftpd_service.values import Permissions

MOST_VIEWS = 512
"""The most views in the cache of a zone."""

TELLS_OF_FILES = (
    Permissions.LIST
    | Permissions.READ
    | Permissions.OVERWRITE
    | Permissions.APPEND
    | Permissions.DELETE
    | Permissions.RENAME
    | Permissions.ATTRIBUTES
)
"""The permissions to do something with an existing file; each of them suffices to learn of the file."""

_OF_CONTENT = Permissions.CREATE | Permissions.MAKE_DIRECTORY | Permissions.OVERWRITE | Permissions.APPEND
"""The permissions that the facts of a directory tell for the names in it."""
_OF_BOTH = Permissions.DELETE
"""The permissions that the facts of a directory tell if both the directory and the names in it have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The permissions at a path, and the rule that decided, for the log and for ``explain``."""

    permissions: Permissions
    rule: str
    """The rule's id or number."""
    pattern: str = ""
    """The rule's pattern; empty if the permissions of the account or of a folder decided."""

    def permits(self, wanted: Permissions) -> bool:
        """Return whether all wanted permissions are allowed."""
        return wanted in self.permissions

    def within(self, other: Decision) -> Decision:
        """Return what both decisions allow, with the rule that allows less."""
        both = self.permissions & other.permissions
        return self if both == self.permissions else replace(other, permissions=both)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The permissions that listings and facts tell of a name."""

    file: Permissions
    directory: Permissions
    """The permissions if the name is a directory: for itself, and for the names in it."""
    listed: bool
    """Whether listings show the name at all: it is not hidden, and may be listed."""

    def within(self, other: View) -> View:
        """Return what both views tell."""
        return View(
            file=self.file & other.file,
            directory=self.directory & other.directory,
            listed=self.listed and other.listed,
        )


class Zone:
    """The rules of a part of the tree: of the home, or of a folder.

    :ivar default: the decision where no rule decides.
    """

    __slots__ = ("_automaton", "_bits", "_by_bit", "_decisions", "_hide", "_views", "default")

    def __init__(
        self, automaton: PathAutomaton, default: Decision, decisions: Sequence[tuple[int, Decision]], hide: int
    ) -> None:
        """Take the rules of the zone.

        :param decisions: the number of each rule's pattern, and the rule's decision; the first match decides, and the
            numbers ascend.
        :param hide: the final bits of the patterns of hidden names.
        """
        self._automaton = automaton
        self._decisions = tuple(decisions)
        self._by_bit = {automaton.finals[number]: decision for number, decision in decisions}
        self._bits = sum(self._by_bit)
        self._hide = hide
        self._views: dict[int, View] = {}
        self.default = default

    def decision(self, states: int) -> Decision:
        """Return the decision about a path, by the states behind it."""
        matched = states & self._bits
        return self._by_bit[matched & -matched] if matched else self.default

    def view(self, states: int) -> View:
        """Return what is told of a path, by the states behind it."""
        view = self._views.get(states)
        if view is None:
            if len(self._views) >= MOST_VIEWS:
                self._views.clear()
            view = self._views[states] = self._view(states)
        return view

    def _view(self, states: int) -> View:
        own = self.decision(states).permissions
        inside = self.decision(self._automaton.plain(states)).permissions
        return View(
            file=own,
            directory=own & ~(_OF_CONTENT | _OF_BOTH) | inside & _OF_CONTENT | own & inside & _OF_BOTH,
            listed=Permissions.LIST in own and not states & self._hide,
        )

    def below(self, states: int) -> list[tuple[frozenset[Rest], Decision]]:
        """Return the rules that count below a directory, in order, each with the rests of its pattern.

        Lists that agree in all rests and permissions decide alike about every path below.
        """
        found: list[tuple[frozenset[Rest], Decision]] = []
        last = self.default
        for number, decision in self._decisions:
            rests = self._automaton.rests(states, number)
            if takes_everything(rests):
                last = decision
                break
            if rests:
                found.append((rests, decision))
        while found and found[-1][1].permissions == last.permissions:
            found.pop()
        return [*found, (frozenset(), last)]


class Inside:
    """The views of the names in a directory; any thread may ask for them.

    :ivar alike: the view of all names, or None if it depends on the name.
    """

    __slots__ = (
        "_automaton",
        "_folders",
        "_key",
        "_look",
        "_matchers",
        "_names",
        "_plain",
        "_states",
        "_zone",
        "alike",
    )

    def __init__(
        self,
        automaton: PathAutomaton,
        zone: Zone,
        states: int,
        folders: Mapping[str, Zone],
        *,
        key: Callable[[str], str],
    ) -> None:
        """Take the directory.

        :param folders: the zones of the folders that are directly in the directory, by name.
        :param key: returns the form of names that patterns are compared with.
        """
        self._key = key
        self._automaton = automaton
        self._zone = zone
        self._states = states
        self._folders = folders
        names, self._matchers = automaton.distinguished(states)
        self._names = names | {key(folder) for folder in folders}
        self._plain = zone.view(automaton.plain(states))
        self.alike = None if self._names or self._matchers else self._plain
        self._look: Callable[[str], View] | None = None

    def look_by(self, look: Callable[[str], View]) -> Inside:
        """Let another function tell of each name, and return this object."""
        self._look, self.alike = look, None
        return self

    def view(self, name: str) -> View:
        """Return what is told of a name."""
        if self._look is not None:
            return self._look(name)
        key = self._key(name)
        if key not in self._names and not any(matches(key) for matches in self._matchers):
            return self._plain
        states = self._automaton.step(self._states, key)
        view, folder = self._zone.view(states), self._folders.get(name)
        if folder is None:
            return view
        # The place of a folder is a name of this directory, though what may be done there is up to the folder.
        inside = folder.view(states)
        return replace(inside, listed=view.listed or inside.listed)

    def listed(self) -> Callable[[str], bool] | None:
        """Return whether a listing shows a name, as a function, or None if it shows every name."""
        if self.alike is not None and self.alike.listed:
            return None
        return lambda name: self.view(name).listed
