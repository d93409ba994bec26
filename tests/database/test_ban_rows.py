"""Bans as rows of SQL."""

from __future__ import annotations

from ftpd_service.database.ban_rows import all_bans, lift_ban, put_ban
from ftpd_service.policy.bans import Ban, BanKind
from tests.accounts.in_database import DatabaseCase
from tests.database.places import made_sqlite

MADE = Ban(kind=BanKind.HOST, subject="192.0.2.1", since=10, until=20, reason="10 failed logins", automatic=True)
PUT = Ban(kind=BanKind.ACCOUNT, subject="alice", since=11, reason="spam")


class BanRowsTests(DatabaseCase):
    """The rows that a service and operators share."""

    def setUp(self) -> None:
        self.settings = made_sqlite(self.mktemp())
        for ban in (MADE, PUT):
            self.change(lambda connection, ban=ban: put_ban(connection, ban))  # type: ignore[misc]  # of this turn

    def test_what_is_put_is_found(self) -> None:
        """Unchanged, the newest first."""
        self.assertEqual(self.look(lambda connection: all_bans(connection, 15)), [PUT, MADE])

    def test_bans_that_have_ended_are_left_out(self) -> None:
        """At their last second they have ended."""
        self.assertEqual(self.look(lambda connection: all_bans(connection, 20)), [PUT])

    def test_lifted(self) -> None:
        """Once."""
        self.assertTrue(self.change(lambda connection: lift_ban(connection, BanKind.ACCOUNT, "alice")))
        self.assertFalse(self.change(lambda connection: lift_ban(connection, BanKind.ACCOUNT, "alice")))
        self.assertEqual(self.look(lambda connection: all_bans(connection, 15)), [MADE])
