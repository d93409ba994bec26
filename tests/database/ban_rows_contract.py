"""The contract of bans as rows of SQL, for each kind of database."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent

from ftpd_service.database import ban_rows
from ftpd_service.database.ban_rows import SqlBans, all_bans, drop_old_bans, latest_bans, lift_ban, put_ban
from ftpd_service.database.queries import Database
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.policy.bans import Ban, BanKind
from ftpd_service.testing.fakes import at_once
from tests.accounts.in_database import DatabaseCase

T = TypeVar("T")

MADE = Ban(kind=BanKind.HOST, subject="192.0.2.1", since=10, until=20, reason="10 failed logins", automatic=True)
PUT = Ban(kind=BanKind.ACCOUNT, subject="alice", since=11, reason="spam")


class BanRowsContract(DatabaseCase):
    """The rows that a service and operators share."""

    def made(self) -> DatabaseSettings:
        """An empty database with all tables."""
        raise NotImplementedError

    def setUp(self) -> None:
        self.settings = self.made()
        for ban in (MADE, PUT):
            self.change(lambda connection, ban=ban: put_ban(connection, ban))  # type: ignore[misc]  # of this turn

    def test_what_is_put_is_found(self) -> None:
        """Unchanged, the newest first."""
        self.assertEqual(self.look(lambda connection: all_bans(connection, 15)), [PUT, MADE])

    def test_bans_that_have_ended_are_left_out(self) -> None:
        """At their last second they have ended."""
        self.assertEqual(self.look(lambda connection: all_bans(connection, 20)), [PUT])

    def test_ban_of_a_server_does_not_shorten_another(self) -> None:
        """An operator has made it meanwhile; another ban of the operator replaces it."""
        automatic = replace(PUT, until=100, reason="10 failed logins", automatic=True)
        self.change(partial(put_ban, ban=automatic))
        self.assertEqual(self.look(lambda connection: all_bans(connection, 15)), [PUT, MADE])
        self.change(partial(put_ban, ban=replace(automatic, automatic=False)))
        self.assertEqual(self.look(lambda connection: all_bans(connection, 15))[0].until, 100)

    def test_lifted(self) -> None:
        """Once."""
        self.assertTrue(self.change(lambda connection: lift_ban(connection, BanKind.ACCOUNT, "alice")))
        self.assertFalse(self.change(lambda connection: lift_ban(connection, BanKind.ACCOUNT, "alice")))
        self.assertEqual(self.look(lambda connection: all_bans(connection, 15)), [MADE])

    def test_a_service_loads_as_many_as_it_has_room_for(self) -> None:
        """The newest that servers have made, and all of operators."""
        self.patch(ban_rows, "MOST_BANS", 2)
        for number in range(5):
            ban = replace(MADE, subject=f"192.0.3.{number}", since=number)
            self.change(partial(put_ban, ban=ban))
        loaded = self.look(partial(latest_bans, now=15))
        self.assertEqual([ban.subject for ban in loaded], ["alice", "192.0.2.1", "192.0.3.4"])

    def test_bans_for_which_there_is_no_room_are_deleted(self) -> None:
        """So that a crowd of attackers does not fill the database; those of operators stay."""
        self.patch(ban_rows, "MOST_BANS", 2)
        for number in range(5):
            self.change(partial(put_ban, ban=replace(MADE, subject=f"192.0.3.{number}", since=number)))
        self.change(partial(drop_old_bans, ended_before=0))
        left = self.look(lambda connection: all_bans(connection, 15))
        self.assertEqual([ban.subject for ban in left], ["alice", "192.0.2.1", "192.0.3.4"])

    def test_bans_that_ended_some_time_ago_are_deleted(self) -> None:
        """And those without an end stay."""
        self.change(partial(drop_old_bans, ended_before=21))
        self.assertEqual(self.look(lambda connection: all_bans(connection, 0)), [PUT])

    def test_a_row_that_was_written_by_hand_is_left_out(self) -> None:
        """It is a line of the log, and all other bans count."""
        self.change(partial(put_ban, ban=replace(MADE, subject="192.0.2.1/24")))
        with capturedLogs() as logged:
            loaded = self.look(partial(latest_bans, now=15))
        self.assertEqual(loaded, [PUT, MADE])
        self.assertIn("192.0.2.1/24 has host bits set", formatEvent(logged[0]) or "")

    def test_a_running_service_keeps_and_loads_bans(self) -> None:
        """Its counter of changes moves with each ban, and with each that is lifted."""
        database = Database(self.settings, at_once, Clock())
        self.addCleanup(lambda: self.answer(database.close()))
        store = SqlBans(database)
        ban = replace(MADE, subject="2001:db8::/64", since=12.25)
        states = [self.answer(store.state())]
        self.answer(store.put(ban))
        states.append(self.answer(store.state()))
        self.assertEqual(self.answer(store.load(15.0)), [PUT, ban, MADE])
        self.change(partial(lift_ban, kind=ban.kind, subject=ban.subject))
        states.append(self.answer(store.state()))
        self.assertEqual([states[0] == states[1], states[1] == states[2], states[2] == states[0]], [False, False, True])

    def answer(self, asked: Coroutine[Deferred[Any], Any, T]) -> T:
        """The result of a coroutine."""
        return self.successResultOf(Deferred.fromCoroutine(asked))
