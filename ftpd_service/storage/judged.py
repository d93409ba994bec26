"""Judgments about the paths that clients name: the refusals of `ftpd_service.storage.permitted`."""

from __future__ import annotations

from typing import Protocol

from ftpd_service.errors import NameNotAllowed, NotFound, PermissionDenied
from ftpd_service.interfaces import IStorage
from ftpd_service.policy.decisions import TELLS_OF_FILES
from ftpd_service.policy.equal_names import EqualNames
from ftpd_service.policy.permissions import Rules
from ftpd_service.policy.version_names import VERSIONS_PLACE, original_of
from ftpd_service.values import Entry, EntryKind, Permissions, VirtualPath
from ftpd_service.wire import paths


class RulesInForce(Protocol):
    """The source of an account's rules, which is asked for each path, so that a change counts at once."""

    def current(self) -> Rules:
        """Return the rules in force."""

    def regarding(self, equal: EqualNames) -> RulesInForce:
        """Return the same rules, for which some names are the same name."""


class Judged:
    """A storage with the rules of an account, which are read for each path."""

    def __init__(self, inner: IStorage, rules: RulesInForce) -> None:
        self._inner = inner
        self._in_force = rules

    @property
    def _rules(self) -> Rules:
        return self._in_force.current()

    def demand(self, path: VirtualPath, wanted: Permissions) -> None:
        decision = self._rules.allowed(path)
        if not decision.permits(wanted):
            missing = wanted & ~decision.permissions
            raise PermissionDenied("not permitted", rule=decision.rule, missing=missing, path=path)

    def demand_any(self, path: VirtualPath, wanted: Permissions) -> None:
        decision = self._rules.allowed(path)
        if not decision.permissions & wanted:
            raise PermissionDenied("not permitted", rule=decision.rule, missing=wanted, path=path)

    def _demand_any_for_files(self, path: VirtualPath) -> None:
        """Refuse a path that is missing or no directory, unless the account may know about files."""
        decision = self._rules.allowed(path)
        if not decision.permissions & TELLS_OF_FILES:
            raise PermissionDenied("not permitted", rule=decision.rule, missing=Permissions.LIST, path=path)

    def _find(self, path: VirtualPath) -> None:
        """Answer for the storage that a hidden name is missing."""
        pattern = self._rules.hiding(path)
        if pattern is not None:
            raise NotFound("a hidden name", rule=f"hide {pattern}")

    def _may_make(self, path: VirtualPath, *, directory: bool = False) -> None:
        """Refuse a name that no client may make, whether the name is taken or free."""
        self._find(paths.parent(path))
        if original_of(path) is not None or (path.endswith(f"/{VERSIONS_PLACE}") and not directory):
            raise NameNotAllowed(
                "no client makes a former file, or a file in the place of their directory", rule="keep_versions"
            )
        rules = self._rules
        for key, pattern in (("hide", rules.hiding(path)), ("refuse", rules.refusing(path))):
            if pattern is not None:
                raise NameNotAllowed("no client may make such a name", rule=f"{key} {pattern}")

    async def _present(self, path: VirtualPath) -> Entry | None:
        try:
            return await self._inner.stat(path)
        except NotFound:
            return None

    async def _stands(self, path: VirtualPath) -> bool:
        """Return whether a rename to a path would replace something that others see."""
        present = await self._present(path)
        return present is not None and present.kind is not EntryKind.UNFINISHED

    async def _may_hold(self, path: VirtualPath) -> bool:
        """Return whether there may be names below a path; a dangling link may lead to a directory one day."""
        present = await self._present(path)
        return present is not None and present.kind not in (EntryKind.FILE, EntryKind.UNFINISHED)
