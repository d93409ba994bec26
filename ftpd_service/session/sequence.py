"""One-shot state: the values that a verb leaves for a later verb, and their lapse.

The declarations of verbs say which verbs set, keep or use the state (``commands/command.py``).
``commands/dispatch.py`` applies the declarations through `lapse`, so no verb needs to know the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, auto

from ftpd_service.errors import BadSequence
from ftpd_service.values import ByteRange, VirtualPath


class OneShot(Flag):
    """The kinds of one-shot state."""

    NONE = 0
    RESTART = auto()
    """The offset of REST, which lives until a transfer, USER, REIN or AUTH."""
    RANGE = auto()
    """The range of RANG, which lives as long, and until HASH."""
    RENAME = auto()
    """The path of RNFR, which lives until the next command (RFC 959 section 4.1.3)."""
    COPY = auto()
    """The path of CPFR, which lives as long as that of RNFR."""
    PATHS = RENAME | COPY
    ALL = RESTART | RANGE | PATHS


@dataclass(slots=True, kw_only=True)
class Sequence:
    """The one-shot state of a session."""

    restart: int = 0
    """The offset in bytes, counted in the representation of the transfer; 0 means no offset."""
    part: ByteRange | None = None
    """The range of RANG, without an offset beside it: the later of both verbs counts."""
    rename_from: VirtualPath | None = None
    copy_from: VirtualPath | None = None
    allocated: int | None = None
    """The bytes of ALLO, for the next upload's check of free space."""

    @property
    def empty(self) -> bool:
        """Return whether there is no state."""
        paths = self.rename_from is None and self.copy_from is None
        return not self.restart and self.part is None and paths and self.allocated is None

    def demand(self, kinds: OneShot) -> None:
        """Demand the paths that a verb needs.

        :raises BadSequence: the verb before has left no such path.
        """
        if OneShot.RENAME in kinds and self.rename_from is None:
            raise BadSequence("Use RNFR first.")
        if OneShot.COPY in kinds and self.copy_from is None:
            raise BadSequence("Use CPFR first.")

    def lapse(self, kinds: OneShot) -> None:
        """Forget these kinds; the number of ALLO goes with the restart offset."""
        if OneShot.RESTART in kinds:
            self.restart = 0
            self.allocated = None
        if OneShot.RANGE in kinds:
            self.part = None
        if OneShot.RENAME in kinds:
            self.rename_from = None
        if OneShot.COPY in kinds:
            self.copy_from = None
