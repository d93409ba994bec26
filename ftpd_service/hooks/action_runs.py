"""A try of an action for a row: what comes of it, and what is kept of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum

from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.hook_interfaces import ActionFailed, IOutboxRows, OutboxRow
from ftpd_service.hooks.shared_action import SharedAction
from ftpd_service.policy.retries import asked_seconds, next_try, pause_seconds

_log = Logger(namespace="ftpd")

LONGEST_WAIT_SECONDS = 30.0
"""The longest pause between two tries to write to a database that does not answer."""


class RunOutcome(Enum):
    """The outcomes of a try of an action."""

    DONE = "done"
    AGAIN = "again"
    """It has failed, and is tried again."""
    DEAD = "dead"
    """It has failed, and the event is a dead letter now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRun:
    """A try of an action, for the log and for metrics."""

    action: SharedAction
    row: OutboxRow
    """The row before the try."""
    outcome: RunOutcome
    seconds: float
    reason: str = ""
    """Why it has failed."""
    retry_seconds: float | None = None
    """The time until the next try, or None if there is none."""

    @property
    def attempt(self) -> int:
        """The number of the try, from 1 on."""
        return self.row.tries + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryParts:
    """The parts that the deliveries of all rules share."""

    rows: IOutboxRows
    clock: IReactorTime
    now: Callable[[], float]
    """Returns seconds since 1970."""
    chance: Callable[[], float]
    """Returns a number from 0 to 1."""
    finished: Callable[[ActionRun], object]
    """Is told each try."""
    concurrency: Callable[[], int]
    """Returns how many rows of a rule may be delivered at once."""


async def failure_of(action: SharedAction, row: OutboxRow) -> ActionFailed | None:
    """Carry an action out; return its failure, or None."""
    try:
        await action.run(row.event, row.tries + 1)
    except CancelledError:
        raise
    except ActionFailed as problem:
        return problem
    except Exception as fault:  # actions are others' code, whose faults must not lose the row
        _log.failure("the action {action} of the rule {rule} has a fault", action=action.name, rule=row.rule)
        return ActionFailed(f"a fault of the action, which the log tells: {type(fault).__name__}")
    return None


def row_after_failure(
    row: OutboxRow, problem: ActionFailed, retry_seconds: float, parts: DeliveryParts
) -> OutboxRow | None:
    """Return the row as it waits for its next try, or None if there is none."""
    now = parts.now()
    since = now if row.failing_since is None else row.failing_since
    pause = max(pause_seconds(row.tries + 1, parts.chance()), asked_seconds(problem.retry_after))
    due = None if problem.final else next_try(now, since, pause, retry_seconds)
    return None if due is None else replace(row, tries=row.tries + 1, due=due, failing_since=since)


async def keep_change(change: Callable[[], Awaitable[None]], parts: DeliveryParts) -> None:
    """Change a row in the table; while the database does not answer, try again after growing pauses."""
    failures = 0
    while True:
        try:
            return await change()
        except DatabaseUnavailable:
            failures += 1
            pause = pause_seconds(failures, parts.chance(), longest=LONGEST_WAIT_SECONDS)
        await deferLater(parts.clock, pause)
