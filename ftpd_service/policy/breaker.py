"""The circuit breaker of a checker: after several failures in a row it is not asked for a while.

The breaker is pure: the caller passes the time in seconds of a monotonic clock.  While it is open, one attempt after
another is let through, at most one every `retry_seconds`, and the first answer closes it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """The bounds of a breaker."""

    failures: int = 5
    """The failures in a row that open it."""
    retry_seconds: float = 30.0
    """The time from a failure to the next attempt while it is open."""


class Attempt:
    """One question that the breaker has let through; it ends with exactly one call of a method of the breaker.

    :ivar answers: the answers of the checker before the question.
    """

    __slots__ = ("answers",)

    def __init__(self, answers: int = 0) -> None:
        self.answers = answers


class Breaker:
    """The state of one checker's breaker."""

    __slots__ = ("_answers", "_failed", "_retry_at", "_trial", "settings")

    def __init__(self, settings: BreakerSettings) -> None:
        self.settings = settings
        self._answers = 0
        self._failed = 0
        self._retry_at: float | None = None
        self._trial: Attempt | None = None

    @property
    def is_open(self) -> bool:
        """True while the checker is not asked, except by a single attempt at a time."""
        return self._retry_at is not None

    def begin(self, now: float) -> Attempt | None:
        """Return an attempt, or None if the question must not be asked now."""
        attempt = Attempt(self._answers)
        if self._retry_at is not None:
            if self._trial is not None or now < self._retry_at:
                return None
            self._trial = attempt
        return attempt

    def answered(self, attempt: Attempt) -> bool:
        """Count an answer, right or wrong password alike; return whether it closed the breaker.

        While the breaker is open, an answer to a question from before its opening changes nothing.
        """
        if self._retry_at is not None and self._trial is not attempt:
            return False
        self._answers += 1
        closed, self._retry_at, self._trial, self._failed = self.is_open, None, None, 0
        return closed

    def failed(self, attempt: Attempt, now: float) -> bool:
        """Count a failure; return whether it opened the breaker, which was closed before.

        A failure does not count if another question got its answer in the meantime: the checker works.  So clients who
        ask more than it can answer in time do not lock others out.
        """
        if self._retry_at is None:
            if attempt.answers != self._answers:
                return False
            self._failed += 1
            if self._failed < self.settings.failures:
                return False
            self._retry_at = now + self.settings.retry_seconds
            return True
        if self._trial is attempt:
            self._retry_at, self._trial = now + self.settings.retry_seconds, None
        return False

    def abandoned(self, attempt: Attempt) -> None:
        """End an attempt that neither answered nor failed; the next question may be the trial instead."""
        if self._trial is attempt:
            self._trial = None
