"""A whole service on a reactor in memory: its ports are open in name only, its threads are real."""

from __future__ import annotations

import os
from collections.abc import Callable
from queue import Queue
from typing import Any, TypeVar, cast

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IProtocolFactory
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from zope.interface import implementer

from ftpd_service.account import AccountSettings
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.config.schema import Config, ListenerSettings
from ftpd_service.control.connection import ControlConnection
from ftpd_service.service import FtpService
from ftpd_service.testing.dialogue import MemoryTransport
from ftpd_service.values import Permissions
from tests.cases import SynchronousTestCase

T = TypeVar("T")
PORT = 2121
LISTENER = ListenerSettings(endpoint=f"tcp:{PORT}:interface=127.0.0.1")
ARRIVES_SECONDS = 60.0
"""What a thread may take before a test fails; far more than it ever needs."""


class ServiceReactor(MemoryReactorClock):
    """A memory reactor with what a service needs beyond it.

    :ivar taken: ports that somebody else listens on.
    :ivar closed: ports that were listened on and are closed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.taken: set[int] = set()
        self.closed: list[int] = []
        self._from_threads: Queue[Callable[[], object]] = Queue()

    def callFromThread(self, call: Callable[..., object], *arguments: object) -> None:
        """Keep a call for `run_until`."""
        self._from_threads.put(lambda: call(*arguments))

    def run_until(self, answer: Deferred[Any]) -> None:  # Any: whatever it fires with
        """Make the calls that threads have handed in, until there is a result."""
        while not answer.called:
            self._from_threads.get(timeout=ARRIVES_SECONDS)()
            self.advance(0)

    def run_one(self) -> None:
        """Make the next call that a thread hands in."""
        self._from_threads.get(timeout=ARRIVES_SECONDS)()
        self.advance(0)

    def listenTCP(self, port: int, factory: IProtocolFactory, backlog: int = 50, interface: str = "") -> IListeningPort:
        """Listen in name only.

        :raises CannotListenError: somebody else does.
        """
        if port in self.taken:
            raise CannotListenError(interface, port, OSError(98, "Address already in use"))
        opened: IListeningPort = super().listenTCP(port, factory, backlog, interface)
        opened.fileno = lambda: -1  # type: ignore[attr-defined]  # as a real port has it
        opened.stopListening = lambda: self.closed.append(port)  # type: ignore[method-assign]  # tells of it
        return opened


@implementer(ILogObserver)
class Log:
    """What is logged while a test runs."""

    def __init__(self, test: SynchronousTestCase) -> None:
        self._events: list[LogEvent] = []
        globalLogPublisher.addObserver(self)
        test.addCleanup(globalLogPublisher.removeObserver, self)

    def __call__(self, event: LogEvent) -> None:
        self._events.append(event)

    @property
    def lines(self) -> list[str]:
        """One text for each event."""
        return [formatEvent(event) for event in self._events]

    def count(self, text: str) -> int:
        """How many lines hold a text."""
        return sum(text in line for line in self.lines)


class Client:
    """A control connection to the service.

    :ivar transport: its transport, in memory.
    """

    def __init__(self, reactor: ServiceReactor, *, host: str = "192.0.2.1", listener: int = 0) -> None:
        self._reactor = reactor
        here, there = IPv4Address("TCP", "127.0.0.1", PORT), IPv4Address("TCP", host, 40000)
        self.transport = MemoryTransport(here, there)
        factory = reactor.tcpServers[listener][1]
        # These factories make nothing else; Twisted's annotation names what all protocols have.
        self._protocol = cast(ControlConnection, factory.buildProtocol(there))  # see the line above
        self._taken = 0
        self._protocol.makeConnection(self.transport)

    def codes(self) -> list[int]:
        """The codes of the replies since the last look."""
        written = self.transport.written()
        fresh, self._taken = written[self._taken :], len(written)
        return [int(line[:3]) for line in fresh.split(b"\r\n") if line[:3].isdigit() and line[3:4] == b" "]

    def say(self, *lines: str) -> list[int]:
        """Send lines, and wait until each is answered: the codes."""
        self.codes()
        found: list[int] = []
        for line in lines:
            self._protocol.dataReceived(line.encode() + b"\r\n")
            self._reactor.advance(0)
            while not (fresh := self.codes()):
                self._reactor.run_one()
            found += fresh
        return found

    def send(self, line: str) -> None:
        """Send a line, and wait for nothing."""
        self._protocol.dataReceived(line.encode() + b"\r\n")

    def log_in(self, name: str, password: str) -> int:
        """USER and PASS: the last code."""
        return self.say(f"USER {name}", f"PASS {password}")[-1]

    def lose(self) -> None:
        """The connection is gone, as it is behind an abort."""
        self._protocol.connectionLost()


class ServiceCase(SynchronousTestCase):
    """A service with an account alice, whose password is ``secret``.

    :ivar files: what a reload reads: the last of them.
    :ivar problem: what a reload raises instead.
    """

    def setUp(self) -> None:
        self.log = Log(self)
        self.reactor = ServiceReactor()
        self.home = os.path.abspath(self.mktemp())
        os.makedirs(self.home)
        self.files: list[Config] = [self.config()]
        self.problem: Exception | None = None

    def account(self, password: str = "secret", **settings: Any) -> AccountSettings:  # Any: as `AccountSettings` takes
        """An account."""
        return AccountSettings(password=f"{{plain}}{password}", home=self.home, permissions=Permissions.ALL, **settings)

    def config(self, **settings: Any) -> Config:  # Any: as `Config` takes
        """A configuration with alice, unless other accounts are given."""
        accounts = settings.pop("accounts", {"alice": self.account()})
        if not isinstance(accounts, AccountsSettings):
            accounts = AccountsSettings(accounts=accounts)
        return Config(**{"listeners": (LISTENER,), "accounts": accounts, **settings})

    def read(self) -> Config:
        """Read the file: what a reload calls, on a thread."""
        if self.problem is not None:
            raise self.problem
        return self.files[-1]

    def made(self, config: Config | None = None) -> FtpService:
        """A service that is not started; a reload reads the last of `files`."""
        reactor = cast(PosixReactorBase, self.reactor)  # it has what the service uses
        return FtpService(config or self.files[-1], lambda: self.read(), reactor)

    def started(self, config: Config | None = None) -> FtpService:
        """A service that serves."""
        service = self.made(config)
        service.privilegedStartService()
        service.startService()
        self.reactor.advance(0)
        return service

    def reread(self, service: FtpService, config: Config) -> None:
        """Have another configuration read, and wait until this is done."""
        self.files.append(config)
        self.reactor.run_until(service.reload())

    def waited(self, answer: Deferred[T]) -> Deferred[T]:
        """Wait until there is a result, and return it."""
        self.reactor.run_until(answer)
        return answer

    def client(self, **where: Any) -> Client:  # Any: as `Client` takes
        """A control connection."""
        return Client(self.reactor, **where)
