"""A desk with a service of fakes, and programs that ask it over fake transports."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from zope.interface import implementer

from ftpd_service.account import Account, LiveAccount
from ftpd_service.admin_socket.administration import Administration
from ftpd_service.admin_socket.conversation import Conversation
from ftpd_service.admin_socket.desk import Desk
from ftpd_service.data.pace import Pacing
from ftpd_service.events import Administered
from ftpd_service.interfaces import Blocking, Emit
from ftpd_service.policy.throttles import SessionThrottle, Throttles, ThrottleSettings
from ftpd_service.running_service import CannotUpgrade, IRunningService, ReloadResult, ServiceState
from ftpd_service.runtime.health import Health, HealthLimits
from ftpd_service.runtime.turns import Turns
from ftpd_service.session.identity import Anyone, LoggedIn
from ftpd_service.session.parts import SessionParts
from ftpd_service.session.registry import Sessions
from ftpd_service.session.session import Session
from ftpd_service.session.settings import SessionSettings
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.fakes import FakeDataChannel, FakeLogin, Recorder, at_once
from ftpd_service.values import Peer, Permissions
from ftpd_service.wire.reply import Final
from tests.cases import SynchronousTestCase
from tests.runtime.test_health import Lanes

NOW = 1_790_000_000.0


@implementer(IRunningService)
class FakeService:
    """A running service that notes what is asked.

    :ivar result: the result of the next reload; None lets it wait.
    :ivar successor: the process that an upgrade starts; None lets the upgrade fail.
    """

    def __init__(self) -> None:
        self.state = ServiceState.SERVING
        self.started = NOW - 60.0
        self.kept = None
        self.certificates = None
        self.result: ReloadResult | None = ReloadResult(applied=True)
        self.reloading: Deferred[ReloadResult] = Deferred()
        self.successor: int | None = None
        self.asked: list[str] = []

    def reload(self, *, dry_run: bool = False) -> Deferred[ReloadResult]:
        """Note it."""
        self.asked.append(f"reload {dry_run}")
        return self.reloading if self.result is None else succeed(self.result)

    def drain(self, *, keep_listening: bool = False, seconds: float | None = None) -> None:
        """Note it."""
        self.asked.append(f"drain {keep_listening}")
        self.state = ServiceState.DRAINING

    def upgrade(self) -> Deferred[int]:
        """Note it."""
        self.asked.append("upgrade")
        return fail(CannotUpgrade("it hangs")) if self.successor is None else succeed(self.successor)

    def cut_off(self, reason: str) -> None:
        """Note it."""
        self.asked.append("cut off")


class Connected:
    """A control connection that notes its end."""

    def __init__(self) -> None:
        self.running = None
        self.ended_by: list[Final] = []

    def end_with(self, final: Final) -> None:
        """Note it."""
        self.ended_by.append(final)


class FakeTransport(StringTransport):
    """A transport of a program of this process."""

    def __init__(self, handle: socket.socket) -> None:
        StringTransport.__init__(self)
        self._handle = handle
        self.aborted = False

    def getHandle(self) -> socket.socket:
        """Return a real socket, for the credentials."""
        return self._handle

    def abortConnection(self) -> None:
        """Note it."""
        self.aborted = True
        self.disconnecting = True


class Program:
    """A program that asks.

    :ivar conversation: its connection.
    """

    def __init__(self, case: DeskCase) -> None:
        here, there = socket.socketpair(socket.AF_UNIX)
        case.addCleanup(here.close)
        case.addCleanup(there.close)
        self._clock = case.clock
        self._taken = 0
        self.transport = FakeTransport(here)
        self.conversation = Conversation(case.desk, case.clock)
        Protocol.makeConnection(self.conversation, self.transport)

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.conversation.dataReceived(data)
        self._clock.advance(0)

    def ask(self, verb: str, **arguments: Any) -> Any:  # Any: JSON
        """Ask, and return the only line of the answer."""
        told = {"version": 1, "verb": verb, **arguments}
        self.send(json.dumps(told).encode() + b"\n")
        lines = self.lines()
        if len(lines) != 1:
            raise AssertionError(f"{told} was answered {lines}")
        return lines[0]

    def result(self, verb: str, **arguments: Any) -> Any:  # Any: JSON
        """Ask, and return the result."""
        return self.ask(verb, **arguments)["result"]

    def refusal(self, verb: str, **arguments: Any) -> str:  # Any: JSON
        """Ask, and return the code of the error with its text."""
        error = self.ask(verb, **arguments)["error"]
        return f"{error['code']}: {error['text']}"

    def lines(self) -> list[Any]:  # Any: JSON
        """Return the lines since the last look."""
        # The reactor's turns are over after some calls.
        for _ in range(50):
            self._clock.advance(0)
        written = self.transport.value()
        fresh, self._taken = written[self._taken :], len(written)
        return [json.loads(line) for line in fresh.splitlines()]

    def take_nothing(self) -> None:
        """Let the transport's buffer be full."""
        IPushProducer(self.conversation).pauseProducing()

    def take(self) -> None:
        """Let it be empty."""
        IPushProducer(self.conversation).resumeProducing()

    def leave(self) -> None:
        """Close both sides."""
        self.conversation.readConnectionLost()
        self.conversation.connectionLost()
        self._clock.advance(0)

    @property
    def closed(self) -> bool:
        """Whether the service has closed the connection."""
        return bool(self.transport.disconnecting)


def fake_parts(clock: IReactorTime, *, emit: Emit = lambda event: None) -> Administration:
    """A service without sessions."""
    return Administration(
        service=FakeService(),
        sessions=Sessions(),
        rates=Pacing(Throttles(ThrottleSettings()), clock),
        transfers=lambda: 0,
        health=Health(Lanes(), HealthLimits(), clock, now=clock.seconds),
        turns=Turns(clock),
        emit=emit,
        blocking=at_once,
        clock=clock,
        now=lambda: NOW,
    )


class DeskCase(SynchronousTestCase):
    """A test of a desk.

    :ivar group_id: the group whose members may ask.
    """

    def setUp(self) -> None:
        """Make the service."""
        self.clock = Clock()
        self.service = FakeService()
        self.recorder = Recorder()
        self.pacing = Pacing(Throttles(ThrottleSettings()), self.clock)
        self.transfers = 0
        self.blocking: Blocking = at_once
        self.group_id: int | None = os.getegid()
        self._parts = fake_parts(self.clock, emit=self.recorder.observe)
        self.sessions = self._parts.sessions
        self.desk = Desk(self.parts, lambda: self.group_id)

    def parts(self) -> Administration:
        """The parts of the service."""
        return replace(
            self._parts,
            service=self.service,
            sessions=self.sessions,
            rates=self.pacing,
            transfers=lambda: self.transfers,
            blocking=self.blocking,
        )

    def add(self, account: str | None = "alice", address: str = "192.0.2.1") -> tuple[str, Connected]:
        """Add a session; its id and its connection."""
        peer = Peer(address=ip_address(address), port=40000, local_address=ip_address("192.0.2.9"), local_port=21)
        session = Session(id=self.sessions.new_id(), peer=peer, settings=SessionSettings(), started=NOW)
        storage = MemoryStorage(now=lambda: NOW)
        if account is not None:
            live = LiveAccount(Account(name=account, permissions=Permissions.ALL))
            session.login = LoggedIn(live=live, storage=storage, logout=lambda: None)
        else:
            session.login = Anyone()
        parts = SessionParts(
            session=session,
            data=FakeDataChannel(peer),
            login=FakeLogin({}, lambda name: storage),
            compute=at_once,
            throttle=SessionThrottle(Throttles(ThrottleSettings()), "memory"),
        )
        connection = Connected()
        self.sessions.add(parts, connection)
        return session.id, connection

    def told(self) -> list[str]:
        """The events of administration: verb, argument and outcome."""
        events = self.recorder.of(Administered)
        return [" ".join(filter(None, (one.verb, one.argument, one.outcome))) for one in events]
