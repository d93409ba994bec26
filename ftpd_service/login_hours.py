"""The parts of a week in which an account may log in."""

from __future__ import annotations

from dataclasses import dataclass

WEEK_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The words for the days of a week; a day's number is its position."""

MINUTES_OF_DAY = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class HourSpan:
    """The same hours on some days."""

    days: frozenset[int]
    """The days on which the hours begin; 0 is Monday."""
    begins: int
    """In minutes after midnight; this minute is included."""
    ends: int
    """In minutes after midnight; this minute is not included.  Up to `begins`, it is on the next day."""

    def contains(self, day: int, minute: int) -> bool:
        """Return whether a minute of a day is among the hours."""
        if self.begins < self.ends:
            return day in self.days and self.begins <= minute < self.ends
        late, early = minute >= self.begins, minute < self.ends
        return (late and day in self.days) or (early and (day - 1) % len(WEEK_DAYS) in self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginHours:
    """The hours of an account."""

    text: str
    """The hours in the words of the configuration."""
    spans: tuple[HourSpan, ...]

    def __str__(self) -> str:
        return self.text

    def contains(self, day: int, minute: int) -> bool:
        """Return whether a minute of a day is among the hours."""
        return any(span.contains(day, minute) for span in self.spans)


EACH_DAY = frozenset(range(len(WEEK_DAYS)))
AT_ANY_TIME = LoginHours(text="any", spans=(HourSpan(days=EACH_DAY, begins=0, ends=MINUTES_OF_DAY),))
