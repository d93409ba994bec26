"""Connections to LDAP servers that answer wrongly, late, or not at all."""

from __future__ import annotations

from typing import cast

from ldaptor.protocols import pureldap  # type: ignore[import-untyped]  # it has no types
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, ITLSTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.auth.directory.filter_text import HasAttribute
from ftpd_service.auth.directory.ldap_connection import LINGER_SECONDS, MOST_FOUND, DirectoryConnection
from ftpd_service.auth.directory.ldap_messages import LARGEST_MESSAGE_BYTES, FoundEntry, LdapResult, Search
from ftpd_service.errors import LoginUnavailable
from tests.cases import SynchronousTestCase

SEARCH = Search(base=b"dc=x", below=True, wanted=HasAttribute("objectClass"))


@implementer(ITLSTransport)
class TlsTransport(StringTransportWithDisconnection):  # type: ignore[misc]  # it has the methods that are used
    """A transport that notes when TLS began."""

    started: object = None
    aborted = False

    def startTLS(self, options: object) -> None:
        """Note the options."""
        self.started = options

    def abortConnection(self) -> None:
        """Note it, and end."""
        self.aborted = True
        if self.connected:
            self.loseConnection()


def message(number: int, value: object) -> bytes:
    """The bytes of a message."""
    return bytes(pureldap.LDAPMessage(value, id=number).toWire())


def bound(number: int, code: int = 0, text: str = "") -> bytes:
    """The answer to a login."""
    return message(number, pureldap.LDAPBindResponse(resultCode=code, errorMessage=text))


def entry(number: int, dn: str = "uid=a") -> bytes:
    """An entry that was found."""
    return message(number, pureldap.LDAPSearchResultEntry(dn, [("UID", ["a", b"\xff"])]))


def started(number: int, code: int = 0) -> bytes:
    """The answer to StartTLS."""
    return message(number, pureldap.LDAPExtendedResponse(resultCode=code))


class ConnectionCase(SynchronousTestCase):
    """A connection over a transport in memory."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.connection = DirectoryConnection(self.clock)
        self.transport = TlsTransport()
        self.transport.protocol = self.connection
        self.connection.makeConnection(self.transport)

    def bind(self, password: bytes = b"p") -> Deferred[LdapResult]:
        """Log in."""
        return Deferred.fromCoroutine(self.connection.bind(b"uid=a", password))

    def search(self) -> Deferred[tuple[LdapResult, list[FoundEntry]]]:
        """Search."""
        return Deferred.fromCoroutine(self.connection.search(SEARCH))

    def unavailable(self, waiting: Deferred[object] | Deferred[LdapResult]) -> str:
        """The reason why an operation failed."""
        return str(self.failureResultOf(cast(Deferred[object], waiting), LoginUnavailable).value)


class OperationTests(ConnectionCase):
    """Operations and their answers."""

    def test_answer_in_pieces(self) -> None:
        """It is read when it is whole."""
        waiting = self.bind()
        for byte in bound(1, 49, "no")[:-1]:
            self.connection.dataReceived(bytes([byte]))
        self.assertNoResult(waiting)
        self.connection.dataReceived(bound(1, 49, "no")[-1:])
        self.assertEqual(self.successResultOf(waiting), LdapResult(code=49, text="no"))

    def test_entries(self) -> None:
        """They come before the result; references to other servers are left out."""
        waiting = self.search()
        reference = message(1, pureldap.LDAPSearchResultReference([pureldap.LDAPString("ldap://other")]))
        done = message(1, pureldap.LDAPSearchResultDone(resultCode=0))
        self.connection.dataReceived(entry(1) + reference + done)
        found = [FoundEntry(dn=b"uid=a", attributes={"uid": (b"a", b"\xff")})]
        self.assertEqual(self.successResultOf(waiting), (LdapResult(code=0), found))

    def test_empty_password(self) -> None:
        """It is never sent (RFC 4513 section 5.1.2)."""
        self.failureResultOf(self.bind(b""), ValueError)
        self.assertEqual(self.transport.value(), b"")

    def test_cancelled_operation(self) -> None:
        """A late answer to it is no answer to the next."""
        self.bind().addErrback(lambda failure: failure.trap(CancelledError)).cancel()
        waiting = self.bind()
        self.connection.dataReceived(bound(1))
        self.assertIn("belongs to no question", self.unavailable(waiting))


class WrongAnswerTests(ConnectionCase):
    """Each ends the connection, and says nothing about a password."""

    def told(self, data: bytes) -> str:
        """The reason after some bytes from the server."""
        waiting = self.bind()
        self.connection.dataReceived(data)
        self.assertTrue(self.transport.aborted)
        self.unavailable(self.bind())
        return self.unavailable(waiting)

    def test_nonsense(self) -> None:
        """It is no message."""
        self.assertIn("answer is wrong", self.told(b"HTTP/1.1 400 Bad Request\r\n\r\n"))

    def test_message_that_is_not_one(self) -> None:
        """A structure of another kind, or one that is cut short inside."""
        self.assertIn("answer is wrong", self.told(b"\x30\x03\x02\x01\x01"))

    def test_request_of_the_server(self) -> None:
        """Servers do not ask."""
        self.assertIn("no answer of a server", self.told(message(1, pureldap.LDAPBindRequest())))

    def test_another_number(self) -> None:
        """It belongs to no question."""
        self.assertIn("belongs to no question", self.told(bound(7)))

    def test_message_that_is_too_large(self) -> None:
        """No more of it is kept."""
        self.assertIn("too large", self.told(b"\x30\x84\x7f\xff\xff\xff" + b"x" * LARGEST_MESSAGE_BYTES))

    def test_depth(self) -> None:
        """A message that nests too deep is none."""
        data = b""
        for _ in range(3000):
            data = b"\x30\x83" + len(data).to_bytes(3, "big") + data
        self.assertIn("answer is wrong", self.told(data))

    def test_notice_of_disconnection(self) -> None:
        """Its text is told (RFC 4511 section 4.4.1)."""
        notice = pureldap.LDAPExtendedResponse(resultCode=52, errorMessage="going down")
        self.assertIn("going down", self.told(message(0, notice)))

    def test_entries_without_end(self) -> None:
        """They are bounded."""
        waiting = self.search()
        self.connection.dataReceived(entry(1) * (MOST_FOUND + 1))
        self.assertIn("more entries", str(self.failureResultOf(waiting, LoginUnavailable).value))

    def test_end_of_the_connection(self) -> None:
        """All that wait learn it."""
        waiting = self.bind()
        self.connection.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.unavailable(waiting), "the server has closed the connection")


class StartTlsTests(ConnectionCase):
    """StartTLS on a connection that others may write to."""

    options = cast(IOpenSSLClientConnectionCreator, object())  # the transport only notes it

    def start(self) -> Deferred[None]:
        """Start TLS."""
        return Deferred.fromCoroutine(self.connection.start_tls(self.options))

    def test_success(self) -> None:
        """TLS begins, with the options that verify the server."""
        waiting = self.start()
        self.connection.dataReceived(started(1))
        self.successResultOf(waiting)
        self.assertIs(self.transport.started, self.options)

    def test_refusal(self) -> None:
        """The login does not go on in clear."""
        waiting = self.start()
        self.connection.dataReceived(started(1, 52))
        self.assertIn("refuses StartTLS", self.unavailable(cast(Deferred[object], waiting)))
        self.assertIsNone(self.transport.started)

    def test_answers_in_clear_behind_it(self) -> None:
        """Anybody may have written them: the answer to the next login would be theirs."""
        waiting = self.start()
        self.connection.dataReceived(started(1) + bound(2))
        self.assertIn("in clear", self.unavailable(cast(Deferred[object], waiting)))
        self.assertEqual((self.transport.started, self.transport.aborted), (None, True))
        self.assertIn("in clear", self.unavailable(self.bind()))


class CloseTests(ConnectionCase):
    """The end of a connection by its caller."""

    def test_in_order(self) -> None:
        """The server is told."""
        self.connection.close()
        self.assertEqual(self.transport.value(), message(1, pureldap.LDAPUnbindRequest()))
        self.successResultOf(self.connection.gone)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_server_that_does_not_close(self) -> None:
        """It is cut off."""
        self.patch(self.transport, "loseConnection", lambda: None)
        self.connection.close()
        self.assertFalse(self.transport.aborted)
        self.clock.advance(LINGER_SECONDS)
        self.assertTrue(self.transport.aborted)

    def test_at_once(self) -> None:
        """Operations that wait fail."""
        waiting = self.bind()
        self.connection.drop()
        self.assertEqual((self.unavailable(waiting), self.transport.aborted), ("the connection was closed", True))
