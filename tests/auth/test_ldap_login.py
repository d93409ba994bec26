"""The conversation of a login with a directory whose answers are unusual."""

from __future__ import annotations

from ldaptor.protocols import pureldap  # type: ignore[import-untyped]  # it has no types
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ftpd_service.auth.directory.filter_text import parse_filter
from ftpd_service.auth.directory.ldap_connection import DirectoryConnection
from ftpd_service.auth.directory.ldap_login import NotFoundThere, Person, Questions, ServiceLogin, WrongThere, logged_in
from ftpd_service.errors import LoginUnavailable
from tests.auth.test_ldap_connection import TlsTransport, bound, message
from tests.cases import SynchronousTestCase

Attributes = list[tuple[str, list[str]]]
NO_ATTRIBUTES: Attributes = []
NO_LOGIN = ServiceLogin()


class SearchTests(SynchronousTestCase):
    """A login by search, answered message by message."""

    def setUp(self) -> None:
        self.connection = DirectoryConnection(Clock())
        self.transport = TlsTransport()
        self.transport.protocol = self.connection
        self.connection.makeConnection(self.transport)

    def login(self, *, service: ServiceLogin = NO_LOGIN, groups: bool = False) -> Deferred[Person]:
        """Log in as alice."""
        asked = Questions(
            name="uid",
            base="dc=x",
            wanted=parse_filter("(uid={name})"),
            service=service,
            groups=(("cn=g", "customers"),) if groups else (),
            attributes={},
        )
        return Deferred.fromCoroutine(logged_in(self.connection, asked, "alice", b"hunter2"))

    def found(self, *entries: tuple[str, Attributes], number: int = 1, code: int = 0) -> None:
        """Answer a search."""
        for dn, attributes in entries:
            self.connection.dataReceived(message(number, pureldap.LDAPSearchResultEntry(dn, attributes)))
        self.connection.dataReceived(message(number, pureldap.LDAPSearchResultDone(resultCode=code)))

    def test_entry_without_a_dn(self) -> None:
        """No login is tried: it would be anonymous, and a success."""
        waiting = self.login()
        self.transport.clear()
        self.found(("", [("uid", ["alice"])]))
        self.failureResultOf(waiting, NotFoundThere)
        self.assertEqual(self.transport.value(), b"")

    def test_more_entries_than_the_server_tells(self) -> None:
        """The limit of the search says that there are more."""
        waiting = self.login()
        self.found(("uid=alice", NO_ATTRIBUTES), code=4)
        self.assertIn("more than one", str(self.failureResultOf(waiting, WrongThere).value))

    def test_referral(self) -> None:
        """It is not followed, and says nothing about the name."""
        waiting = self.login()
        self.found(code=10)
        self.assertIn("result 10", str(self.failureResultOf(waiting, LoginUnavailable).value))

    def test_service_whose_password_is_wrong(self) -> None:
        """The person's password is not sent, and not wrong."""
        waiting = self.login(service=ServiceLogin(dn=b"cn=ftpd", password=b"x"))
        self.connection.dataReceived(bound(1, 49))
        self.assertIn("search.bind_dn", str(self.failureResultOf(waiting, LoginUnavailable).value))
        self.assertNotIn(b"hunter2", self.transport.value())

    def test_entry_with_several_names(self) -> None:
        """That which was typed counts; its spelling is the directory's."""
        waiting = self.login()
        self.found(("cn=a", [("uid", ["Bob", "Alice"])]))
        self.connection.dataReceived(bound(2))
        self.assertEqual(self.successResultOf(waiting).name, "Alice")

    def test_entry_whose_names_are_others(self) -> None:
        """Nobody knows which account is meant."""
        waiting = self.login()
        self.found(("cn=a", [("uid", ["bob", "carol"])]))
        self.assertIn("uid", str(self.failureResultOf(waiting, WrongThere).value))

    def test_entry_with_one_other_name(self) -> None:
        """The filter has found it by another attribute, and the name is certain."""
        waiting = self.login()
        self.found(("cn=a", [("uid", ["a17"])]))
        self.connection.dataReceived(bound(2))
        self.assertEqual(self.successResultOf(waiting).name, "a17")

    def test_name_that_is_no_text(self) -> None:
        """The login fails for now."""
        waiting = self.login()
        self.connection.dataReceived(message(1, pureldap.LDAPSearchResultEntry("cn=a", [("uid", [b"\xff"])])))
        self.found()
        self.failureResultOf(waiting, LoginUnavailable)

    def test_group_that_cannot_be_read(self) -> None:
        """The account might get the rights of the defaults, so the login fails for now."""
        waiting = self.login(groups=True)
        self.found(("cn=a", [("uid", ["alice"])]))
        self.found(number=2, code=50)
        self.assertIn("cn=g", str(self.failureResultOf(waiting, LoginUnavailable).value))

    def test_locked_entry(self) -> None:
        """Results that are an answer about the account refuse it."""
        for code in (19, 32, 34, 48, 49, 50, 53):
            self.setUp()
            waiting = self.login()
            self.found(("cn=a", [("uid", ["alice"])]))
            self.connection.dataReceived(bound(2, code))
            self.assertIn(str(code), str(self.failureResultOf(waiting, WrongThere).value))
