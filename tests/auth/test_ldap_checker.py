"""The checker `ldap` without a server: names that are not asked, files that are missing, logins that are given up."""

from __future__ import annotations

import os
from dataclasses import replace

from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IProtocolFactory
from twisted.internet.task import Clock

from ftpd_service.auth.checkers.ldap import LONGEST_ASKED_NAME, LdapAsking, Reached
from ftpd_service.auth.credentials import HeldName, ILastingChecker
from ftpd_service.auth.directory.ldap_connection import DirectoryConnection
from ftpd_service.auth.directory.ldap_login import Questions
from ftpd_service.auth.plugins import find_checker
from ftpd_service.auth.settings import LdapChecker, LdapSearch
from ftpd_service.errors import LoginUnavailable
from ftpd_service.runtime.imported import PluginProblem
from tests.auth.making import parts_with
from tests.auth.strangers import credentials
from tests.auth.test_ldap_connection import TlsTransport, bound
from tests.cases import SynchronousTestCase

SEARCH = LdapSearch(base="dc=x", filter="(uid={name})", bind_dn="cn=x", password_file="secret")
SETTINGS = LdapChecker(url="ldaps://dir.example.net", search=SEARCH)


class Endpoint:
    """Connects to transports in memory, when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Deferred[DirectoryConnection]] = []
        self.cancelled: list[Deferred[DirectoryConnection]] = []

    def connect(self, factory: IProtocolFactory) -> Deferred[DirectoryConnection]:
        """Wait for the test."""
        self.waiting.append(Deferred(self.cancelled.append))
        return self.waiting[-1]


class AskingTests(SynchronousTestCase):
    """`LdapAsking`, by template."""

    def setUp(self) -> None:
        self.endpoint = Endpoint()
        reached = Reached(endpoint=self.endpoint, start_tls=None, clock=Clock())  # type: ignore[arg-type]  # as above
        asked = Questions(name="uid", bind="uid={name}", attributes={})
        self.checker = LdapAsking(reached, asked, connections=2, read_account=parts_with().read_account)
        self.transport = TlsTransport()

    def ask(self, name: bytes = b"alice", password: bytes = b"hunter2") -> Deferred[bytes | tuple[()]]:
        """One login."""
        return self.checker.requestAvatarId(credentials(name, password))

    def connect(self) -> DirectoryConnection:
        """Let the next connection be made."""
        connection = DirectoryConnection(Clock())
        self.transport.protocol = connection
        connection.makeConnection(self.transport)
        self.endpoint.waiting.pop(0).callback(connection)
        return connection

    def test_names_that_are_not_asked(self) -> None:
        """No directory has them; other checkers may."""
        long = b"a" * (LONGEST_ASKED_NAME + 1)
        for name in (b"", b"a\0", b"a\r\n", b"\xff", b"\xed\xa0\x80", long, b"*" * 4096):
            failure = self.failureResultOf(self.ask(name), UnauthorizedLogin)
            self.assertFalse(failure.check(HeldName))
        self.assertEqual(self.endpoint.waiting, [])

    def test_longest_name(self) -> None:
        """It is asked."""
        self.ask(b"a" * LONGEST_ASKED_NAME)
        self.assertEqual(len(self.endpoint.waiting), 1)

    def test_empty_password(self) -> None:
        """No connection is made for it."""
        failure = self.failureResultOf(self.ask(password=b""), UnauthorizedLogin)
        self.assertFalse(failure.check(HeldName))
        self.assertEqual(self.endpoint.waiting, [])

    def test_no_connection(self) -> None:
        """It says nothing about the password."""
        waiting = self.ask()
        self.endpoint.waiting.pop().errback(OSError("no route"))
        self.assertIn("no route", str(self.failureResultOf(waiting, LoginUnavailable).value))

    def test_login_that_is_given_up_while_it_connects(self) -> None:
        """The attempt is cancelled."""
        waiting = self.ask()
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.assertEqual(self.endpoint.cancelled, self.endpoint.waiting)

    def test_login_that_is_given_up_while_it_is_asked(self) -> None:
        """Its connection is closed at once."""
        waiting = self.ask()
        self.connect()
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.assertTrue(self.transport.aborted)

    def test_refused_login_closes_in_order(self) -> None:
        """The server is told."""
        waiting = self.ask()
        self.connect().dataReceived(bound(1, 49))
        self.failureResultOf(waiting, UnauthorizedLogin)
        self.assertEqual((self.transport.aborted, self.transport.connected), (False, False))

    def test_results_that_are_no_answer(self) -> None:
        """A busy or unwilling server says nothing about the password."""
        for code in (1, 2, 3, 8, 10, 11, 13, 51, 52, 80):
            self.setUp()
            waiting = self.ask()
            self.connect().dataReceived(bound(1, code, "text"))
            self.assertIn(f"result {code}", str(self.failureResultOf(waiting, LoginUnavailable).value))

    def test_end(self) -> None:
        """Connections are closed, and their logins fail for now."""
        waiting = self.ask()
        self.connect()
        ended = ILastingChecker(self.checker).end()
        assert isinstance(ended, Deferred)
        self.failureResultOf(waiting, LoginUnavailable)
        self.successResultOf(ended)
        self.failureResultOf(self.ask(), LoginUnavailable)


class FindTests(SynchronousTestCase):
    """`find_ldap`: the files of an entry."""

    def setUp(self) -> None:
        self.folder = self.mktemp()
        os.mkdir(self.folder)

    def settings(self, content: str = "hunter2\n") -> LdapChecker:
        """Settings with a file of a password."""
        path = os.path.join(self.folder, "secret")
        with open(path, "w") as file:
            file.write(content)
        return replace(SETTINGS, search=replace(SEARCH, password_file=path))

    def problem(self, settings: LdapChecker) -> str:
        """What is told of settings that cannot be used."""
        return str(self.assertRaises(PluginProblem, find_checker, settings))

    def test_name_in_the_log(self) -> None:
        """The server, and no secret."""
        found = find_checker(self.settings())
        self.assertEqual(found.name, "ldap:dir.example.net")
        self.assertNotIn("hunter2", repr(found))

    def test_new_content_is_another_entry(self) -> None:
        """A reload makes the checker anew then, and keeps it otherwise."""
        one, same, other = (find_checker(self.settings(text)).settings for text in ("a", "a", "b"))
        self.assertEqual((one == same, one == other), (True, False))

    def test_password_file(self) -> None:
        """It is told where it is missing or empty."""
        self.assertIn("No such file", self.problem(SETTINGS))
        self.assertIn("first line is empty", self.problem(self.settings("\nhunter2")))

    def test_authorities(self) -> None:
        """They are told where they are missing or no certificates."""
        settings = self.settings()
        self.assertIn("No such file", self.problem(replace(settings, authorities="missing.pem")))
        assert settings.search is not None
        path = settings.search.password_file
        self.assertIn("no certificate", self.problem(replace(settings, authorities=path)))
