"""What all control connections of a service share."""

from __future__ import annotations

from dataclasses import dataclass

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpd_service.commands.dispatch import Dispatcher
from ftpd_service.control.settings import ControlSettings
from ftpd_service.interfaces import Emit, Now
from ftpd_service.policy.connections import Connections
from ftpd_service.session.registry import Sessions
from ftpd_service.turns import Turns

_log = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all control connections of a service share."""

    dispatcher: Dispatcher
    settings: ControlSettings
    connections: Connections
    sessions: Sessions
    emit: Emit
    clock: IReactorTime
    turns: Turns
    now: Now

    def unexpected(self, failure: Failure) -> None:
        """Log what nobody waits for."""
        _log.failure("a session could not be given back", failure=failure)
