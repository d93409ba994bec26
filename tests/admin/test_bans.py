"""``ftpd-service bans``, on a database of SQLite."""

from __future__ import annotations

import json
from typing import Any

from ftpd_service.admin.database_of_file import opened
from ftpd_service.database.ban_rows import put_ban
from ftpd_service.database.connecting import writing
from ftpd_service.policy.bans import Ban, BanKind
from tests.admin.accounts import AccountsCase


class BansTests(AccountsCase):
    """The bans of the database."""

    def listed(self) -> list[dict[str, Any]]:  # Any: JSON
        """The bans in force."""
        told: list[dict[str, Any]] = json.loads(self.ok("bans", "list", "--json"))  # Any: JSON
        return told

    def subjects(self) -> list[tuple[str, str]]:
        """Kind and subject of each."""
        return sorted((one["kind"], one["subject"]) for one in self.listed())

    def test_none(self) -> None:
        """An empty list."""
        self.assertEqual((self.listed(), self.ok("bans", "list")), ([], ""))

    def test_each_kind(self) -> None:
        """By the form of the argument; an IPv6 host is the network of its prefix."""
        for subject in ("192.0.2.1", "2001:db8::5", "198.51.100.7/24", "alice", "::ffff:192.0.2.2"):
            self.ok("bans", "add", subject)
        expected = [
            ("account", "alice"),
            ("host", "192.0.2.1"),
            ("host", "192.0.2.2"),
            ("host", "2001:db8::/64"),
            ("subnet", "198.51.100.0/24"),
        ]
        self.assertEqual(self.subjects(), expected)

    def test_duration_and_reason(self) -> None:
        """Without a duration the ban has no end."""
        self.ok("bans", "add", "192.0.2.1", "--for", "1h", "--reason", "scanner")
        self.ok("bans", "add", "alice")
        by_subject = {one["subject"]: one for one in self.listed()}
        self.assertEqual((by_subject["192.0.2.1"]["reason"], by_subject["alice"]["until"]), ("scanner", None))
        self.assertIsNotNone(by_subject["192.0.2.1"]["until"])

    def test_lifted(self) -> None:
        """An IPv6 host by each of its addresses; a second time there is nothing to lift."""
        self.ok("bans", "add", "2001:db8::5")
        self.ok("bans", "lift", "2001:db8::99")
        self.assertEqual(self.listed(), [])
        self.assertEqual(self.refused("bans", "lift", "2001:db8::99"), "Error: 2001:db8::99 is not banned\n")

    def test_lifted_as_listed(self) -> None:
        """Each subject of the list names its ban, also a host that is a network."""
        for subject in ("192.0.2.1", "2001:db8::5", "198.51.100.7/24", "alice"):
            self.ok("bans", "add", subject)
        for _, subject in self.subjects():
            self.assertEqual(self.ok("bans", "lift", subject), f"ban of {subject} lifted\n")
        self.assertEqual(self.listed(), [])

    def test_host_of_another_prefix(self) -> None:
        """It is found by an address even if `ipv6_prefix` has been changed since."""
        self.put(BanKind.HOST, "2001:db8::/56")
        self.assertEqual(self.ok("bans", "lift", "2001:db8:0:7::1"), "ban of 2001:db8::/56 lifted\n")

    def test_subnet_that_the_server_has_banned(self) -> None:
        """Lifting an address lifts it."""
        self.put(BanKind.SUBNET, "192.0.2.0/24")
        self.assertEqual(self.ok("bans", "lift", "192.0.2.77"), "ban of 192.0.2.0/24 lifted\n")

    def test_network_that_an_operator_has_banned(self) -> None:
        """An address does not lift it; a line names it."""
        self.ok("bans", "add", "192.0.0.0/16")
        told = self.refused("bans", "lift", "192.0.2.77")
        self.assertEqual(told, "Error: 192.0.2.77 is in banned networks, which are lifted as such: 192.0.0.0/16\n")
        self.assertEqual(self.subjects(), [("subnet", "192.0.0.0/16")])

    def test_account_whose_name_is_an_address(self) -> None:
        """Clients choose such names, and their bans can be lifted."""
        self.put(BanKind.ACCOUNT, "203.0.113.5")
        self.put(BanKind.ACCOUNT, "10.0.0.0/8")
        self.ok("bans", "lift", "203.0.113.5")
        self.ok("bans", "lift", "10.0.0.0/8")
        self.assertEqual(self.listed(), [])

    def test_ban_that_has_ended(self) -> None:
        """There is nothing to lift."""
        self.put(BanKind.HOST, "192.0.2.1", until=2.0)
        self.assertEqual(self.refused("bans", "lift", "192.0.2.1"), "Error: 192.0.2.1 is not banned\n")

    def put(self, kind: BanKind, subject: str, *, until: float | None = None) -> None:
        """A ban that the server has made."""
        engine = opened(self.config)
        self.addCleanup(engine.dispose)
        with writing(engine) as connection:
            put_ban(connection, Ban(kind=kind, subject=subject, since=1.0, until=until, automatic=True))

    def test_second_ban_replaces_the_first(self) -> None:
        """There is one for each subject."""
        self.ok("bans", "add", "alice", "--reason", "first")
        self.ok("bans", "add", "alice", "--reason", "second")
        self.assertEqual([one["reason"] for one in self.listed()], ["second"])

    def test_wrong_duration(self) -> None:
        """It says what was expected."""
        self.assertIn("--for: ", self.refused("bans", "add", "alice", "--for", "soon"))

    def test_without_a_database(self) -> None:
        """A line says what is missing."""
        self.config = self.write("plain.yaml", "listing: {dot_files: true}\n")
        self.assertIn("database", self.refused("bans", "list"))
