"""The listeners of a service: endpoints by description, sockets from systemd, PROXY headers.

A reload opens the ports of new listeners and closes those of listeners that are gone.  A listener is the same as long
as its endpoint has the same text.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import AdoptedStreamServerEndpoint, serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IProtocolFactory, IStreamServerEndpoint
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.tcp import Port
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.config.endpoints import PROXIED, with_backlog
from ftpd_service.config.schema import ListenerSettings
from ftpd_service.control.factory import ControlFactory
from ftpd_service.control.proxied import HeaderRules, ProxiedFactory
from ftpd_service.interfaces import Blocking, Emit
from ftpd_service.running_service import CannotServe, IServicePart
from ftpd_service.systemd import HandedOver, handed_over, started_with

_log = Logger(namespace="ftpd")

_SYSTEMD = "systemd:"
BACKLOG = 65535
"""The most connections that may wait for acceptance: the system reduces this number to net.core.somaxconn.

Twisted's default is 50.  All clients of an operator may return within a moment, after a restart or a network failure,
and a client that finds the queue full tries again after one second, then three, and so on.  A free place in the queue
costs nothing, and each accepted connection is counted against the caps.
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listener:
    """One open port, and the sessions that came through it."""

    settings: ListenerSettings
    """The settings with which the port was opened; the configuration in force has the current ones."""
    factory: ControlFactory
    port: IListeningPort

    @property
    def endpoint(self) -> str:
        """The endpoint as the file has it, which is the listener's name."""
        return self.settings.endpoint

    @property
    def descriptor(self) -> int:
        """The descriptor of the listening socket, which another process may be given; the port still owns it."""
        # Each endpoint that a configuration may name makes such a port; Twisted's interface promises less.
        return int(cast(Port, self.port).fileno())  # see the line above

    def close(self) -> Deferred[None]:
        """Close the port; the sessions go on."""
        closed: Deferred[None] | None = self.port.stopListening()
        return succeed(None) if closed is None else closed


@implementer(IServicePart)
class Listening:
    """The listeners of a service.

    :param emit: gets events about connections that never became a session.
    :param factory: makes the factory of a listener's sessions.
    :param rules: returns a listener's rules of PROXY headers.
    :ivar listeners: the listeners with open ports, in the order of the configuration.
    """

    def __init__(
        self,
        reactor: PosixReactorBase,
        emit: Emit,
        *,
        factory: Callable[[ListenerSettings], ControlFactory],
        rules: Callable[[ListenerSettings], HeaderRules],
    ) -> None:
        self._reactor = reactor
        self._emit = emit
        self._factory = factory
        self._rules = rules
        # This precedes twistd's change to the background, after which the process has another id.
        self._handed_over = handed_over(started_with(), os.getpid())
        self.listeners: tuple[Listener, ...] = ()
        self._former: tuple[Listener, ...] = ()
        self._prepared: tuple[Listener, ...] = ()

    @property
    def with_sessions(self) -> tuple[Listener, ...]:
        """The listeners with open ports, and those whose ports a reload has closed and whose sessions go on."""
        self._former = tuple(one for one in self._former if len(one.factory))
        return (*self.listeners, *self._former)

    async def prepare(self, settings: Sequence[ListenerSettings], blocking: Blocking) -> None:
        """Open the ports that are not open yet.

        :raises CannotServe: a port cannot be opened.
        """
        held = {listener.endpoint: listener for listener in self.listeners}
        self._prepared = ()
        for position, one in enumerate(settings):
            try:
                listener = held.get(one.endpoint) or self._opened(one, position)
            except CannotServe:
                self.undo()
                raise
            self._prepared = (*self._prepared, listener)

    def undo(self) -> None:
        """Close the ports that were opened for a configuration."""
        prepared, self._prepared = self._prepared, ()
        _close(one for one in prepared if one not in self.listeners)

    def commit(self) -> None:
        """Close the ports that the configuration no longer names; their sessions go on."""
        gone = tuple(one for one in self.listeners if one not in self._prepared)
        opened = tuple(one for one in self._prepared if one not in self.listeners) if self.listeners else ()
        self.listeners, self._prepared = self._prepared, ()
        self._former = (*self._former, *gone)
        for listener in opened:
            _log.info("listening on {address}", address=place_of(listener.port))
        _close(gone)

    async def attempt(self, settings: Sequence[ListenerSettings], blocking: Blocking) -> None:
        """Try nothing yet."""

    async def stop(self) -> None:
        """Close all ports; the sessions go on."""
        listeners, self.listeners = self.listeners, ()
        self._former = (*self._former, *listeners)
        for listener in listeners:
            await listener.close()

    def _opened(self, settings: ListenerSettings, position: int) -> Listener:
        where = ("listeners", position, "endpoint")
        factory = self._factory(settings)
        accepting: IProtocolFactory = factory
        if settings.endpoint.startswith(PROXIED):
            rules = self._rules(settings)
            accepting = ProxiedFactory(factory, rules, clock=self._reactor, emit=self._emit)
        try:
            endpoint = _endpoint(self._reactor, settings.endpoint.removeprefix(PROXIED), self._handed_over)
        except LookupError as missing:
            raise CannotServe(f"cannot listen on {settings.endpoint}: {missing.args[0]}", where) from missing
        opened: list[IListeningPort] = []
        failures: list[Failure] = []
        endpoint.listen(accepting).addCallbacks(opened.append, failures.append)
        if failures:
            raise CannotServe(f"cannot listen on {settings.endpoint}: {_reason(failures[0].value)}", where)
        return Listener(settings=settings, factory=factory, port=opened[0])


def _close(listeners: Iterable[Listener]) -> None:
    for listener in listeners:
        _log.info("no longer listening on {address}", address=place_of(listener.port))
        listener.close().addErrback(lambda failure: _log.failure("a port could not be closed", failure=failure))


_ADVICE = {
    errno.EADDRINUSE: "another program listens there ('ss -ltnp' names it): end it, or give this listener another port",
    errno.EADDRNOTAVAIL: "this host has no such address, which 'ip address' would list",
    errno.EACCES: "ports below 1024 need CAP_NET_BIND_SERVICE, which the unit of 'ftpd-service print unit' gives",
}
"""Advice for the operator when the system refuses a port."""


def _reason(problem: BaseException | None) -> str:
    """Return the reason why a port could not be opened, and advice."""
    cause: object = problem.socketError if isinstance(problem, CannotListenError) else problem
    if not isinstance(cause, OSError) or cause.errno is None:
        return str(problem)
    advice = _ADVICE.get(cause.errno)
    return f"{cause.strerror}; {advice}" if advice else str(cause.strerror)


def place_of(port: IListeningPort) -> str:
    """Return the address of a port in the form of URLs: ``127.0.0.1:2121``, ``[::]:21``."""
    # Each endpoint that a configuration may name has such an address; Twisted's interface promises less.
    here = cast(IPv4Address | IPv6Address, port.getHost())  # see the line above
    return f"[{here.host}]:{here.port}" if ":" in here.host else f"{here.host}:{here.port}"


def _endpoint(reactor: PosixReactorBase, description: str, given: HandedOver) -> IStreamServerEndpoint:
    """Return an endpoint by its description.

    :raises LookupError: systemd has handed over no such socket.
    """
    try:
        endpoint: IStreamServerEndpoint = serverFromString(reactor, with_backlog(description, BACKLOG))
    except LookupError:
        domain, descriptor = _by_index(description, given)
        if descriptor is None:
            text = f"systemd has handed over no such socket; it has handed over {given}"
            raise LookupError(text) from None
        return AdoptedStreamServerEndpoint(reactor, descriptor, domain)
    return endpoint


def _by_index(description: str, given: HandedOver) -> tuple[int, int | None]:
    """Return the address family and, for an index, the descriptor, of ``systemd:domain=INET6:index=0``."""
    words = description.removeprefix(_SYSTEMD).split(":")
    keyed = dict(word.split("=", 1) for word in words if "=" in word)
    positional = [word for word in words if "=" not in word]
    domain, index = [*positional, "", ""][:2]
    domain, index = keyed.get("domain", domain), keyed.get("index", index)
    family = getattr(socket, f"AF_{domain}")
    return family, given.descriptor(int(index)) if index.isdigit() else None
