"""Which address a 227 reply names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address, ip_address, ip_network

from twisted.internet import address as addresses
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IReactorPluggableNameResolver,
    IResolutionReceiver,
)
from twisted.internet.task import Clock
from zope.interface import implementer

from ftpd_service.data.opening.advertised import FRESH_SECONDS, LOOK_UP_SECONDS, PassiveAddresses
from ftpd_service.data.settings import AddressRule
from ftpd_service.errors import NoDataConnection
from ftpd_service.values import Peer
from tests.cases import SynchronousTestCase
from tests.data.loopback import PEER

CLIENT = replace(PEER, address=ip_address("203.0.113.5"), local_address=ip_address("10.0.0.1"))


@implementer(IHostResolution)
class Resolution:
    """One look-up."""

    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Nobody does."""


@implementer(IHostnameResolver, IReactorPluggableNameResolver)
class Resolver:
    """Answers when a test says so."""

    def __init__(self) -> None:
        self.nameResolver: IHostnameResolver = self
        self.asked: list[str] = []
        self._receivers: list[IResolutionReceiver] = []

    def installNameResolver(self, resolver: IHostnameResolver) -> IHostnameResolver:
        """It is its own resolver."""
        return resolver

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        """Remember who asks."""
        self.asked.append(hostName)
        self._receivers.append(resolutionReceiver)
        resolution = Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        return resolution

    def answer(self, *hosts: str) -> None:
        """Answer the oldest question."""
        receiver = self._receivers.pop(0)
        for host in hosts:
            receiver.addressResolved(addresses.IPv4Address("TCP", host, 0))
        receiver.resolutionComplete()


class Rules(SynchronousTestCase):
    """`PassiveAddresses.address_for` without names."""

    def told(self, *rules: AddressRule, peer: Peer = CLIENT) -> IPv4Address:
        """What a client is told."""
        addresses = PassiveAddresses(rules, names=Resolver(), clock=Clock())
        return self.successResultOf(Deferred.fromCoroutine(addresses.address_for(peer)))

    def test_auto_is_where_the_control_connection_arrived(self) -> None:
        """Without NAT there is nothing to configure."""
        self.assertEqual(self.told(AddressRule()), ip_address("10.0.0.1"))

    def test_an_address_is_told_to_everybody(self) -> None:
        """A rule without a network fits all."""
        self.assertEqual(self.told(AddressRule(address=ip_address("198.51.100.7"))), ip_address("198.51.100.7"))

    def test_the_first_rule_that_fits_decides(self) -> None:
        """Clients inside the NAT are told the inner address."""
        inner = AddressRule(network=ip_network("203.0.113.0/24"), address=ip_address("10.0.0.9"))
        outer = AddressRule(address=ip_address("198.51.100.7"))
        self.assertEqual(self.told(inner, outer), ip_address("10.0.0.9"))

    def test_a_rule_for_other_clients_is_passed_over(self) -> None:
        """Clients outside the NAT are told the outer address."""
        inner = AddressRule(network=ip_network("192.168.0.0/16"), address=ip_address("10.0.0.9"))
        outer = AddressRule(address=ip_address("198.51.100.7"))
        self.assertEqual(self.told(inner, outer), ip_address("198.51.100.7"))

    def test_where_no_rule_fits_the_local_address_is_told(self) -> None:
        """As with auto."""
        inner = AddressRule(network=ip_network("2001:db8::/32"), address=ip_address("198.51.100.7"))
        self.assertEqual(self.told(inner), ip_address("10.0.0.1"))

    def test_ipv6_has_no_place_in_a_227(self) -> None:
        """The client is to use EPSV."""
        peer = replace(PEER, address=ip_address("::1"), local_address=ip_address("::1"))
        asked = PassiveAddresses([AddressRule()], names=Resolver(), clock=Clock()).address_for(peer)
        self.failureResultOf(Deferred.fromCoroutine(asked), NoDataConnection)


class Names(SynchronousTestCase):
    """A host name is looked up anew."""

    def setUp(self) -> None:
        """One name."""
        self.clock = Clock()
        self.resolver = Resolver()
        self.addresses = PassiveAddresses(
            [AddressRule(address="ftp.example.net")], names=self.resolver, clock=self.clock
        )

    def ask(self) -> Deferred[IPv4Address]:
        """Ask for a client."""
        return Deferred.fromCoroutine(self.addresses.address_for(CLIENT))

    def known(self, host: str) -> None:
        """Have one answer."""
        asked = self.ask()
        self.resolver.answer(host)
        self.assertEqual(self.successResultOf(asked), ip_address(host))

    def test_the_answer_is_told(self) -> None:
        """The name's address."""
        self.known("198.51.100.7")
        self.assertEqual(self.resolver.asked, ["ftp.example.net"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_an_answer_is_used_for_a_while(self) -> None:
        """Not every PASV asks the name server."""
        self.known("198.51.100.7")
        self.clock.advance(FRESH_SECONDS - 1)
        self.assertEqual(self.successResultOf(self.ask()), ip_address("198.51.100.7"))
        self.assertEqual(len(self.resolver.asked), 1)

    def test_an_old_answer_is_asked_for_anew(self) -> None:
        """Dynamic DNS."""
        self.known("198.51.100.7")
        self.clock.advance(FRESH_SECONDS)
        self.known("198.51.100.8")

    def test_one_of_several_addresses_is_kept(self) -> None:
        """Servers shuffle their answers."""
        self.known("198.51.100.7")
        self.clock.advance(FRESH_SECONDS)
        asked = self.ask()
        self.resolver.answer("198.51.100.8", "198.51.100.7")
        self.assertEqual(self.successResultOf(asked), ip_address("198.51.100.7"))

    def test_a_failed_look_up_keeps_the_last_good_answer(self) -> None:
        """A name server that is down for a minute breaks nothing."""
        self.known("198.51.100.7")
        self.clock.advance(FRESH_SECONDS)
        asked = self.ask()
        self.resolver.answer()
        self.assertEqual(self.successResultOf(asked), ip_address("198.51.100.7"))

    def test_a_slow_look_up_keeps_the_last_good_answer(self) -> None:
        """A client waits a little, not for ever."""
        self.known("198.51.100.7")
        self.clock.advance(FRESH_SECONDS)
        asked = self.ask()
        self.clock.advance(LOOK_UP_SECONDS)
        self.assertEqual(self.successResultOf(asked), ip_address("198.51.100.7"))

    def test_a_late_answer_serves_the_next_client(self) -> None:
        """It is not lost."""
        first = self.ask()
        self.clock.advance(LOOK_UP_SECONDS)
        self.failureResultOf(first, NoDataConnection)
        self.resolver.answer("198.51.100.7")
        self.assertEqual(self.successResultOf(self.ask()), ip_address("198.51.100.7"))

    def test_without_any_answer_there_is_no_data_connection(self) -> None:
        """Nothing is guessed."""
        asked = self.ask()
        self.resolver.answer()
        self.failureResultOf(asked, NoDataConnection)

    def test_clients_that_ask_together_share_a_look_up(self) -> None:
        """One question is enough."""
        both = self.ask(), self.ask()
        self.resolver.answer("198.51.100.7")
        self.assertEqual([self.successResultOf(asked) for asked in both], [ip_address("198.51.100.7")] * 2)
        self.assertEqual(len(self.resolver.asked), 1)

    def test_a_client_that_gives_up_spoils_nothing(self) -> None:
        """The others get their answer."""
        first, second = self.ask(), self.ask()
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.resolver.answer("198.51.100.7")
        self.assertEqual(self.successResultOf(second), ip_address("198.51.100.7"))
