"""What is measured, as the command line names it."""

from __future__ import annotations

from ftpd_bench.target import BadTarget, Tls, parse_size, parse_target
from tests.cases import SynchronousTestCase


class SizeTests(SynchronousTestCase):
    """Sizes with units."""

    def test_units_are_powers_of_1024(self) -> None:
        """As their names say."""
        self.assertEqual([parse_size("4KiB"), parse_size("10 MiB"), parse_size("1GiB")], [4096, 10 << 20, 1 << 30])

    def test_a_number_is_bytes(self) -> None:
        """Without a unit."""
        self.assertEqual(parse_size("17"), 17)

    def test_an_unknown_unit_is_refused(self) -> None:
        """MB is 1000 to some and 1024 to others."""
        self.assertRaises(BadTarget, parse_size, "10MB")


class UrlTests(SynchronousTestCase):
    """ftp:// and ftps://."""

    def test_all_parts(self) -> None:
        """User and password may be escaped."""
        target = parse_target("ftp://al%40ice:se%2Fcret@[::1]:2121/a/b/")
        self.assertEqual(
            (target.user, target.password, target.host, target.port, target.folder),
            ("al@ice", "se/cret", "::1", 2121, "a/b"),
        )

    def test_paths_are_relative_to_where_the_login_ends(self) -> None:
        """Without a folder, too."""
        self.assertEqual(parse_target("ftp://host").path("x"), "x")

    def test_ftps_is_implicit_on_its_port(self) -> None:
        """990, as registered."""
        target = parse_target("ftps://host")
        self.assertEqual((target.tls, target.port), (Tls.IMPLICIT, 990))

    def test_two_kinds_of_tls_at_once_are_refused(self) -> None:
        """AUTH TLS within TLS is none."""
        self.assertRaises(BadTarget, parse_target, "ftps://host", explicit=True)

    def test_another_scheme_is_refused(self) -> None:
        """Not guessed."""
        self.assertRaises(BadTarget, parse_target, "http://host")

    def test_a_port_that_is_none_is_refused(self) -> None:
        """As an error of the user, not of the program."""
        self.assertRaises(BadTarget, parse_target, "ftp://host:99999")
