"""Storages that accounts name, at login: made for each, given back with it, and refused where they break."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred

from ftpd_service.account import AccountSettings, StorageChoice
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.config.schema import Config
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.contract_ground import listed
from ftpd_service.values import Entry, Permissions
from tests.memory_service import ServiceCase
from tests.storage.strangers import (
    Broken,
    Leaving,
    Refusing,
    Remembered,
    begun,
    below_home,
    hanging,
    hung,
    named,
    neither,
    on_the_reactor,
)


class LoginCase(ServiceCase):
    """Accounts with storages of this module."""

    def setUp(self) -> None:
        super().setUp()
        Remembered.made.clear()
        begun.clear()
        hung.clear()
        self.addCleanup(hung.set)

    def of(self, choice: StorageChoice | None, **settings: Any) -> Config:  # Any: as AccountSettings takes
        """A configuration whose alice has a storage."""
        return self.config(accounts={"alice": replace(self.account(), storage=choice, **settings)})

    def log_in(self, config: Config) -> int:
        """The answer to alice's password."""
        self.started(config)
        return self.client().log_in("alice", "secret")

    def lines_of(self, text: str) -> list[str]:
        """The lines of the log that hold a text."""
        return [line for line in self.log.lines if text in line]


class LoginTests(LoginCase):
    """A login with a storage that works."""

    def test_files_are_in_the_storage(self) -> None:
        """And not in the home."""
        self.started(self.of(named(Remembered, options={"bucket": "b"})))
        client = self.client()
        self.assertEqual(client.log_in("alice", "secret"), 230)
        self.assertEqual((client.say("MKD d"), os.listdir(self.home)), ([257], []))
        self.assertEqual([one.bucket for one in Remembered.made], ["b"])

    def test_what_the_class_is_given(self) -> None:
        """The account, its home and rights, the client, threads and time."""
        self.log_in(self.of(named(Remembered), create_home=True, permissions=Permissions.LIST))
        login = Remembered.made[0].login
        assert login.peer is not None
        self.assertEqual((login.account.name, login.home, login.create_home), ("alice", self.home, True))
        self.assertEqual((login.permissions, str(login.peer.address)), (Permissions.LIST, "192.0.2.1"))
        self.assertIs(login.clock, self.reactor)

    def test_the_class_is_called_on_a_thread(self) -> None:
        """It may open files."""
        self.log_in(self.of(named(Remembered)))
        self.assertIsNot(Remembered.made[0].thread, threading.current_thread())

    def test_a_coroutine_runs_on_the_reactor(self) -> None:
        """It may use Twisted."""
        self.assertEqual(self.log_in(self.of(named(on_the_reactor))), 230)
        self.assertIs(Remembered.made[0].thread, threading.current_thread())

    def test_permissions_hold(self) -> None:
        """The server asks before it calls the storage."""
        self.started(self.of(named(Remembered), permissions=Permissions.LIST))
        client = self.client()
        client.log_in("alice", "secret")
        self.assertEqual(client.say("MKD d"), [550])

    def test_a_storage_needs_no_home(self) -> None:
        """The key says where the files are."""
        self.assertEqual(self.log_in(self.of(named(Remembered), home=None)), 230)
        self.assertIsNone(Remembered.made[0].login.home)

    def test_each_login_has_its_own(self) -> None:
        """One object a login, given back with it."""
        self.started(self.of(named(Remembered)))
        first, second = self.client(), self.client()
        first.log_in("alice", "secret")
        second.log_in("alice", "secret")
        first.say("QUIT")
        first.lose()
        self.assertEqual([one.logouts for one in Remembered.made], [1, 0])

    def test_local_files_below_the_home(self) -> None:
        """A class may build on the server's own storage."""
        self.started(self.of(named(below_home)))
        client = self.client()
        client.log_in("alice", "secret")
        self.assertEqual((client.say("MKD d"), os.listdir(self.home)), ([257], ["d"]))

    def test_local_files_stay_below_the_home(self) -> None:
        """The jail is the server's."""
        os.symlink("/", os.path.join(self.home, "out"))
        self.started(self.of(named(below_home)))
        client = self.client()
        client.log_in("alice", "secret")
        self.assertEqual(client.say("CWD out/etc", "CWD ../../.."), [550, 250])

    def test_the_defaults_storage(self) -> None:
        """For accounts that say nothing, and not for one that says local."""
        defaults = AccountSettings(storage=named(Remembered), home=self.home)
        local = replace(self.account(), storage=StorageChoice())
        accounts = AccountsSettings(accounts={"alice": self.account(), "bob": local}, defaults=defaults)
        self.started(replace(self.config(), accounts=accounts))
        codes = [self.client().log_in(name, "secret") for name in ("alice", "bob")]
        self.assertEqual((codes, [one.login.account.name for one in Remembered.made]), ([230, 230], ["alice"]))


class BrokenTests(LoginCase):
    """A login with a storage that does not work: refused, and told once with the key."""

    def refused(self, choice: StorageChoice, code: int = 421) -> str:
        """The one line of the log that tells the operator why a login fails."""
        self.assertEqual(self.log_in(self.of(choice)), code)
        label = f"accounts.alice.storage (python:{choice.python})"
        (line,) = [line for line in self.log.lines if line.startswith(label)]
        self.assertEqual(self.log.count(f'login not granted for "alice": LoginUnavailable: {label}'), 1)
        return line

    def test_a_class_that_raises(self) -> None:
        """For now: 421, and the traceback is in the log without the options' values."""
        line = self.refused(named(Broken, options={"password": "hunter2"}))
        self.assertIn("KeyError: 'no bucket for <password>'", line)
        self.assertIn("strangers.py", line)
        self.assertNotIn("hunter2", "\n".join(self.log.lines))

    def test_a_class_that_calls_sys_exit(self) -> None:
        """SystemExit is a failure like any other exception."""
        self.assertIn("SystemExit: no bucket", self.refused(named(Leaving)))

    def test_an_object_of_another_kind(self) -> None:
        """What a function returns is looked at at login."""
        self.assertIn(
            "TypeError: the object that was made, of type object, provides neither", self.refused(named(neither))
        )

    def test_a_class_that_refuses(self) -> None:
        """LoginRefused is an answer, 530 after the delay, and its text is the reason in the log."""
        self.started(self.of(named(Refusing)))
        client = self.client()
        client.say("USER alice")
        client.send("PASS secret")
        while not self.lines_of("the customer has left"):
            self.reactor.run_one()
        self.assertEqual(client.codes(), [])
        self.reactor.advance(1)
        self.assertEqual((client.codes(), self.lines_of("failed: ")), ([530], []))

    def test_a_class_that_hangs(self) -> None:
        """Its time is over: 421; the storage that comes late is logged out, not used."""
        self.started(self.of(named(hanging, timeout_seconds=5.0)))
        client = self.client()
        client.say("USER alice")
        client.send("PASS secret")
        self.assertTrue(begun.wait(60))
        self.reactor.advance(4.9)
        self.assertEqual(client.codes(), [])
        self.reactor.advance(0.2)
        (line,) = [line for line in self.log.lines if line.startswith("accounts.alice.storage")]
        self.assertEqual((client.codes(), line.partition(": ")[2]), ([421], "no answer within 5.0 s"))
        hung.set()
        # The call of the class ends, and then that of its logout.
        self.reactor.run_one()
        self.reactor.run_one()
        self.assertEqual([one.logouts for one in Remembered.made], [1])


class ReloadTests(LoginCase):
    """The storage of the file that was read last is for new logins."""

    def test_new_logins_get_the_new_one(self) -> None:
        """Sessions that are logged in keep theirs."""
        service = self.started(self.of(named(Remembered, options={"bucket": "old"})))
        early = self.client()
        early.log_in("alice", "secret")
        self.reread(service, self.of(named(Remembered, options={"bucket": "new"})))
        self.assertEqual(self.client().log_in("alice", "secret"), 230)
        self.assertEqual(early.say("MKD d"), [257])
        names = [[entry.name for entry in self.listed(one)] for one in Remembered.made]
        self.assertEqual(([one.bucket for one in Remembered.made], names), (["old", "new"], [["d"], []]))

    def listed(self, storage: MemoryStorage) -> list[Entry]:
        """The entries of a storage's root."""
        return self.successResultOf(Deferred.fromCoroutine(listed(storage, "/")))

    def test_back_to_local_files(self) -> None:
        """The key has gone."""
        service = self.started(self.of(named(Remembered)))
        self.reread(service, self.of(None))
        client = self.client()
        client.log_in("alice", "secret")
        self.assertEqual((client.say("MKD d"), os.listdir(self.home)), ([257], ["d"]))

    def test_a_storage_that_cannot_be_used_changes_nothing(self) -> None:
        """One line with the key, and the old file stays in force."""
        service = self.started(self.of(named(Remembered)))
        self.reread(service, self.of(StorageChoice(python="tests.nowhere:Storage")))
        self.assertEqual(
            self.log.count("accounts.alice.storage: python:tests.nowhere:Storage: tests.nowhere cannot"), 1
        )
        self.assertEqual(self.log.count("the old configuration stays in force"), 1)
        self.assertEqual((self.client().log_in("alice", "secret"), len(Remembered.made)), (230, 1))
