"""The pauses between the tries of an action, and the end of its tries; pure."""

from __future__ import annotations

FIRST_RETRY_SECONDS = 1.0
"""The longest pause after the first failure."""

LONGEST_RETRY_SECONDS = 300.0
"""The longest pause that nobody has asked for."""

LONGEST_ASKED_SECONDS = 3600.0
"""The longest pause that a receiver gets by asking for it (``Retry-After``)."""


def pause_seconds(failures: int, chance: float, *, longest: float = LONGEST_RETRY_SECONDS) -> float:
    """Return the pause after some failures in a row: it doubles, and half of it is left to chance.

    :param failures: at least one.
    :param chance: from 0 to 1, so that rows that failed together are not tried together.
    """
    # A larger exponent would have no effect but its cost.
    whole: float = min(longest, FIRST_RETRY_SECONDS * 2 ** min(failures - 1, 32))
    return whole * (0.5 + 0.5 * chance)


def asked_seconds(retry_after: float | None) -> float:
    """Return the pause that a receiver has asked for, within its bound."""
    return 0.0 if retry_after is None else min(max(0.0, retry_after), LONGEST_ASKED_SECONDS)


def next_try(now: float, failing_since: float, pause: float, retry_seconds: float) -> float | None:
    """Return the time of the next try, or None if there is none; the last try comes at the end of the time.

    :param failing_since: the time of the first failure.
    :param retry_seconds: the time after the first failure in which the action is tried again.
    """
    end = failing_since + retry_seconds
    return min(now + pause, end) if now < end else None
