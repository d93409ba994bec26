"""The seam of uploads that keep the file that they replace."""

from __future__ import annotations

from dataclasses import dataclass

from ftpd_service.interfaces import IHiddenWrite


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFormer:
    """The effect of a commit on the files of an account besides its own file: a version more, the oldest removed."""

    bytes: int = 0
    files: int = 0


class IKeepsFormer(IHiddenWrite):
    """A write handle whose commit keeps the file that it replaces as a file of another name."""

    def kept_former() -> KeptFormer:
        """Return the effect of the commit, which has succeeded."""
