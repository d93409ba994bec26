"""Caps on sessions: at, below and above each."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

from ftpd_service.account import Account
from ftpd_service.errors import LimitReached
from ftpd_service.policy.connections import AccountSessions, Connections
from ftpd_service.policy.subnets import SubnetPrefix
from tests.cases import SynchronousTestCase

HOST = ip_address("192.0.2.1")
NEIGHBOUR = ip_address("192.0.2.2")
OTHER = ip_address("2001:db8::1")


def account(name: str, sessions: int | None) -> Account:
    """An account with a cap."""
    return Account(name=name, sessions=sessions)


def member(name: str, group_sessions: int | None) -> Account:
    """An account of a group with a cap."""
    return Account(name=name, group="staff", group_sessions=group_sessions)


class ConnectionsTests(SynchronousTestCase):
    """Control connections, in all and per host."""

    def test_last_place_is_given(self) -> None:
        """As many sessions as the cap says are let in."""
        connections = Connections(2, None)
        connections.enter(HOST)
        connections.enter(HOST)
        self.assertEqual(len(connections), 2)

    def test_one_more_than_the_cap_is_refused(self) -> None:
        """The session above the cap is refused, by the cap's name."""
        connections = Connections(1, None)
        connections.enter(HOST)
        problem = self.assertRaises(LimitReached, connections.enter, OTHER)
        self.assertIn("limits.sessions:", str(problem))

    def test_last_place_of_a_host_is_given(self) -> None:
        """As many sessions from one address as its cap says are let in."""
        connections = Connections(10, 2)
        connections.enter(HOST)
        connections.enter(HOST)
        self.assertEqual(len(connections), 2)

    def test_one_more_than_the_cap_of_a_host_is_refused(self) -> None:
        """The session above a host's cap is refused, by the cap's name and the address."""
        connections = Connections(10, 1)
        connections.enter(HOST)
        problem = self.assertRaises(LimitReached, connections.enter, HOST)
        self.assertIn("limits.sessions_per_host: 1 are open from 192.0.2.1", str(problem))

    def test_hosts_have_their_own_counts(self) -> None:
        """A full host leaves another's place free."""
        connections = Connections(10, 1)
        connections.enter(HOST)
        connections.enter(OTHER)
        self.assertEqual(len(connections), 2)

    def test_refused_session_is_not_counted(self) -> None:
        """A refusal counts nothing: after one left, one place is free again."""
        connections = Connections(10, 1)
        connections.enter(HOST)
        self.assertRaises(LimitReached, connections.enter, HOST)
        connections.leave(HOST)
        connections.enter(HOST)
        self.assertEqual(len(connections), 1)

    def test_leaving_frees_a_place_in_all(self) -> None:
        """A session that has left makes room for one from elsewhere."""
        connections = Connections(1, None)
        connections.enter(HOST)
        connections.leave(HOST)
        connections.enter(OTHER)
        self.assertEqual(len(connections), 1)

    def test_leaving_without_having_entered_is_a_mistake(self) -> None:
        """Counting out what was never counted in raises rather than going below zero."""
        self.assertRaises(KeyError, Connections(1, 1).leave, HOST)


class SubnetTests(SynchronousTestCase):
    """Control connections per subnet."""

    def connections(self, per_subnet: int | None, *, ipv4: int = 24) -> Connections:
        """Caps that leave everything else open."""
        return Connections(100, None, per_subnet=per_subnet, subnets=SubnetPrefix(ipv4=ipv4))

    def test_last_place_of_a_subnet_is_given(self) -> None:
        """As many sessions from one subnet as its cap says are let in, whichever their hosts."""
        connections = self.connections(2)
        connections.enter(HOST)
        connections.enter(NEIGHBOUR)
        self.assertEqual(len(connections), 2)

    def test_one_more_than_the_cap_of_a_subnet_is_refused(self) -> None:
        """By the cap's name and the subnet; nothing was counted."""
        connections = self.connections(1)
        connections.enter(HOST)
        problem = self.assertRaises(LimitReached, connections.enter, NEIGHBOUR)
        self.assertIn("limits.sessions_per_subnet: 1 are open from 192.0.2.0/24", str(problem))
        self.assertEqual(len(connections), 1)

    def test_another_subnet_has_its_own_count(self) -> None:
        """A full subnet leaves another's place free."""
        connections = self.connections(1)
        connections.enter(HOST)
        connections.enter(ip_address("192.0.3.1"))
        connections.enter(OTHER)
        self.assertEqual(len(connections), 3)

    def test_leaving_frees_a_place_of_the_subnet(self) -> None:
        """For any of its hosts."""
        connections = self.connections(1)
        connections.enter(HOST)
        connections.leave(HOST)
        connections.enter(NEIGHBOUR)
        self.assertEqual(len(connections), 1)

    def test_a_refusal_by_the_host_leaves_the_subnet_as_it_was(self) -> None:
        """The subnet's last place is still free."""
        connections = Connections(100, 1, per_subnet=2)
        connections.enter(HOST)
        self.assertRaises(LimitReached, connections.enter, HOST)
        connections.enter(NEIGHBOUR)
        self.assertEqual(len(connections), 2)

    def test_a_cap_that_comes_later_counts_open_sessions(self) -> None:
        """A reload finds them by their hosts."""
        connections = self.connections(None)
        connections.enter(HOST)
        connections.change(100, None, per_subnet=1)
        self.assertRaises(LimitReached, connections.enter, NEIGHBOUR)

    def test_other_subnets_count_open_sessions_anew(self) -> None:
        """After a reload that changes the prefix, sessions leave the subnet in which they are counted now."""
        connections = self.connections(1, ipv4=32)
        connections.enter(HOST)
        connections.change(100, None, per_subnet=1, subnets=SubnetPrefix(ipv4=24))
        self.assertRaises(LimitReached, connections.enter, NEIGHBOUR)
        connections.leave(HOST)
        connections.enter(NEIGHBOUR)
        self.assertEqual(len(connections), 1)

    def test_a_cap_that_goes_is_forgotten(self) -> None:
        """And sessions from before it leave without a mistake."""
        connections = self.connections(1)
        connections.enter(HOST)
        connections.change(100, None)
        connections.enter(NEIGHBOUR)
        connections.leave(HOST)
        self.assertEqual(len(connections), 1)


class AccountSessionsTests(SynchronousTestCase):
    """Sessions that are logged in, per account."""

    def test_last_place_is_given(self) -> None:
        """As many sessions as the account's cap says are let in."""
        sessions = AccountSessions()
        sessions.enter(account("alice", 2))
        sessions.enter(account("alice", 2))
        self.assertEqual(sessions.count("alice"), 2)

    def test_one_more_than_the_cap_is_refused(self) -> None:
        """The session above the cap is refused; the text names the account."""
        sessions = AccountSessions()
        sessions.enter(account("alice", 1))
        problem = self.assertRaises(LimitReached, sessions.enter, account("alice", 1))
        self.assertIn("'alice'", str(problem))

    def test_no_cap_lets_everybody_in(self) -> None:
        """None is no cap; the sessions are counted all the same."""
        sessions = AccountSessions()
        sessions.enter(account("alice", None))
        sessions.enter(account("alice", None))
        self.assertEqual(sessions.count("alice"), 2)

    def test_accounts_have_their_own_counts(self) -> None:
        """A full account leaves another's place free."""
        sessions = AccountSessions()
        sessions.enter(account("alice", 1))
        sessions.enter(account("bob", 1))
        self.assertEqual(sessions.count("bob"), 1)

    def test_leaving_frees_the_place(self) -> None:
        """A session that has left makes room for another."""
        sessions = AccountSessions()
        sessions.enter(account("alice", 1))
        sessions.leave(account("alice", 1))
        sessions.enter(account("alice", 1))
        self.assertEqual(sessions.count("alice"), 1)


class GroupSessionsTests(SynchronousTestCase):
    """Sessions that are logged in, per group."""

    def test_last_place_of_a_group_is_given(self) -> None:
        """As many sessions of its accounts together as the cap says are let in."""
        sessions = AccountSessions()
        sessions.enter(member("alice", 2))
        sessions.enter(member("bob", 2))
        self.assertEqual((sessions.count("alice"), sessions.count("bob")), (1, 1))

    def test_one_more_than_the_cap_of_a_group_is_refused(self) -> None:
        """By the key of the cap, which names the group; neither account nor group counts the session."""
        sessions = AccountSessions()
        sessions.enter(member("alice", 1))
        problem = self.assertRaises(LimitReached, sessions.enter, member("bob", 1))
        self.assertTrue(str(problem).startswith("groups.staff.limits.group_sessions: 1 "), str(problem))
        self.assertEqual(sessions.count("bob"), 0)

    def test_a_refusal_by_the_account_leaves_the_group_as_it_was(self) -> None:
        """The group's last place is still free."""
        sessions = AccountSessions()
        alone = replace(member("alice", 2), sessions=1)
        sessions.enter(alone)
        self.assertRaises(LimitReached, sessions.enter, alone)
        sessions.enter(member("bob", 2))

    def test_leaving_frees_the_place_of_the_group(self) -> None:
        """For any of its accounts."""
        sessions = AccountSessions()
        sessions.enter(member("alice", 1))
        sessions.leave(member("alice", 1))
        sessions.enter(member("bob", 1))

    def test_other_groups_and_accounts_without_a_group_are_let_in(self) -> None:
        """A full group leaves others' places free."""
        sessions = AccountSessions()
        sessions.enter(member("alice", 1))
        sessions.enter(replace(member("bob", 1), group="guests"))
        sessions.enter(account("carol", None))

    def test_a_cap_that_comes_later_counts_sessions_from_before(self) -> None:
        """Sessions of a group without a cap are counted too."""
        sessions = AccountSessions()
        sessions.enter(member("alice", None))
        self.assertRaises(LimitReached, sessions.enter, member("bob", 1))
