"""The changes of the outbox, as the service tells them to its table; this module does not import SQLAlchemy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol


class OutboxState(Enum):
    """The state of a row."""

    INTENT = "intent"
    """Its change was about to happen, and nobody knows yet whether it has."""
    READY = "ready"
    """It waits for delivery."""
    DEAD = "dead"
    """It waits for an operator."""


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """A new row."""

    id: str
    rule: str
    state: OutboxState
    account: str | None
    path: str | None
    event: str
    """The text of the event, which nobody needs to read in SQL."""
    proof: str | None
    created: float


@dataclass(frozen=True, slots=True)
class MarkedRow:
    """The change of an intent of this process has happened; its row gets the final event.

    The row is made if it is not there: a crash of PostgreSQL may have undone the intent, as `OutboxStore.write` says.
    """

    row: KeptEvent


@dataclass(frozen=True, slots=True)
class ReadyEvent:
    """The change of an intent of a dead process has happened; its rows become ready as they are."""

    id: str


@dataclass(frozen=True, slots=True)
class ForgottenIntent:
    """The change of an intent has not happened."""

    id: str


@dataclass(frozen=True, slots=True)
class UnprovedIntent:
    """Nobody can tell whether the change of an intent has happened."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeliveredRow:
    """All actions of a row have been carried out."""

    sequence: int
    id: str
    rule: str


@dataclass(frozen=True, slots=True)
class PostponedRow:
    """A row is tried again later, from one of its actions on."""

    sequence: int
    step: int
    tries: int
    due: float
    failing_since: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class DeadRow:
    """A row is a dead letter."""

    sequence: int
    reason: str


OutboxChange = (
    KeptEvent | MarkedRow | ReadyEvent | ForgottenIntent | UnprovedIntent | DeliveredRow | PostponedRow | DeadRow
)


class ReadRow(NamedTuple):
    """A row that waits for delivery, as it was read."""

    sequence: int
    rule: str
    event: str
    step: int
    tries: int
    due: float
    failing_since: float | None


class OpenIntent(NamedTuple):
    """An intent of another process."""

    id: str
    owner: str
    proof: str | None


class OutboxStore(Protocol):
    """The table of the outbox, as the service uses it; every method may raise DatabaseUnavailable."""

    async def write(self, changes: Sequence[OutboxChange], *, durable: bool) -> bool:
        """Make some changes in their order, all or none; a row that is there already is left alone.

        :param durable: whether they must outlive a power failure.
        :return: whether the connection is new, as it is behind a crash of the database, which may have lost the last
            transactions that were not durable.
        """

    async def ready(self, rule: str, after: int, most: int) -> Sequence[ReadRow]:
        """Return the oldest rows of a rule that wait for delivery, behind a place in the order."""

    async def open_intents(self) -> Sequence[OpenIntent]:
        """Return the intents of other processes on this node, the oldest first."""

    async def rules(self) -> Sequence[str]:
        """Return the ids of all rules with rows that wait for delivery."""

    async def count(self) -> int:
        """Return the number of rows."""

    async def oldest(self) -> float | None:
        """Return when the oldest row that waits for delivery was made, in seconds since 1970, or None."""
