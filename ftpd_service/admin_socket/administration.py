"""The parts of a running service that the verbs of the admin socket need, in one record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.interfaces import IReactorTime

from ftpd_service.interfaces import Blocking, Emit, Now
from ftpd_service.policy.throttles import SessionThrottle
from ftpd_service.running_service import IRunningService
from ftpd_service.runtime.health import Health
from ftpd_service.runtime.turns import Turns
from ftpd_service.session.registry import Sessions
from ftpd_service.values import Direction


class LiveRates(Protocol):
    """The rates of live transfers, as `ftpd_service.data.pace.Pacing` has them."""

    def replace_session(self, session: SessionThrottle, direction: Direction, rate: int | None) -> None:
        """Replace a session's own rate."""

    def replace_account(self, account: str, direction: Direction, rate: int | None) -> None:
        """Replace the rate of all sessions of an account together."""

    def restore(self) -> None:
        """Put the configured rates into force again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """A running service, as its operators see it."""

    service: IRunningService
    sessions: Sessions
    rates: LiveRates
    transfers: Callable[[], int]
    """Returns the number of transfers that run."""
    health: Health
    turns: Turns
    emit: Emit
    blocking: Blocking
    """Runs calls that may wait for a disk or a directory server."""
    clock: IReactorTime
    now: Now
