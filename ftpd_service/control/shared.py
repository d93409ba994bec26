"""What all control connections of a service share."""

from __future__ import annotations

from dataclasses import dataclass, field

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpd_service.commands.dispatch import Dispatcher
from ftpd_service.control.settings import ControlSettings
from ftpd_service.events import NoSharedCipher
from ftpd_service.interfaces import Emit, Now
from ftpd_service.policy.connections import Connections
from ftpd_service.policy.first_time import FirstTime
from ftpd_service.runtime.turns import Turns
from ftpd_service.session.registry import Sessions
from ftpd_service.session.session import Session
from ftpd_service.values import IPAddress

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
    first_unshared: FirstTime[IPAddress] = field(default_factory=FirstTime)
    """Whether a host is the first time here without a cipher suite in common with us."""

    def tell_unshared(self, session: Session, text: str) -> None:
        """Say, once for each host, what a client offers that has no cipher suite in common with us.

        :param text: empty: the handshake failed for another reason.
        """
        if text and self.first_unshared(session.peer.host):
            self.emit(NoSharedCipher(session=session.id, peer=session.peer, text=text))

    def unexpected(self, failure: Failure) -> None:
        """Log what nobody waits for."""
        _log.failure("a session could not be given back", failure=failure)
