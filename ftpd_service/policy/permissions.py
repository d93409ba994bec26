"""The rules that allow an account its actions.  Pure: `ftpd_service.storage.permitted` asks them about every path.

The first rule whose pattern matches a path decides about the path; without such a rule the `permissions` of the account
do.  In a folder the rules of the folder go before those of the account, and the `permissions` of the folder take the
place of the account's.  Every `Decision` names its rule.

Rules are about paths as the client types them, after ``.`` and ``..`` are removed.  Only the storage knows links, so a
link leads to its target under the rules of the link's own path.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from zope.interface import Interface

from ftpd_service.path_rules import Folder, PathRule
from ftpd_service.policy.decisions import Decision, Inside, View, Zone
from ftpd_service.policy.equal_names import EqualNames
from ftpd_service.policy.path_patterns import PathAutomaton, parse_pattern
from ftpd_service.policy.version_names import VERSIONS_PLACE, original_of
from ftpd_service.values import ROOT, Permissions, VirtualPath

WHOLE_TREE = "permissions"
"""The id of the default rule: the account's own key in the configuration."""

_OF_ENTRIES = (
    Permissions.LIST
    | Permissions.READ
    | Permissions.OVERWRITE
    | Permissions.APPEND
    | Permissions.DELETE
    | Permissions.REMOVE_DIRECTORY
    | Permissions.ATTRIBUTES
)
"""The permissions for an existing entry, which no rename may widen."""


class IPermissions(Interface):
    """A storage with permissions, which are checked before it looks for the path."""

    def demand(path: VirtualPath, wanted: Permissions) -> None:
        """Refuse an action that is not permitted, whether the path exists or not.

        :raises PermissionDenied: not all wanted permissions are granted.
        """

    def demand_any(path: VirtualPath, wanted: Permissions) -> None:
        """Refuse a verb that needs at least one of several permissions, depending on the entry at the path.

        :raises PermissionDenied: no wanted permission is granted.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The reason against a rename: a rule that would decide otherwise about the same entry."""

    rule: str
    missing: Permissions = Permissions.NONE
    """The permissions of the new name that the old name lacks."""
    below: bool = False
    """Whether the rules differ below the two names, which matters for directories only."""


class Rules:
    """The permissions of one account in its tree; an object never changes, so sessions share it."""

    def __init__(
        self,
        permissions: Permissions,
        *,
        rules: Sequence[PathRule] = (),
        folders: Sequence[Folder] = (),
        hide: Sequence[str] = (),
        refuse: Sequence[str] = (),
        equal: EqualNames | None = None,
    ) -> None:
        """Take the rules of an account.

        :param permissions: the permissions where no rule decides.
        :param hide: the patterns of names that no client sees or makes, with everything below them.
        :param refuse: the patterns of names that no client makes.
        :param equal: the names that are the same name, so that a pattern matches all of them.
        """
        self._key = _same if equal is None else equal.key
        self._given = partial(Rules, permissions, rules=rules, folders=folders, hide=hide, refuse=refuse)
        # The patterns are numbered in the order in which rules decide.
        of_folders = [rule for folder in folders for rule in folder.rules]
        patterns = [parse_pattern(self._key(rule.path)) for rule in (*of_folders, *rules)]
        self._hide = dict(enumerate(hide, len(patterns)))
        patterns += [parse_pattern(self._key(text), whole_trees=True) for text in hide]
        self._refuse = dict(enumerate(refuse, len(patterns)))
        patterns += [parse_pattern(self._key(text)) for text in refuse]
        self._automaton = automaton = PathAutomaton(patterns)
        self._hide_bits, self._refuse_bits = (
            sum(automaton.finals[number] for number in numbered) for numbered in (self._hide, self._refuse)
        )
        everywhere = Decision(permissions=permissions, rule=WHOLE_TREE)
        shared = list(_numbered(rules, len(of_folders), everywhere))
        self._home = Zone(automaton, everywhere, shared, self._hide_bits)
        self._folders: dict[VirtualPath, Zone] = {}
        first = 0
        for folder in folders:
            default = _default(folder, everywhere)
            own = _numbered(folder.rules, first, default, folder=folder.path)
            first += len(folder.rules)
            again = _numbered(rules, len(of_folders), default)
            self._folders[folder.path] = Zone(automaton, default, [*own, *again], self._hide_bits)
        self._uniform = not patterns and not folders
        self._last = (ROOT, automaton.start)

    def current(self) -> Rules:
        """Return the rules in force: these."""
        return self

    def regarding(self, equal: EqualNames) -> Rules:
        """Return the same rules, for which some names are the same name."""
        return self._given(equal=equal)

    def allowed(self, path: VirtualPath) -> Decision:
        """Return the permissions at a path, which need not exist."""
        if self._uniform:
            return self._home.default
        decision, original = self._zone(path).decision(self._after(path)), original_of(path)
        return decision if original is None else decision.within(self.allowed(original))

    def view(self, path: VirtualPath) -> View:
        """Return what is told of a path."""
        view, original = self._zone(path).view(self._after(path)), original_of(path)
        return view if original is None else view.within(self.view(original))

    def inside(self, path: VirtualPath) -> Inside:
        """Return the views of the names in a directory."""
        start = "/" if path == ROOT else f"{path}/"
        folders = {
            place[len(start) :]: zone
            for place, zone in self._folders.items()
            if place.startswith(start) and "/" not in place[len(start) :]
        }
        inside = Inside(self._automaton, self._zone(path), self._after(path), folders, key=self._key)
        if not self._uniform and path.endswith(f"/{VERSIONS_PLACE}"):
            return inside.look_by(lambda name: self.view(VirtualPath(f"{path}/{name}")))
        return inside

    def hiding(self, path: VirtualPath) -> str | None:
        """Return the pattern that hides a path or a directory above it, or None; a version is hidden with its file."""
        original = original_of(path) if self._hide_bits else None
        hiding = self._pattern(path, self._hide, self._hide_bits)
        return self.hiding(original) if hiding is None and original is not None else hiding

    def refusing(self, path: VirtualPath) -> str | None:
        """Return the pattern by which no client may make a path, or None."""
        return self._pattern(path, self._refuse, self._refuse_bits)

    def difference(self, source: VirtualPath, target: VirtualPath) -> Difference | None:
        """Return the reason against a rename, or None if the entry gains nothing by its new name.

        An entry may lose permissions.  Below a directory the rules, and the patterns of hidden and refused names, must
        be alike all the way down; otherwise a rename of the directory would get round them.
        """
        if self._uniform:
            return None
        before, after = self.allowed(source), self.allowed(target)
        gained = after.permissions & ~before.permissions & _OF_ENTRIES
        if gained:
            return Difference(rule=before.rule, missing=gained)
        if f"/{VERSIONS_PLACE}" in (source[-len(VERSIONS_PLACE) - 1 :], target[-len(VERSIONS_PLACE) - 1 :]):
            # The rules of the files hold in it, and would not hold under its new name.
            return Difference(rule=before.rule, below=True)
        rule = self._differing(source, target)
        return None if rule is None else Difference(rule=rule, below=True)

    def _differing(self, source: VirtualPath, target: VirtualPath) -> str | None:
        ends = [(self._zone(path), self._after(path)) for path in (source, target)]
        first, second = (zone.below(states) for zone, states in ends)
        for one, other in zip(first, second, strict=False):
            if one[0] != other[0] or one[1].permissions != other[1].permissions:
                return (one if one[1].pattern else other)[1].rule
        for name, numbered in (("hide", self._hide), ("refuse", self._refuse)):
            rests = [{self._automaton.rests(states, number) for number in numbered} for _, states in ends]
            if rests[0] != rests[1]:
                return name
        return None

    def _pattern(self, path: VirtualPath, numbered: dict[int, str], bits: int) -> str | None:
        matched = self._after(path) & bits if bits else 0
        if not matched:
            return None
        return next(text for number, text in numbered.items() if self._automaton.finals[number] & matched)

    def _zone(self, path: VirtualPath) -> Zone:
        place = folder_of(path, self._folders) if self._folders else None
        return self._home if place is None else self._folders[place]

    def _after(self, path: VirtualPath) -> int:
        # A verb asks several times about the same path.
        last, states = self._last
        if last != path:
            states = self._automaton.after(VirtualPath(self._key(path)))
            self._last = (path, states)
        return states


def _same(text: str) -> str:
    return text


def folder_of(path: VirtualPath, folders: Container[VirtualPath]) -> VirtualPath | None:
    """Return the innermost folder that a path is in, or None; a folder's own place is in the folder."""
    above = path
    while above not in folders:
        above = VirtualPath(above.rpartition("/")[0])
        if not above:
            return None
    return above


def _default(folder: Folder, everywhere: Decision) -> Decision:
    if folder.permissions is None:
        return everywhere
    return Decision(permissions=folder.permissions, rule=f"{WHOLE_TREE} of {folder.path}")


def _numbered(
    rules: Sequence[PathRule], first: int, default: Decision, *, folder: str = ""
) -> Iterator[tuple[int, Decision]]:
    """Yield the number of each rule's pattern, and the rule's decision."""
    for number, rule in enumerate(rules):
        name = rule.id or (f"{number + 1} of {folder}" if folder else str(number + 1))
        granted = default.permissions & ~(rule.deny or Permissions.NONE) if rule.allow is None else rule.allow
        yield first + number, Decision(permissions=granted, rule=name, pattern=rule.path)
