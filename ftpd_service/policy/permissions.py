"""Which rule allows an account what: pure, asked by `ftpd_service.storage.permitted` about every path.

Today one set of permissions holds for the whole tree.  `Rules.allowed` is asked about a path all the same, and every
`Decision` names its rule, so that rules about parts of the tree can come without a change elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from zope.interface import Interface

from ftpd_service.values import Permissions, VirtualPath

WHOLE_TREE = "permissions"
"""The id of the rule that holds where no other does: the account's own key in the configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is allowed at a path, and the id of the rule that says so, for the log."""

    permissions: Permissions
    rule: str

    def permits(self, wanted: Permissions) -> bool:
        """Whether everything that is wanted is allowed."""
        return wanted in self.permissions


class IPermissions(Interface):
    """A storage that has permissions, to be asked before it is looked what stands at a path."""

    def demand(path: VirtualPath, wanted: Permissions) -> None:
        """Refuse what is not permitted, whether anything stands at the path or not.

        :raises PermissionDenied: not everything that is wanted is permitted.
        """

    def demand_any(path: VirtualPath, wanted: Permissions) -> None:
        """The same for a verb that needs one of several permissions, by what stands at the path.

        :raises PermissionDenied: nothing of what is wanted is permitted.
        """


class Rules:
    """What one account may do in its tree.

    :param permissions: of the whole tree.
    """

    def __init__(self, permissions: Permissions) -> None:
        self._everywhere = Decision(permissions=permissions, rule=WHOLE_TREE)

    def allowed(self, path: VirtualPath) -> Decision:
        """What the account may do with a path, which need not exist."""
        return self._everywhere

    def below(self, path: VirtualPath) -> Decision | None:
        """What holds for every name in a directory alike, or None where that depends on the name."""
        return self._everywhere
