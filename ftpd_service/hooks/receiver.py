"""The state of the receiver of a rule's action: after failures in a row, it gets one event at a time."""

from __future__ import annotations

from ftpd_service.policy.retries import asked_seconds, pause_seconds

FAILURES_BEFORE_PAUSE = 3
"""After so many failures in a row, without a success between them, the receiver counts as down."""

LONGEST_PROBE_PAUSE_SECONDS = 60.0
"""The longest time between two probes of a receiver that asks for none."""


class Receiver:
    """The receiver of an action, as the last tries have found it.

    So a receiver that is down costs the rule a try a minute, and not a failure of every event that waits.

    :ivar until: the time of the next probe while it is down, in seconds since 1970.
    """

    def __init__(self) -> None:
        self.until = 0.0
        self._failures = 0

    @property
    def down(self) -> bool:
        """Whether it gets nothing but probes."""
        return self._failures >= FAILURES_BEFORE_PAUSE

    def answered(self) -> bool:
        """Note a success, or a refusal that is about the event; return whether it was down."""
        was_down = self.down
        self._failures, self.until = 0, 0.0
        return was_down

    def failed(self, now: float, retry_after: float | None, chance: float) -> bool:
        """Note a failure that may be about the receiver; return whether it counts as down from now on.

        :param retry_after: the pause that it has asked for: then it counts as down at once.
        :param chance: from 0 to 1.
        """
        was_down = self.down
        self._failures = self._failures + 1 if retry_after is None else max(self._failures + 1, FAILURES_BEFORE_PAUSE)
        if self.down:
            pause = pause_seconds(
                self._failures - FAILURES_BEFORE_PAUSE + 1, chance, longest=LONGEST_PROBE_PAUSE_SECONDS
            )
            self.until = max(self.until, now + max(pause, asked_seconds(retry_after)))
        return self.down and not was_down
