"""Tests of endpoints: what is one, what is said of others, and which two exclude each other."""

from __future__ import annotations

from ftpd_service.config.endpoints import endpoint, place, with_backlog
from ftpd_service.config.problems import FromEnvironment
from tests.config.files import FileTestCase
from tests.config.test_units import Refusals


class Endpoints(Refusals):
    """Twisted's endpoint strings."""

    def test_tcp_of_both_families(self) -> None:
        """With an interface, its colons escaped."""
        self.assertEqual(endpoint("tcp:2121:interface=127.0.0.1"), "tcp:2121:interface=127.0.0.1")
        self.assertEqual(endpoint("tcp6:21:interface=\\:\\:"), "tcp6:21:interface=\\:\\:")

    def test_systemd_sockets_need_not_be_there(self) -> None:
        """A check runs outside of the unit."""
        self.assertEqual(endpoint("systemd:domain=INET:name=ftp"), "systemd:domain=INET:name=ftp")
        self.assertEqual(endpoint("systemd:domain=INET6:index=0"), "systemd:domain=INET6:index=0")

    def test_systemd_sockets_must_be_named(self) -> None:
        """By index or by name."""
        self.assertIn("exactly one", self.refusal(endpoint, "systemd:domain=INET"))

    def test_haproxy_wraps_another(self) -> None:
        """And what it wraps is checked."""
        self.assertEqual(endpoint("haproxy:tcp:2121"), "haproxy:tcp:2121")
        self.assertIn("from 0 to 65535", self.refusal(endpoint, "haproxy:tcp:99999"))

    def test_ports_outside_are_refused(self) -> None:
        """Twisted would only notice when it listens."""
        self.assertEqual(endpoint("tcp:65535"), "tcp:65535")
        self.assertIn("from 0 to 65535", self.refusal(endpoint, "tcp:65536"))
        self.assertIn("from 0 to 65535", self.refusal(endpoint, "tcp6:port=-1"))

    def test_unknown_kinds_and_arguments_are_refused(self) -> None:
        """With Twisted's reason."""
        self.assertIn("Unknown endpoint type: 'tpc'", self.refusal(endpoint, "tpc:21"))
        self.assertIn("interfase", self.refusal(endpoint, "tcp:21:interfase=127.0.0.1"))
        self.assertIn('found "tcp:ftp" ("ftp" is no number)', self.refusal(endpoint, "tcp:ftp"))
        self.assertIn("(port is missing)", self.refusal(endpoint, "tcp"))

    def test_the_colons_of_an_ipv6_address_need_a_backslash(self) -> None:
        """As each value of the file would have it, and without a word of how Twisted reads it."""
        self.assertEqual(
            self.refusal(endpoint, "tcp6:21:interface=::"),
            "the colons of an IPv6 address each need a backslash before them, and no brackets: "
            "'tcp6:PORT:interface=\\:\\:' in single quotes, or \"tcp6:PORT:interface=\\\\:\\\\:\" in double quotes",
        )

    def test_every_bare_ipv6_address_is_told(self) -> None:
        """With brackets, behind a proxy's prefix, of a network."""
        self.assertIn("interface=2001\\:db8\\:\\:1'", self.refusal(endpoint, "haproxy:tcp6:21:interface=2001:db8::1"))
        self.assertIn("interface=\\:\\:1'", self.refusal(endpoint, "tcp6:21:interface=[::1]"))
        self.assertIn("interface=fe80\\:\\:1%eth0'", self.refusal(endpoint, "tcp6:21:interface=fe80::1%eth0"))

    def test_an_address_from_the_environment_is_not_shown(self) -> None:
        """The rule is told by an example."""
        text = self.refusal(endpoint, FromEnvironment("tcp6:21:interface=2001:db8::1"))
        self.assertIn("interface=\\:\\:1'", text)
        self.assertNotIn("db8", text)

    def test_no_refusal_shows_twisteds_own_names(self) -> None:
        """Its functions are none of an operator's words."""
        for wrong in ("tcp6:21:interface=::", "tcp", "tcp:21:x=1", "tcp:21:1:2:3:4", "tcp6:a", "systemd:a:b:c:d:e:f"):
            self.assertNotRegex(self.refusal(endpoint, wrong), r"_parse|Parser|\(\)|keyword|positional|literal")

    def test_a_number_is_no_endpoint(self) -> None:
        """An example says how one looks."""
        self.assertIn("such as tcp:2121", self.refusal(endpoint, 2121))

    def test_tls_has_no_back_door(self) -> None:
        """Sessions on such a port would not know that they are protected."""
        self.assertIn("tls: implicit", self.refusal(endpoint, "ssl:990"))
        self.assertIn("tls: implicit", self.refusal(endpoint, "haproxy:ssl:990"))

    def test_clients_need_addresses(self) -> None:
        """Those of a unix socket have none."""
        self.assertIn("IP addresses", self.refusal(endpoint, "unix:/run/ftpd.sock"))


class Overlaps(FileTestCase):
    """Listeners of which the system would open one only."""

    def overlap(self, first: str, second: str, *, v6_only: bool = False) -> bool:
        """Whether two endpoints exclude each other, whichever comes first."""
        one, other = place(first, v6_only=v6_only), place(second, v6_only=v6_only)
        assert one is not None and other is not None
        self.assertEqual(one.overlaps(other), other.overlaps(one))
        return one.overlaps(other)

    def test_all_addresses_hold_each(self) -> None:
        """Of their family."""
        self.assertTrue(self.overlap("tcp:21", "tcp:21:interface=127.0.0.1"))
        self.assertTrue(self.overlap("tcp6:21", "tcp6:21:interface=\\:\\:1"))
        self.assertTrue(self.overlap("tcp:21", "haproxy:tcp:21"))

    def test_the_same_address_in_another_form(self) -> None:
        """Named or not, short or long, mapped or not."""
        self.assertTrue(self.overlap("tcp:21:interface=127.0.0.1", "tcp:port=21:interface=127.0.0.1:backlog=5"))
        self.assertTrue(self.overlap("tcp6:21:interface=\\:\\:1", "tcp6:21:50:0\\:0\\:0\\:0\\:0\\:0\\:0\\:1"))
        self.assertTrue(self.overlap("tcp:21:127.0.0.1", "tcp6:21:interface=\\:\\:ffff\\:127.0.0.1"))
        self.assertTrue(self.overlap("tcp:21:interface=localhost", "tcp:21:interface=localhost"))

    def test_both_families_hold_ipv4(self) -> None:
        """But where the system keeps them apart."""
        self.assertTrue(self.overlap("tcp6:21", "tcp:21"))
        self.assertTrue(self.overlap("tcp6:21:interface=\\:\\:", "tcp:21:interface=192.0.2.1"))
        self.assertFalse(self.overlap("tcp6:21", "tcp:21", v6_only=True))

    def test_others_can_be_together(self) -> None:
        """Another port, another address, another family."""
        self.assertFalse(self.overlap("tcp:21", "tcp:22"))
        self.assertFalse(self.overlap("tcp:21:interface=127.0.0.1", "tcp:21:interface=127.0.0.2"))
        self.assertFalse(self.overlap("tcp:21", "tcp6:21:interface=\\:\\:1"))

    def test_some_have_no_place(self) -> None:
        """Any free port, sockets of systemd, what is none."""
        self.assertIsNone(place("tcp:0", v6_only=False))
        self.assertIsNone(place("systemd:domain=INET:index=0", v6_only=False))
        self.assertIsNone(place("tcp:" + "9" * 5000, v6_only=False))
        self.assertIsNone(place("", v6_only=False))

    def test_two_in_a_file_are_a_mistake(self) -> None:
        """Told at the second, with the first and what to do."""
        problem = self.problem(
            """
            listeners:
              - endpoint: "tcp:2121:interface=127.0.0.1"
              - {endpoint: "tcp:2121", banner: "all"}
            """
        )
        self.assertEqual((problem.line, problem.path), (3, "listeners[1].endpoint"))
        self.assertIn("the port and address of listeners[0]", problem.text)
        self.assertIn("leave one of the two out", problem.text)


class Backlogs(Refusals):
    """How many connections may wait."""

    def test_an_endpoint_that_names_none(self) -> None:
        """It is given the number, in a form that Twisted takes."""
        both = [with_backlog("tcp:21", 9), with_backlog("tcp6:21:interface=\\:\\:", 9)]
        self.assertEqual(both, ["tcp:21:backlog=9", "tcp6:21:interface=\\:\\::backlog=9"])
        self.assertEqual([endpoint(one) for one in both], both)

    def test_an_endpoint_that_names_one(self) -> None:
        """By its key, or in its place."""
        named = ["tcp:21:backlog=5", "tcp:21:127.0.0.1:5", "tcp6:21:5"]
        self.assertEqual([with_backlog(one, 9) for one in named], named)

    def test_sockets_of_systemd(self) -> None:
        """They listen already; ``Backlog=`` of their unit has the number."""
        self.assertEqual(with_backlog("systemd:domain=INET:index=0", 9), "systemd:domain=INET:index=0")
