"""The limits of the whole service, and another value of each that a reload brings."""

from __future__ import annotations

from ftpd_service.account import AccountSettings
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.config.schema import Config, LimitsSettings
from ftpd_service.policy.subnets import SubnetPrefix
from tests.memory_service import ServiceCase


class LimitsTests(ServiceCase):
    """Whom a service lets in, and how fast it serves."""

    def limited(self, **limits: object) -> Config:
        """A configuration with some limits."""
        return self.config(limits=LimitsSettings(**limits))  # type: ignore[arg-type]  # as `LimitsSettings` takes

    def test_a_subnet_has_a_cap(self) -> None:
        """Its other hosts are refused, and other subnets are not."""
        self.started(self.limited(sessions_per_subnet=1))
        hosts = ("192.0.2.1", "192.0.2.2", "192.0.3.1")
        self.assertEqual([self.client(host=host).codes() for host in hosts], [[220], [421], [220]])

    def test_the_cap_of_subnets_changes_at_once(self) -> None:
        """Open sessions are counted, and stay."""
        service = self.started()
        first = self.client()
        first.codes()
        self.reread(service, self.limited(sessions_per_subnet=1))
        self.assertEqual(self.client(host="192.0.2.2").codes(), [421])
        self.assertEqual(first.say("NOOP"), [200])

    def test_the_size_of_subnets_changes_at_once(self) -> None:
        """Two hosts of a /24 are two subnets of /32."""
        service = self.started(self.limited(sessions_per_subnet=1))
        self.client()
        self.reread(service, self.limited(sessions_per_subnet=1, subnets=SubnetPrefix(ipv4=32)))
        self.assertEqual(self.client(host="192.0.2.2").codes(), [220])

    def test_a_host_connects_so_often_in_a_second(self) -> None:
        """A further connection gets 421 and is closed, until its time has come."""
        self.started(self.limited(connections_per_second=2))
        clients = [self.client() for _ in range(3)]
        self.assertEqual([client.codes() for client in clients], [[220], [220], [421]])
        self.assertTrue(clients[2].transport.disconnecting)
        self.reactor.advance(0.5)
        self.assertEqual(self.client().codes(), [220])

    def test_the_rate_of_connections_changes_at_once(self) -> None:
        """Also for a host that has used it up."""
        service = self.started(self.limited(connections_per_second=1))
        self.client()
        self.reread(service, self.limited())
        self.assertEqual(self.client().codes(), [220])

    def test_a_flood_of_connections_is_a_line_with_the_key(self) -> None:
        """One line for all, so that a client cannot fill the log."""
        self.started(self.limited(connections_per_second=1))
        for _ in range(100):
            self.client()
        self.assertEqual(self.log.count("refused 192.0.2.1: limits.connections_per_second: 1 of 192.0.2.1"), 1)

    def test_commands_wait_their_turn(self) -> None:
        """Two at once, and the third half a second later."""
        self.started(self.limited(commands_per_second=2))
        client = self.client()
        client.codes()
        for _ in range(3):
            client.send("NOOP")
        self.assertEqual(client.codes(), [200, 200])
        self.reactor.advance(0.5)
        self.assertEqual(client.codes(), [200])

    def test_the_rate_of_commands_changes_in_open_sessions(self) -> None:
        """Without a new connection."""
        service = self.started()
        client = self.client()
        self.reread(service, self.limited(commands_per_second=1))
        client.codes()
        client.send("NOOP")
        client.send("NOOP")
        self.assertEqual(client.codes(), [200])

    def test_a_group_has_a_cap(self) -> None:
        """A login to any of its accounts is refused while so many sessions of the group are open."""
        groups = {"staff": AccountSettings(group_sessions=1)}
        accounts = {name: self.account(group="staff") for name in ("alice", "bob")}
        self.started(self.config(accounts=AccountsSettings(accounts=accounts, groups=groups)))
        first = self.client()
        self.assertEqual([first.log_in("alice", "secret"), self.client().log_in("bob", "secret")], [230, 421])
        told = 'not granted for "bob": LimitReached: groups.staff.limits.group_sessions: 1 of'
        self.assertEqual(self.log.count(told), 1)
        first.lose()
        self.assertEqual(self.client().log_in("bob", "secret"), 230)
