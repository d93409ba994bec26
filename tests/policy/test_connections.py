"""Caps on sessions: at, below and above each."""

from __future__ import annotations

from ipaddress import ip_address

from ftpd_service.errors import LimitReached
from ftpd_service.policy.connections import AccountSessions, Connections
from tests.cases import SynchronousTestCase

HOST = ip_address("192.0.2.1")
OTHER = ip_address("2001:db8::1")


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


class AccountSessionsTests(SynchronousTestCase):
    """Sessions that are logged in, per account."""

    def test_last_place_is_given(self) -> None:
        """As many sessions as the account's cap says are let in."""
        sessions = AccountSessions()
        sessions.enter("alice", 2)
        sessions.enter("alice", 2)
        self.assertEqual(sessions.count("alice"), 2)

    def test_one_more_than_the_cap_is_refused(self) -> None:
        """The session above the cap is refused; the text names the account."""
        sessions = AccountSessions()
        sessions.enter("alice", 1)
        problem = self.assertRaises(LimitReached, sessions.enter, "alice", 1)
        self.assertIn("'alice'", str(problem))

    def test_no_cap_lets_everybody_in(self) -> None:
        """None is no cap; the sessions are counted all the same."""
        sessions = AccountSessions()
        sessions.enter("alice", None)
        sessions.enter("alice", None)
        self.assertEqual(sessions.count("alice"), 2)

    def test_accounts_have_their_own_counts(self) -> None:
        """A full account leaves another's place free."""
        sessions = AccountSessions()
        sessions.enter("alice", 1)
        sessions.enter("bob", 1)
        self.assertEqual(sessions.count("bob"), 1)

    def test_leaving_frees_the_place(self) -> None:
        """A session that has left makes room for another."""
        sessions = AccountSessions()
        sessions.enter("alice", 1)
        sessions.leave("alice")
        sessions.enter("alice", 1)
        self.assertEqual(sessions.count("alice"), 1)
