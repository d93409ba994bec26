"""The listeners of a service: endpoints by description, sockets from systemd, PROXY headers.

A reload opens the ports of new listeners and closes those of listeners that are gone.  A listener is the same as long
as its endpoint has the same text.  A listener at the address of a former listener takes that listener's port.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IListeningPort, IProtocol, IProtocolFactory, IReactorTime
from twisted.internet.protocol import Factory
from twisted.internet.tcp import Port
from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.config.endpoints import PROXIED, arguments
from ftpd_service.config.schema import ListenerSettings
from ftpd_service.control.factory import ControlFactory
from ftpd_service.control.proxied import HeaderRules, ProxiedFactory
from ftpd_service.interfaces import Blocking, Emit
from ftpd_service.running_service import CannotServe, IServicePart
from ftpd_service.shared_places import accept_waiting, overlap, same_place
from ftpd_service.succession.open_ports import BACKLOG, OpenPorts

_log = Logger(namespace="ftpd")


class Door(Factory):
    """The factory of an open port, which hands each connection to the factory of the moment.

    :ivar to: the factory of the next connection.
    :ivar port: the port, once it is open.
    """

    noisy = False
    port: IListeningPort

    def __init__(self, to: IProtocolFactory) -> None:
        self.to = to

    def buildProtocol(self, addr: IAddress | None) -> IProtocol | None:  # type: ignore[override]  # as its factories
        """Return a connection of the factory of the moment."""
        # Twisted's annotation leaves out that a port may not know the address.
        return self.to.buildProtocol(addr)  # type: ignore[arg-type]  # see the line above


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listener:
    """A listener with its open port, and the sessions that came through it."""

    settings: ListenerSettings
    """The settings with which the listener began; the configuration in force has the current ones."""
    factory: ControlFactory
    accepting: IProtocolFactory
    """The factory of the port's connections: `factory`, or one that waits for PROXY headers before it."""
    door: Door

    @property
    def endpoint(self) -> str:
        """The endpoint as the file has it, which is the listener's name."""
        return self.settings.endpoint

    @property
    def port(self) -> IListeningPort:
        """The open port."""
        return self.door.port


@implementer(IServicePart)
class Listening:
    """The listeners of a service.

    :param ports: opens and closes ports.
    :param emit: gets events about connections that never became a session.
    :param factory: makes the factory of a listener's sessions.
    :param rules: returns a listener's rules of PROXY headers.
    :ivar listeners: the listeners with open ports, in the order of the configuration.
    """

    def __init__(
        self,
        reactor: IReactorTime,
        ports: OpenPorts,
        *,
        emit: Emit,
        factory: Callable[[ListenerSettings], ControlFactory],
        rules: Callable[[ListenerSettings], HeaderRules],
    ) -> None:
        self._reactor = reactor
        self._ports = ports
        self._emit = emit
        self._factory = factory
        self._rules = rules
        self.listeners: tuple[Listener, ...] = ()
        self._former: tuple[Listener, ...] = ()
        self._prepared: tuple[Listener, ...] = ()

    @property
    def with_sessions(self) -> tuple[Listener, ...]:
        """The listeners with open ports, and those whose ports a reload has closed and whose sessions go on."""
        return (*self.listeners, *self._former)

    def _forget(self) -> None:
        """Forget the listeners of former configurations that have no session any more."""
        for one in self._former:
            if not len(one.factory):
                # A connection may still wait for its PROXY header, and no drain would end its session.
                one.factory.drain()
        self._former = tuple(one for one in self._former if len(one.factory))

    async def prepare(self, settings: Sequence[ListenerSettings], blocking: Blocking) -> None:
        """Open the ports that are not open yet.

        :raises CannotServe: a port cannot be opened.
        """
        self._prepared = ()
        for position, one in enumerate(settings):
            held = self._held(one, settings)
            try:
                listener = self._opened(one) if held is None else self._kept(one, held)
            except CannotServe as problem:
                self.undo()
                raise _named(one, position, problem) from problem
            self._prepared = (*self._prepared, listener)

    def undo(self) -> None:
        """Close the ports that were opened for a configuration."""
        prepared, self._prepared = self._prepared, ()
        doors = {listener.door for listener in self.listeners}
        self._close(one for one in prepared if one.door not in doors)

    def commit(self) -> None:
        """Close the ports that the configuration no longer names; their sessions go on."""
        before, self.listeners, self._prepared = self.listeners, self._prepared, ()
        self._forget()
        self._former = (*self._former, *(one for one in before if one not in self.listeners))
        doors = {listener.door for listener in before}
        for listener in self.listeners:
            listener.door.to = listener.accepting
            if before and listener.door not in doors:
                _log.info("listening on {address}", address=place_of(listener.port))
        doors = {listener.door for listener in self.listeners}
        self._close(one for one in before if one.door not in doors)

    async def attempt(self, settings: Sequence[ListenerSettings], blocking: Blocking) -> None:
        """Try whether the ports that are not open yet could be opened.

        :raises CannotServe: a port could not be opened.
        """
        for position, one in enumerate(settings):
            if self._held(one, settings) is not None:
                continue
            inner = one.endpoint.removeprefix(PROXIED)
            try:
                await self._ports.attempt(inner, blocking, beside=self._overlapping(one))
            except CannotServe as problem:
                raise _named(one, position, problem) from problem

    async def stop(self) -> None:
        """Close all ports; the sessions go on."""
        listeners, self.listeners = self.listeners, ()
        self._former = (*self._former, *listeners)
        for listener in listeners:
            await self._ports.close(listener.port)

    def _held(self, settings: ListenerSettings, all_of_them: Sequence[ListenerSettings]) -> Listener | None:
        """Return the listener whose port a listener of a configuration has, or None if its port is not open."""
        endpoints = {one.endpoint for one in all_of_them}
        inner = settings.endpoint.removeprefix(PROXIED)
        for one in self.listeners:
            if one.endpoint == settings.endpoint:
                return one
        for one in self.listeners:
            # Such as an endpoint that gets the prefix haproxy:, or two that exchange their ports.
            if one.endpoint not in endpoints and same_place(one.endpoint.removeprefix(PROXIED), inner):
                return one
        return None

    def _kept(self, settings: ListenerSettings, held: Listener) -> Listener:
        """Return a listener whose port is open."""
        if held.endpoint == settings.endpoint:
            return held
        before, after = (int(arguments(one)[1].get("backlog", BACKLOG)) for one in (held.endpoint, settings.endpoint))
        if before != after:
            cast(Port, held.port).socket.listen(after)  # as all ports of a PosixReactorBase are
        return self._made(settings, held.door)

    def _made(self, settings: ListenerSettings, door: Door | None = None) -> Listener:
        factory = self._factory(settings)
        accepting: IProtocolFactory = factory
        if settings.endpoint.startswith(PROXIED):
            rules = self._rules(settings)
            accepting = ProxiedFactory(factory, rules, clock=self._reactor, emit=self._emit)
        return Listener(
            settings=settings, factory=factory, accepting=accepting, door=Door(accepting) if door is None else door
        )

    def _overlapping(self, settings: ListenerSettings) -> tuple[IListeningPort, ...]:
        return tuple(one.port for one in self.listeners if overlap(one.endpoint, settings.endpoint))

    def _opened(self, settings: ListenerSettings) -> Listener:
        listener = self._made(settings)
        inner = settings.endpoint.removeprefix(PROXIED)
        listener.door.port = self._ports.open(inner, listener.door, beside=self._overlapping(settings))
        return listener

    def _close(self, listeners: Iterable[Listener]) -> None:
        for listener in listeners:
            _log.info("no longer listening on {address}", address=place_of(listener.port))
            accept_waiting(listener.port)
            closed = self._ports.close(listener.port)
            closed.addErrback(lambda failure: _log.failure("a port could not be closed", failure=failure))


def _named(settings: ListenerSettings, position: int, problem: CannotServe) -> CannotServe:
    return CannotServe(f"cannot listen on {settings.endpoint}: {problem}", ("listeners", position, "endpoint"))


def place_of(port: IListeningPort) -> str:
    """Return the address of a port in the form of URLs: ``127.0.0.1:2121``, ``[::]:21``."""
    # Each endpoint that a configuration may name has such an address; Twisted's interface promises less.
    here = cast(IPv4Address | IPv6Address, port.getHost())  # see the line above
    return f"[{here.host}]:{here.port}" if ":" in here.host else f"{here.host}:{here.port}"
