"""The parts that all control connections of a service share."""

from __future__ import annotations

from dataclasses import dataclass, field

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpd_service.commands.dispatch import Dispatcher
from ftpd_service.control.settings import ControlSettings
from ftpd_service.events import NoSharedCipher
from ftpd_service.interfaces import Emit, Now
from ftpd_service.policy.entrance import Entrance
from ftpd_service.policy.first_time import FirstTime
from ftpd_service.policy.per_second import CommandRate
from ftpd_service.runtime.turns import Turns
from ftpd_service.session.registry import Sessions
from ftpd_service.session.session import Session
from ftpd_service.values import IPAddress

_log = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The parts that all control connections of a service share."""

    dispatcher: Dispatcher
    settings: ControlSettings
    entrance: Entrance
    sessions: Sessions
    emit: Emit
    clock: IReactorTime
    turns: Turns
    now: Now
    command_rate: CommandRate = field(default_factory=CommandRate)
    """The limit on the commands of each session."""
    first_unshared: FirstTime[IPAddress] = field(default_factory=FirstTime)
    """Whether this is the first time that a host has no cipher suite in common with the server."""

    def tell_unshared(self, session: Session, text: str) -> None:
        """Log, once for each host, the cipher suites of a client that has none in common with the server.

        :param text: the suites; empty if the handshake failed for another reason.
        """
        if text and self.first_unshared(session.peer.host):
            self.emit(NoSharedCipher(session=session.id, peer=session.peer, text=text))

    def unexpected(self, failure: Failure) -> None:
        """Log an exception for which no caller waits."""
        _log.failure("cannot release the parts of a session", failure=failure)
