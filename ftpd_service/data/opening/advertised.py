"""Which address a 227 reply names: by rules for clients' networks, for servers behind NAT."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address

from twisted.internet import address as addresses
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IHostResolution,
    IReactorPluggableNameResolver,
    IResolutionReceiver,
)
from zope.interface import implementer

from ftpd_service.data.reactor import Clock
from ftpd_service.data.settings import AddressRule
from ftpd_service.errors import NoDataConnection
from ftpd_service.values import IPAddress, Peer

FRESH_SECONDS = 30.0
"""How long the answer to a look-up is used without asking again: dynamic DNS changes in minutes."""

LOOK_UP_SECONDS = 5.0
"""How long a client waits for a look-up before the last good answer is used instead."""


class PassiveAddresses:
    """Tells each client the address that reaches this server; shared by all sessions."""

    def __init__(self, rules: Sequence[AddressRule], *, names: IReactorPluggableNameResolver, clock: Clock) -> None:
        """The first rule that fits the client's address decides; where none does, the local address is told."""
        self._rules = tuple(rules)
        self._names = {
            rule.address: _HostName(rule.address, names, clock) for rule in rules if isinstance(rule.address, str)
        }

    async def address_for(self, peer: Peer) -> IPv4Address:
        """The address to name to this client.

        :raises NoDataConnection: no IPv4 address is known.
        """
        chosen = self._chosen(peer)
        if isinstance(chosen, str):
            return await self._names[chosen].current()
        if not isinstance(chosen, IPv4Address):
            raise NoDataConnection("a 227 reply has no room for an IPv6 address")
        return chosen

    def _chosen(self, peer: Peer) -> IPAddress | str:
        for rule in self._rules:
            if rule.network is None or peer.address in rule.network:
                return peer.local_address if rule.address is None else rule.address
        return peer.local_address


class _HostName:
    """One name and its last good answer."""

    def __init__(self, name: str, names: IReactorPluggableNameResolver, clock: Clock) -> None:
        self._name = name
        self._resolvers = names
        self._clock = clock
        self._answer: IPv4Address | None = None
        self._answered = 0.0
        self._asking = False
        self._waiters: list[Deferred[None]] = []

    async def current(self) -> IPv4Address:
        """The address now, or the last one known where a look-up fails.

        :raises NoDataConnection: there never was an answer.
        """
        if self._answer is None or self._clock.seconds() - self._answered >= FRESH_SECONDS:
            await self._look_up()
        if self._answer is None:
            raise NoDataConnection(f"no IPv4 address is known for {self._name}")
        return self._answer

    async def _look_up(self) -> None:
        """Ask, once for everybody who waits, and wait a little for the answer."""
        waiter: Deferred[None] = Deferred()
        self._waiters.append(waiter)
        timer = self._clock.callLater(LOOK_UP_SECONDS, waiter.callback, None)
        try:
            if not self._asking:
                self._asking = True
                receiver = _Receiver(self._done)
                self._resolvers.nameResolver.resolveHostName(receiver, self._name, addressTypes=[addresses.IPv4Address])
            await waiter
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            if timer.active():
                timer.cancel()

    def _done(self, found: list[IPv4Address]) -> None:
        self._asking = False
        if found:
            # A name with several addresses keeps the one in use, so that clients don't see it jump about.
            self._answer = self._answer if self._answer in found else found[0]
            self._answered = self._clock.seconds()
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.called:
                waiter.callback(None)


@implementer(IResolutionReceiver)
class _Receiver:
    """Collects the answers of one look-up."""

    def __init__(self, done: Callable[[list[IPv4Address]], None]) -> None:
        self._done = done
        self._found: list[IPv4Address] = []

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        """Nothing is to be done before the first answer."""

    def addressResolved(self, address: IAddress) -> None:
        """Note an answer."""
        if isinstance(address, addresses.IPv4Address):
            self._found.append(IPv4Address(address.host))

    def resolutionComplete(self) -> None:
        """Hand over what was found."""
        self._done(self._found)
