"""The permissions that a verb needs, as its declaration says, for docs/verbs.rst, for ``explain`` and for a test.

No code decides by these declarations: ``storage/permitted.py`` decides, and ``tests/commands/test_needs.py`` compares
both for every verb and every permission.
"""

from __future__ import annotations

from dataclasses import dataclass

from ftpd_service.policy.decisions import TELLS_OF_FILES
from ftpd_service.values import Permissions


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """The permissions without which a verb is refused: all of some, and at least one of others."""

    every: Permissions = Permissions.NONE
    some: Permissions = Permissions.NONE
    """A single permission of these suffices; NONE if no such permission is needed."""

    def met(self, granted: Permissions) -> bool:
        """Return whether an account has the permissions."""
        return self.every in granted and (not self.some or bool(self.some & granted))

    def text(self) -> str:
        """Return the permissions in the configuration's words."""
        if self.every:
            return ", ".join(self.every.words())
        others = (Permissions.ALL & ~self.some).words()
        return f"any but {', '.join(others)}" if others else "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The permissions that a verb needs at the path of its argument, by the object there.

    None stands for an object that the verb is not for.
    """

    free: Needs | None = None
    """The needs if the path is free."""
    file: Needs | None = None
    directory: Needs | None = None
    argument: str = "{path}"
    """The argument of the verb, for a path."""

    def text(self) -> str:
        """Return the needs in the configuration's words, for each kind of object if they differ."""
        kinds = (("new", self.free), ("file", self.file), ("directory", self.directory))
        texts = {kind: needs.text() for kind, needs in kinds if needs is not None}
        if len(set(texts.values())) == 1:
            return next(iter(texts.values()))
        return "; ".join(f"{kind}: {text}" for kind, text in texts.items())


def needs(every: Permissions) -> Needs:
    """Return needs of which every permission counts."""
    return Needs(every=every)


TO_KNOW_FILE = Needs(some=TELLS_OF_FILES)
"""The needs of an account that learns something of a file."""
TO_KNOW_DIRECTORY = Needs(some=Permissions.ALL)
"""The needs of an account that enters a directory."""


def known(*, argument: str = "{path}", directory: bool = True) -> Access:
    """Return the access of a verb that tells something of an object."""
    return Access(file=TO_KNOW_FILE, directory=TO_KNOW_DIRECTORY if directory else None, argument=argument)


def existing(permissions: Permissions, *, argument: str = "{path}") -> Access:
    """Return the access of a verb that needs the same permissions for files and directories."""
    return Access(file=needs(permissions), directory=needs(permissions), argument=argument)
