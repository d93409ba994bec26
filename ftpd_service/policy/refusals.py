"""Which refusals the log tells: all that an operator can read, and no flood that fills the disk."""

from __future__ import annotations

from typing import ClassVar

AT_ONCE = 100
"""So many refusals of a session are told without a pause."""

PER_SECOND = 1.0
"""How many more are told in each second that follows."""


class Refusals:
    """Counts the refusals of one session.

    :ivar untold: how many were left out of the log since the last refusal that was told.
    """

    __slots__ = ("_left", "_when", "untold")

    at_once: ClassVar[int] = AT_ONCE
    per_second: ClassVar[float] = PER_SECOND

    def __init__(self, now: float) -> None:
        self._left = float(self.at_once)
        self._when = now
        self.untold = 0

    def told(self, now: float) -> int | None:
        """Count a refusal: how many were left out before it, or None where it is left out too."""
        self._left = min(self.at_once, self._left + max(0.0, now - self._when) * self.per_second)
        self._when = now
        if self._left < 1:
            self.untold += 1
            return None
        self._left -= 1
        before, self.untold = self.untold, 0
        return before
