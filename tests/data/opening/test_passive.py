"""The choice of passive ports."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from random import Random

from twisted.internet.task import Clock

from ftpd_service.data.opening.passive import ANY_PORT, REST_SECONDS, PassiveListener, PassivePorts, PortsInUse
from ftpd_service.data.opening.port import Accepts
from ftpd_service.errors import NoDataConnection, NoDataResources
from ftpd_service.policy.passive_ports import UNUSED_SECONDS
from ftpd_service.reasons import DataFailure
from ftpd_service.values import IPAddress, Peer
from tests.cases import SynchronousTestCase

HERE, OTHER = ip_address("192.0.2.1"), ip_address("192.0.2.2")


class FakePort:
    """Listens nowhere."""

    def __init__(self, number: int) -> None:
        self.number = number

    def look(self) -> None:
        """Nobody is there."""

    def watch(self) -> None:
        """Nobody comes."""

    def close(self) -> None:
        """Nothing to close."""


class Accepting:
    """Accepts nobody; gives its port up when it is told to."""

    gave_up = False
    number = 0
    release: Callable[[], None] | None = None

    def accepted(self, connected: socket.socket, host: str) -> bool:
        """Nobody is served."""
        return False

    def cannot_accept(self, problem: OSError) -> None:
        """Nobody is told."""

    def taken_back(self) -> None:
        """Give the port up."""
        self.gave_up = True
        if self.release is not None:
            self.release()


class FakeListening:
    """Opens ports in memory; some are taken, or all of them fail in some way."""

    def __init__(self, *, taken: set[int] | None = None, problem: OSError | None = None) -> None:
        self._taken = taken or set()
        self._problem = problem
        self.asked: list[int] = []

    def __call__(self, number: int, factory: Accepts, interface: str, /) -> FakePort:
        """Listen, or not."""
        self.asked.append(number)
        if self._problem is not None:
            raise self._problem
        if number in self._taken:
            raise OSError(98, "Address already in use")
        return FakePort(number)


class PortChoice(SynchronousTestCase):
    """`PassivePorts.listen`."""

    def setUp(self) -> None:
        """Time that stands still."""
        self.clock = Clock()
        self.reports: list[str] = []
        self.in_use: PortsInUse | None = None

    def ports(self, *ranges: tuple[int, int], listening: FakeListening | None = None, seed: int = 1) -> PassivePorts:
        """A choice from ranges."""
        return PassivePorts(
            ranges, listen=listening or FakeListening(), clock=self.clock, random=Random(seed), in_use=self.in_use
        )

    def chosen(self, ports: PassivePorts) -> int:
        """The next port."""
        return ports.listen(Accepting(), "127.0.0.1", HERE).number

    def held(self, ports: PassivePorts, host: IPAddress) -> Accepting:
        """A port that a host asks for and that nobody connects to."""
        holder = Accepting()
        holder.number = ports.listen(holder, "127.0.0.1", host).number
        holder.release = partial(ports.release, holder.number)
        return holder

    def test_all_ports_of_ranges_with_holes_are_used_and_no_other(self) -> None:
        """Both ends of each range belong to it."""
        ports = self.ports((5000, 5002), (6000, 6000))
        self.assertEqual({self.chosen(ports) for _ in range(4)}, {5000, 5001, 5002, 6000})

    def test_ports_are_not_given_in_order(self) -> None:
        """Nobody can guess the next one (RFC 2577 section 8)."""
        ports = self.ports((5000, 5999))
        chosen = [self.chosen(ports) for _ in range(20)]
        self.assertNotEqual(chosen, sorted(chosen))

    def test_another_seed_gives_other_ports(self) -> None:
        """The choice is the random source's."""
        first = [self.chosen(self.ports((5000, 5999), seed=1)) for _ in range(3)]
        second = [self.chosen(self.ports((5000, 5999), seed=2)) for _ in range(3)]
        self.assertNotEqual(first, second)

    def test_without_a_range_it_is_a_dynamic_port(self) -> None:
        """Any free port."""
        first, last = ANY_PORT[0]
        self.assertTrue(first <= self.chosen(self.ports()) <= last)

    def test_a_port_that_is_taken_is_passed_over(self) -> None:
        """Other programs use ports too."""
        listening = FakeListening(taken=set(range(5000, 5100)) - {5042})
        self.assertEqual(self.chosen(self.ports((5000, 5099), listening=listening)), 5042)

    def test_no_free_port(self) -> None:
        """All are taken."""
        ports = self.ports((5000, 5001), listening=FakeListening(taken={5000, 5001}))
        self.assertRaises(NoDataConnection, self.chosen, ports)

    def test_an_open_port_is_not_tried_again(self) -> None:
        """What this service has open is known without a system call."""
        listening = FakeListening()
        ports = self.ports((5000, 5000), listening=listening)
        self.chosen(ports)
        self.assertRaises(NoDataConnection, self.chosen, ports)
        self.assertEqual(listening.asked, [5000])

    def test_an_address_that_is_gone_fails_at_once(self) -> None:
        """Trying the other ports would be in vain."""
        listening = FakeListening(problem=OSError(99, "Cannot assign requested address"))
        self.assertRaises(NoDataConnection, self.chosen, self.ports((5000, 5999), listening=listening))
        self.assertEqual(len(listening.asked), 1)

    def test_without_descriptors_no_port_is_open(self) -> None:
        """The server is short of something, which its operator has to hear."""
        listening = FakeListening(problem=OSError(errno.EMFILE, "Too many open files"))
        self.assertRaises(NoDataResources, self.chosen, self.ports((5000, 5999), listening=listening))

    def test_a_port_just_used_rests_while_others_are_free(self) -> None:
        """A late SYN must not reach another client's listener, whatever the random source says."""
        self.assertEqual([seed for seed in range(50) if self.chosen_twice(seed)], [])

    def chosen_twice(self, seed: int) -> bool:
        """Whether a port that was used is chosen at once again."""
        ports = self.ports((5000, 5001), seed=seed)
        used = self.chosen(ports)
        ports.release(used)
        return self.chosen(ports) == used

    def test_another_host_gets_a_port_of_the_host_that_holds_all(self) -> None:
        """At once: the one that is held for longest."""
        ports = self.ports((5000, 5003))
        holders = [self.held(ports, OTHER) for _ in range(4)]
        self.chosen(ports)
        self.assertEqual([holder.gave_up for holder in holders], [True, False, False, False])

    def test_the_host_that_holds_all_gets_no_more(self) -> None:
        """Its own transfers would fail for each other."""
        ports = self.ports((5000, 5001))
        holders = [self.held(ports, OTHER) for _ in range(2)]
        self.assertRaises(NoDataConnection, self.held, ports, OTHER)
        self.assertEqual([holder.gave_up for holder in holders], [False, False])

    def test_the_host_that_holds_all_gets_a_port_that_nobody_uses(self) -> None:
        """One client behind an address keeps the range from the others for seconds and no longer."""
        ports = self.ports((5000, 5001))
        holders = [self.held(ports, OTHER) for _ in range(2)]
        self.clock.advance(UNUSED_SECONDS)
        self.held(ports, OTHER)
        self.assertEqual([holder.gave_up for holder in holders], [True, False])

    def test_sessions_from_before_a_reload_give_ports_too(self) -> None:
        """Else they would keep the range from all sessions that begin afterwards."""
        self.in_use = PortsInUse()
        before = self.ports((5000, 5001))
        holders = [self.held(before, OTHER) for _ in range(2)]
        self.assertEqual(self.chosen(self.ports((5000, 5001))), holders[0].number)
        self.assertEqual([holder.gave_up for holder in holders], [True, False])

    def test_a_port_outside_the_ranges_is_not_given(self) -> None:
        """A reload may have taken it out of them."""
        self.in_use = PortsInUse()
        before = self.ports((5000, 5002))
        holders = [self.held(before, OTHER) for _ in range(3)]
        self.clock.advance(UNUSED_SECONDS)
        last = holders[-1].number
        self.assertEqual(self.chosen(self.ports((last, last))), last)
        self.assertEqual([holder.gave_up for holder in holders], [False, False, True])

    def test_clients_of_one_ipv6_network_share(self) -> None:
        """A client has as many addresses as it likes: they count as one host."""
        ports = self.ports((5000, 5001))
        self.listening(ports, "2001:db8::1")
        self.listening(ports, "2001:db8::2")
        self.assertRaises(NoDataConnection, self.listening, ports, "2001:db8::3")
        self.assertIn(self.listening(ports, "2001:db8:0:1::1").number, (5000, 5001))

    def listening(self, ports: PassivePorts, address: str) -> PassiveListener:
        """The listener of a client with an address."""
        there, here = ip_address(address), ip_address("2001:db8::7")
        peer = Peer(address=there, port=40000, local_address=here, local_port=21)

        def report(cause: DataFailure, reason: str) -> None:
            self.reports.append(reason)

        return PassiveListener(peer=peer, ports=ports, report=report, came=lambda listener: None)

    def test_a_free_port_is_better_than_that_of_another(self) -> None:
        """Nothing is taken back while the range is not used up."""
        ports = self.ports((5000, 5002))
        holders = [self.held(ports, OTHER) for _ in range(2)]
        self.chosen(ports)
        self.assertEqual([holder.gave_up for holder in holders], [False, False])

    def test_a_port_that_was_used_is_not_taken_back(self) -> None:
        """Whoever has connected holds no port any more: the next one gives its own."""
        ports = self.ports((5000, 5003))
        used = self.held(ports, OTHER)
        holders = [self.held(ports, OTHER) for _ in range(3)]
        assert used.release is not None
        used.release()
        self.held(ports, OTHER)
        self.chosen(ports)
        self.assertEqual((used.gave_up, [holder.gave_up for holder in holders]), (False, [True, False, False]))

    def test_a_port_is_used_again_after_its_rest(self) -> None:
        """Some seconds suffice."""
        listening = FakeListening(taken={5001})
        ports = self.ports((5000, 5001), listening=listening)
        ports.release(self.chosen(ports))
        self.clock.advance(REST_SECONDS)
        del listening.asked[:]
        self.assertEqual(self.chosen(ports), 5000)
        self.assertTrue(set(listening.asked[:-1]) <= {5001})

    def test_a_resting_port_is_better_than_none(self) -> None:
        """The longest-rested is used when nothing else is free: small files empty a short range quickly."""
        ports = self.ports((5000, 5001))
        first, second = self.chosen(ports), self.chosen(ports)
        ports.release(second)
        self.clock.advance(1)
        ports.release(first)
        self.assertEqual([self.chosen(ports), self.chosen(ports)], [second, first])

    def test_a_long_range_whose_ports_rest_is_not_gone_through(self) -> None:
        """Thousands of files a second leave hardly a rested port: the longest-rested serves, without a search."""
        ports = self.ports((5000, 5999))
        searched: list[PassivePorts] = []

        def search(ports: PassivePorts) -> list[int]:
            searched.append(ports)
            return []

        self.patch(PassivePorts, "_rested", search)
        for _ in range(3000):
            ports.release(self.chosen(ports))
        self.assertEqual(searched, [])

    def test_open_ports_are_counted(self) -> None:
        """For gauges."""
        ports = self.ports((5000, 5001))
        number = self.chosen(ports)
        self.assertEqual(ports.open, 1)
        ports.release(number)
        self.assertEqual(ports.open, 0)
