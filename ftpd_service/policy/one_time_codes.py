"""Which one-time codes count (RFC 6238): when, and for whom again.  Pure: the time and the check are arguments.

A code of the present step of 30 seconds counts, and one of the step before or behind it, as clocks differ.  It counts
once.  But FTP clients open several connections with one saved password, so a code that was right counts again from the
same host for a while, and never from another host.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from ftpd_service.errors import LoginsSaturated

STEP_SECONDS = 30
STEPS_ASIDE = 1
"""How many steps before and behind the present one count."""
MOST_USED_CODES = 50_000
"""The most codes that are remembered; each was right, so clients without secrets cannot add any."""
MOST_OF_ACCOUNT = 16
"""The most codes of an account that are remembered; of older ones none is in time, and they count no more."""


@dataclass(frozen=True, slots=True)
class _Use:
    host: Hashable
    in_time_until: float
    """Until then the code could be new, and must be known as used."""
    again_until: float


class OneTimeCodes:
    """The codes that were used a short while ago, by account and step."""

    def __init__(self) -> None:
        self._used: OrderedDict[tuple[str, int], _Use] = OrderedDict()
        self._steps: dict[str, set[int]] = {}

    def refusal(
        self, account: str, is_right: Callable[[int], bool], *, host: Hashable, now: float, again_seconds: float
    ) -> str | None:
        """Return why a code does not count, for the log, or None: it counts, and is used from now on.

        :param is_right: whether the code is that of a step.  It is called for all steps that come into question, so
            that the time tells nothing.
        :param now: the seconds since 1970.
        :param again_seconds: how long a code counts again from its host.
        :raises LoginsSaturated: too many codes that are in time are remembered, and this one cannot be.
        """
        reason, fresh = self._looked_at(account, is_right, host=host, now=now)
        if fresh is not None:
            self._use(account, fresh, _Use(host, now + _longest_life(), now + again_seconds), now)
        return reason

    def problem(self, account: str, is_right: Callable[[int], bool], *, host: Hashable, now: float) -> str | None:
        """Return why a code does not count, as `refusal` does, without using it."""
        return self._looked_at(account, is_right, host=host, now=now)[0]

    def _looked_at(
        self, account: str, is_right: Callable[[int], bool], *, host: Hashable, now: float
    ) -> tuple[str | None, int | None]:
        """Return why a code does not count, if so, and the step for which it is new."""
        self._forget(now)
        present = int(now // STEP_SECONDS)
        in_time = range(present - STEPS_ASIDE, present + STEPS_ASIDE + 1)
        right = [step for step in sorted({*in_time, *self._steps.get(account, ())}) if is_right(step)]
        if not right:
            return "the one-time code is wrong", None
        uses = [self._used.get((account, step)) for step in right]
        if any(use is not None and use.host == host and now < use.again_until for use in uses):
            return None, None
        fresh = [step for step, use in zip(right, uses, strict=True) if use is None]
        if not fresh:
            elsewhere = all(use is not None and use.host != host for use in uses)
            return f"the one-time code was used before{', from another host' if elsewhere else ''}", None
        return None, fresh[0]

    def _use(self, account: str, step: int, use: _Use, now: float) -> None:
        if len(self._used) >= MOST_USED_CODES:
            oldest, earlier = next(iter(self._used.items()))
            if now < earlier.in_time_until:
                raise LoginsSaturated("too many one-time codes were used: this code was not checked")
            self._drop(*oldest)
        self._used[account, step] = use
        steps = self._steps.setdefault(account, set())
        steps.add(step)
        if len(steps) > MOST_OF_ACCOUNT:
            self._drop(account, min(steps))

    def _forget(self, now: float) -> None:
        """Forget codes that count no more, the oldest first."""
        while self._used:
            (account, step), use = next(iter(self._used.items()))
            if now < max(use.in_time_until, use.again_until):
                return
            self._drop(account, step)

    def _drop(self, account: str, step: int) -> None:
        del self._used[account, step]
        steps = self._steps[account]
        steps.discard(step)
        if not steps:
            del self._steps[account]


def _longest_life() -> float:
    """Return how long a code can be in time at most."""
    return STEP_SECONDS * (2 * STEPS_ASIDE + 1)
