"""The rules of an account in force, from its live record."""

from __future__ import annotations

from functools import lru_cache

from ftpd_service.account import Account, LiveAccount
from ftpd_service.path_rules import Folder, PathRule
from ftpd_service.policy.equal_names import EqualNames
from ftpd_service.policy.permissions import Rules
from ftpd_service.values import Permissions

_MOST_SHARED = 256
"""The most sets of rules that sessions share; beyond them each session compiles its own."""


class LiveRules:
    """The rules of an account in force: a change of the account counts at the next path."""

    __slots__ = ("_account", "_equal", "_live", "_rules")

    def __init__(self, live: LiveAccount, equal: EqualNames | None = None) -> None:
        self._live = live
        self._account = live.account
        self._equal = equal
        self._rules = rules_of(live.account, equal)

    def regarding(self, equal: EqualNames) -> LiveRules:
        """Return the same rules, for which some names are the same name."""
        return LiveRules(self._live, equal)

    def current(self) -> Rules:
        """Return the rules in force."""
        account = self._live.account
        if account is not self._account:
            self._rules, self._account = rules_of(account, self._equal), account
        return self._rules


def rules_of(account: Account, equal: EqualNames | None = None) -> Rules:
    """Return the rules of an account; accounts with the same rules share them."""
    names = (account.hide, account.refuse)
    return _compiled(account.permissions, account.rules, account.folders, names, equal)


@lru_cache(maxsize=_MOST_SHARED)
def _compiled(
    permissions: Permissions,
    rules: tuple[PathRule, ...],
    folders: tuple[Folder, ...],
    names: tuple[tuple[str, ...], tuple[str, ...]],
    equal: EqualNames | None,
) -> Rules:
    hide, refuse = names
    return Rules(permissions, rules=rules, folders=folders, hide=hide, refuse=refuse, equal=equal)
