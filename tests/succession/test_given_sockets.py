"""The sockets that a process was given at its start, as endpoints find them."""

from __future__ import annotations

import socket

from ftpd_service.succession.given_sockets import GivenSockets, from_systemd, listening_place, stored_name
from ftpd_service.succession.handover_text import PassedSocket
from ftpd_service.systemd import HandedOver
from tests.cases import SynchronousTestCase
from tests.succession.listening_sockets import listening, port_of


class GivenSocketsCase(SynchronousTestCase):
    """Real sockets."""

    def passed(self, address: str = "127.0.0.1", *, endpoint: str = "", index: int | None = None) -> PassedSocket:
        """A socket that was given, by systemd as ``ftp`` if it has an index."""
        name = "" if index is None else "ftp"
        opened = listening(self.addCleanup, address)
        return PassedSocket(descriptor=opened.fileno(), endpoint=endpoint, index=index, name=name)

    def port(self, passed: PassedSocket) -> int:
        """The port of a socket."""
        where = listening_place(passed.descriptor)
        assert where is not None
        return where.port


class PredecessorTests(GivenSocketsCase):
    """Sockets of a predecessor, or of systemd's store."""

    def test_by_description(self) -> None:
        """Port 0 has no place of its own, and only its description finds it."""
        given = self.passed(endpoint="tcp:0:interface=127.0.0.1")
        found = GivenSockets([self.passed(), given]).take("tcp:0:interface=127.0.0.1")
        assert found is not None
        self.assertEqual((found.given, found.family), (given, socket.AF_INET))

    def test_by_place(self) -> None:
        """Another description of the same address and port."""
        given = self.passed(endpoint="tcp:1")
        found = GivenSockets([given]).take(f"tcp:interface=127.0.0.1:port={self.port(given)}")
        assert found is not None
        self.assertEqual(found.given, given)

    def test_by_place_of_both_families(self) -> None:
        """``::`` that serves IPv4 too."""
        given = self.passed("::")
        found = GivenSockets([given]).take(f"tcp6:{self.port(given)}:interface=\\:\\:")
        assert found is not None
        self.assertEqual(found.family, socket.AF_INET6)

    def test_another_address(self) -> None:
        """It is not taken."""
        given = self.passed()
        self.assertIsNone(GivenSockets([given]).take(f"tcp:{self.port(given)}:interface=127.0.0.2"))

    def test_another_port(self) -> None:
        """It is not taken."""
        self.assertIsNone(GivenSockets([self.passed()]).take("tcp:1:interface=127.0.0.1"))

    def test_is_taken_once(self) -> None:
        """A second listener gets a socket of its own."""
        given = self.passed(endpoint="tcp:0")
        sockets = GivenSockets([given])
        sockets.take("tcp:0")
        self.assertEqual((sockets.take("tcp:0"), sockets.rest), (None, ()))

    def test_unwanted_sockets_are_told_once(self) -> None:
        """The caller closes them."""
        given = self.passed()
        sockets = GivenSockets([given])
        self.assertEqual((sockets.unwanted(), sockets.unwanted()), ((given,), ()))

    def test_socket_of_a_unit_is_never_unwanted(self) -> None:
        """A later configuration may name it."""
        given = self.passed(index=0)
        sockets = GivenSockets([given])
        self.assertEqual((sockets.unwanted(), sockets.rest), ((), (given,)))

    def test_descriptor_that_is_no_listening_socket(self) -> None:
        """It is ignored: a variable of the environment may say anything."""
        plain = socket.socket()
        self.addCleanup(plain.close)
        with open(__file__, "rb") as file:
            sockets = GivenSockets(PassedSocket(descriptor=number) for number in (plain.fileno(), file.fileno(), 9999))
        self.assertEqual(sockets.rest, ())


class SystemdTests(GivenSocketsCase):
    """Sockets of socket units."""

    def test_by_index(self) -> None:
        """The form of the documentation."""
        given = self.passed(index=0)
        found = GivenSockets([given]).take("systemd:domain=INET:index=0")
        assert found is not None
        self.assertEqual(found.given, given)

    def test_by_position(self) -> None:
        """Twisted takes the words in this order, too."""
        self.assertIsNotNone(GivenSockets([self.passed(index=0)]).take("systemd:INET:0"))

    def test_by_name(self) -> None:
        """The name that the unit gives."""
        self.assertIsNotNone(GivenSockets([self.passed(index=3)]).take("systemd:domain=INET:name=ftp"))

    def test_family_of_the_socket_itself(self) -> None:
        """A wrong ``domain`` would give clients wrong addresses."""
        found = GivenSockets([self.passed("::1", index=0)]).take("systemd:domain=INET:index=0")
        assert found is not None
        self.assertEqual(found.family, socket.AF_INET6)

    def test_that_was_not_handed_over(self) -> None:
        """The error says which sockets there are."""
        sockets = GivenSockets([self.passed(index=0)])
        problem = self.assertRaises(LookupError, sockets.take, "systemd:domain=INET6:index=1")
        self.assertIn("it has handed over index=0 (name=ftp)", str(problem))

    def test_by_a_name_that_no_unit_gives(self) -> None:
        """Likewise."""
        sockets = GivenSockets([self.passed(index=0)])
        self.assertRaises(LookupError, sockets.take, "systemd:domain=INET6:name=other")

    def test_stored_sockets_have_no_index(self) -> None:
        """They are ours: an endpoint finds them by place, and the index of a unit's socket stays the same."""
        given = from_systemd(HandedOver(("ftp", "ftpd-listener-127.0.0.1-21")))
        self.assertEqual([(one.descriptor, one.index) for one in given], [(3, 0), (4, None)])


class StoredNameTests(GivenSocketsCase):
    """Names in systemd's store."""

    def name(self, opened: socket.socket) -> str:
        """The name of a socket."""
        where = listening_place(opened.fileno())
        assert where is not None
        return stored_name(where)

    def test_address_and_port(self) -> None:
        """They tell sockets apart."""
        opened = listening(self.addCleanup)
        self.assertEqual(self.name(opened), f"ftpd-listener-127.0.0.1-{port_of(opened)}")

    def test_ipv6(self) -> None:
        """systemd ends a name at a colon."""
        opened = listening(self.addCleanup, "::1")
        self.assertEqual(self.name(opened), f"ftpd-listener-__1-{port_of(opened)}")
