"""The key `proxies` of listeners."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from tests.config.files import FileTestCase

OTHERS = "accounts: {a: {home: /x, password: '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g'}}"


class ProxiesTests(FileTestCase):
    """Listeners with PROXY headers."""

    def warnings(self, endpoint: str, more: str = "") -> list[str]:
        """The warnings of a file with one listener."""
        config = self.loaded(f"listeners: [{{endpoint: '{endpoint}'{more}}}]\n{OTHERS}")
        return [warning.removeprefix(str(config.source)) for warning in config.warnings if "listeners" in warning]

    def test_networks(self) -> None:
        """A single address is a network, and mapped ones are IPv4."""
        text = "listeners: [{endpoint: 'haproxy:tcp:21', proxies: [10.0.0.5, '2001:db8::/32', '::ffff:10.1.0.0/112']}]"
        expected = (IPv4Network("10.0.0.5"), IPv6Network("2001:db8::/32"), IPv4Network("10.1.0.0/16"))
        self.assertEqual(self.loaded(text).listeners[0].proxies, expected)

    def test_absent(self) -> None:
        """It differs from an empty list, which believes nobody."""
        absent = self.loaded("listeners: [{endpoint: 'haproxy:tcp:21'}]").listeners[0].proxies
        empty = self.loaded("listeners: [{endpoint: 'haproxy:tcp:21', proxies: []}]").listeners[0].proxies
        self.assertEqual((absent, empty), (None, ()))

    def test_absent_beyond_loopback_is_told(self) -> None:
        """The listener serves this host only."""
        (warning,) = self.warnings("haproxy:tcp:2121")
        self.assertEqual(
            warning,
            ":1: listeners[0].endpoint: accepts PROXY headers from programs on this host only: name the networks of "
            "the proxies in proxies",
        )

    def test_absent_on_a_socket_of_systemd_is_told(self) -> None:
        """Its address is not known here."""
        self.assertEqual(len(self.warnings("haproxy:systemd:domain=INET:index=0")), 1)

    def test_present_or_on_loopback_is_not_told(self) -> None:
        """There is nothing to correct."""
        self.assertEqual(self.warnings("haproxy:tcp:2121", ", proxies: [10.0.0.0/8]"), [])
        self.assertEqual(self.warnings("haproxy:tcp:2121:interface=127.0.0.1"), [])
        self.assertEqual(self.warnings(r"haproxy:tcp6:2121:interface=\:\:1"), [])

    def test_other_endpoints(self) -> None:
        """The key would do nothing there."""
        problem = self.problem("listeners: [{endpoint: 'tcp:2121', proxies: [10.0.0.5]}]")
        self.assertEqual(
            (problem.path, problem.text), ("listeners[0].proxies", "goes only with an endpoint haproxy:...")
        )

    def test_without_endpoint(self) -> None:
        """The usual one has no headers."""
        self.assertIn("haproxy", self.problem("listeners: [{proxies: [10.0.0.5]}]").text)
