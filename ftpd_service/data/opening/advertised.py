"""The address that a 227 reply names: rules for the clients' networks, for servers behind NAT."""

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
"""The time for which a resolved address is used without another look-up: dynamic DNS changes in minutes."""

LOOK_UP_SECONDS = 5.0
"""The time that a client waits for a look-up before the last address is used."""


class PassiveAddresses:
    """The addresses by which clients reach this server; all sessions share them."""

    def __init__(self, rules: Sequence[AddressRule], *, names: IReactorPluggableNameResolver, clock: Clock) -> None:
        """Use the first rule that fits the client's address; without a fitting rule, the local address is named."""
        self._rules = tuple(rules)
        self._names = {
            rule.address: _HostName(rule.address, names, clock) for rule in rules if isinstance(rule.address, str)
        }

    async def address_for(self, peer: Peer) -> IPv4Address:
        """Return the address to name to a client.

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
    """A host name and the last address that it resolved to."""

    def __init__(self, name: str, names: IReactorPluggableNameResolver, clock: Clock) -> None:
        self._name = name
        self._resolvers = names
        self._clock = clock
        self._answer: IPv4Address | None = None
        self._answered = 0.0
        self._asking = False
        self._waiters: list[Deferred[None]] = []

    async def current(self) -> IPv4Address:
        """Return the current address, or the last known address if a look-up fails.

        :raises NoDataConnection: no look-up has succeeded yet.
        """
        if self._answer is None or self._clock.seconds() - self._answered >= FRESH_SECONDS:
            await self._look_up()
        if self._answer is None:
            raise NoDataConnection(f"no IPv4 address is known for {self._name}")
        return self._answer

    async def _look_up(self) -> None:
        """Look the name up, once for all that wait, and wait up to the timeout for the address."""
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
            # A name with several addresses keeps the address in use, so that clients see no changes.
            self._answer = self._answer if self._answer in found else found[0]
            self._answered = self._clock.seconds()
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.called:
                waiter.callback(None)


@implementer(IResolutionReceiver)
class _Receiver:
    """The addresses that a look-up finds."""

    def __init__(self, done: Callable[[list[IPv4Address]], None]) -> None:
        self._done = done
        self._found: list[IPv4Address] = []

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        """Do nothing before the first address."""

    def addressResolved(self, address: IAddress) -> None:
        """Note an address."""
        if isinstance(address, addresses.IPv4Address):
            self._found.append(IPv4Address(address.host))

    def resolutionComplete(self) -> None:
        """Hand over the addresses."""
        self._done(self._found)
