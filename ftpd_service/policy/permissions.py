"""The rules that allow an account its actions.  Pure: `ftpd_service.storage.permitted` asks them about every path.

Today a single set of permissions holds for the whole tree.  `Rules.allowed` still takes a path, and every `Decision`
names its rule, so that rules about parts of the tree can be added without a change elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from zope.interface import Interface

from ftpd_service.account import Account, LiveAccount
from ftpd_service.values import Permissions, VirtualPath

WHOLE_TREE = "permissions"
"""The id of the default rule: the account's own key in the configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The permissions at a path, and the id of the rule that decided, for the log."""

    permissions: Permissions
    rule: str

    def permits(self, wanted: Permissions) -> bool:
        """Return whether all wanted permissions are allowed."""
        return wanted in self.permissions


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


class Rules:
    """The permissions of one account in its tree.

    :param permissions: the permissions for the whole tree.
    """

    def __init__(self, permissions: Permissions) -> None:
        self._everywhere = Decision(permissions=permissions, rule=WHOLE_TREE)

    def allowed(self, path: VirtualPath) -> Decision:
        """Return the permissions for a path, which need not exist."""
        return self._everywhere

    def below(self, path: VirtualPath) -> Decision | None:
        """Return the decision for all names in a directory, or None if it depends on the name."""
        return self._everywhere


class LiveRules(Rules):
    """The rules of an account in force: a change of the account counts at the next path."""

    def __init__(self, live: LiveAccount) -> None:
        self._live = live
        self._take(live.account)

    def _take(self, account: Account) -> None:
        self._account = account
        super().__init__(account.permissions)

    def allowed(self, path: VirtualPath) -> Decision:
        """See `Rules.allowed`."""
        if self._live.account is not self._account:
            self._take(self._live.account)
        return super().allowed(path)

    def below(self, path: VirtualPath) -> Decision | None:
        """See `Rules.below`."""
        if self._live.account is not self._account:
            self._take(self._live.account)
        return super().below(path)
