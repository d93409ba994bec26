"""Which passive port is taken back from whom."""

from __future__ import annotations

from ipaddress import ip_address

from ftpd_service.policy.passive_ports import UNUSED_SECONDS, Held, to_take_back
from tests.cases import SynchronousTestCase

A, B, C = (ip_address(f"192.0.2.{number}") for number in (1, 2, 3))


class TakeBackTests(SynchronousTestCase):
    """`to_take_back`; all ports are young unless a test says otherwise."""

    def held(self, **ports: tuple[object, float]) -> dict[int, Held]:
        """Ports by number, each with its host and since when it is held."""
        return {int(name[1:]): Held(host=host, since=since) for name, (host, since) in ports.items()}  # type: ignore[arg-type]  # hosts are addresses

    def test_the_oldest_port_of_the_host_that_holds_most(self) -> None:
        """Not the oldest of all."""
        held = self.held(_1=(B, 0.0), _2=(A, 2.0), _3=(A, 1.0), _4=(A, 3.0))
        self.assertEqual(to_take_back(held, C, 3.0), 3)

    def test_nothing_is_taken_from_a_host_that_holds_only_one_more(self) -> None:
        """The two would take it from each other for ever."""
        self.assertIsNone(to_take_back(self.held(_1=(A, 0.0), _2=(A, 1.0), _3=(B, 1.0)), B, 1.0))

    def test_a_host_that_holds_two_more_gives_one(self) -> None:
        """Afterwards both hold as many."""
        self.assertEqual(to_take_back(self.held(_1=(A, 0.0), _2=(A, 1.0)), B, 1.0), 1)

    def test_a_host_takes_no_young_port_from_itself(self) -> None:
        """Its own transfers would fail for each other."""
        self.assertIsNone(to_take_back(self.held(_1=(A, 0.0), _2=(A, 0.0)), A, UNUSED_SECONDS - 0.1))

    def test_a_host_gets_a_port_of_its_own_that_nobody_uses(self) -> None:
        """Many clients may be behind one address: one of them is not to keep the range from the others."""
        self.assertEqual(to_take_back(self.held(_1=(A, 1.0), _2=(A, 0.0)), A, UNUSED_SECONDS), 2)

    def test_a_port_that_nobody_uses_is_taken_from_anybody(self) -> None:
        """At the bound, and not before it."""
        held = self.held(_1=(A, 0.0))
        self.assertIsNone(to_take_back(held, B, UNUSED_SECONDS - 0.1))
        self.assertEqual(to_take_back(held, B, UNUSED_SECONDS), 1)

    def test_without_any_port_there_is_nothing(self) -> None:
        """Other programs have them all."""
        self.assertIsNone(to_take_back({}, A, 0.0))
