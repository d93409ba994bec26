"""Arguments that set times, facts and modes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.errors import BadArgument, UnsupportedParameter
from ftpd_service.wire.attributes import (
    FactsPath,
    ModePath,
    TimedPath,
    facts_path,
    mdtm_set,
    octal_mode,
    site_chmod,
    site_utime,
    timed_path,
)
from ftpd_service.wire.facts import time_value
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed, single_names

_NS = 1_000_000_000
_seconds = st.integers(0, 253_402_300_799)


def _at(seconds: int, text: str, path: str) -> TimedPath:
    return TimedPath(modified_ns=seconds * _NS, text=text, path=path)


class MfmtTests(SynchronousTestCase):
    """`timed_path`."""

    def test_time_and_path(self) -> None:
        """One space between them."""
        self.assertEqual(timed_path("19700101000010 a b"), _at(10, "19700101000010", "a b"))

    def test_blanks_before_the_time_are_forgiven(self) -> None:
        """Those before the path belong to it."""
        self.assertEqual(timed_path(" 19700101000010  a"), _at(10, "19700101000010", " a"))

    def test_a_fraction_is_kept_in_nanoseconds(self) -> None:
        """And cut off in the reply."""
        wanted = TimedPath(modified_ns=10_500_000_000, text="19700101000010", path="a")
        self.assertEqual(timed_path("19700101000010.5 a"), wanted)

    def test_no_path_is_refused(self) -> None:
        """It is mandatory."""
        self.assertRaises(BadArgument, timed_path, "19700101000010")

    def test_twelve_digits_are_refused(self) -> None:
        """They are a form of SITE UTIME only."""
        self.assertRaises(BadArgument, timed_path, "197001010000 a")

    @relaxed
    @given(_seconds, single_names)
    def test_any_time_and_path_come_through(self, seconds: int, path: str) -> None:
        """Whatever the path holds."""
        text = time_value(seconds * _NS)
        self.assertEqual(timed_path(f"{text} {path}"), _at(seconds, text, path))


class MffTests(SynchronousTestCase):
    """`facts_path`."""

    def test_facts_and_path(self) -> None:
        """Names in lower case, values as they are."""
        wanted = FactsPath(facts=(("modify", "19700101000010"), ("unix.mode", "0644")), path="a b")
        self.assertEqual(facts_path("Modify=19700101000010;UNIX.mode=0644; a b"), wanted)

    def test_the_last_semicolon_may_be_missing(self) -> None:
        """ncftp leaves it out."""
        self.assertEqual(facts_path("Create=1 a"), FactsPath(facts=(("create", "1"),), path="a"))

    def test_a_fact_without_a_value_is_refused(self) -> None:
        """There is nothing to set."""
        self.assertRaises(BadArgument, facts_path, "Modify=; a")

    def test_a_word_that_is_no_fact_is_refused(self) -> None:
        """Name, equals sign, value."""
        self.assertRaises(BadArgument, facts_path, "Modify; a")

    def test_no_path_is_refused(self) -> None:
        """It is mandatory."""
        self.assertRaises(BadArgument, facts_path, "Modify=19700101000010;")

    def test_the_same_fact_twice_is_refused(self) -> None:
        """Which one would count?"""
        self.assertRaises(BadArgument, facts_path, "modify=1;Modify=2; a")


class MdtmTests(SynchronousTestCase):
    """`mdtm_set`."""

    def test_the_set_form(self) -> None:
        """Time, space, path."""
        self.assertEqual(mdtm_set("19700101000010 a b"), _at(10, "19700101000010", "a b"))

    def test_a_zone_is_ignored(self) -> None:
        """The time is UTC."""
        self.assertEqual(mdtm_set("19700101000010+120 a"), _at(10, "19700101000010", "a"))

    def test_a_path_alone_has_not_that_form(self) -> None:
        """A query."""
        self.assertIsNone(mdtm_set("19700101000010"))

    def test_digits_that_are_no_date_begin_a_name(self) -> None:
        """A query too."""
        self.assertIsNone(mdtm_set("19701301000010 a"))


class SiteUtimeTests(SynchronousTestCase):
    """`site_utime`."""

    def test_three_times_behind_the_path(self) -> None:
        """The second is that of modification (ncftp)."""
        text = "a b 19700101000001 19700101000010 19700101000100 UTC"
        self.assertEqual(site_utime(text), _at(10, "19700101000010", "a b"))

    def test_one_time_before_the_path(self) -> None:
        """gFTP."""
        self.assertEqual(site_utime("19700101000010 a b"), _at(10, "19700101000010", "a b"))

    def test_one_time_without_seconds(self) -> None:
        """Twelve digits."""
        self.assertEqual(site_utime("197001010001 a"), _at(60, "19700101000100", "a"))

    def test_thirteen_digits_are_refused(self) -> None:
        """Neither with seconds nor without."""
        self.assertRaises(BadArgument, site_utime, "1970010100001 a")

    def test_a_path_alone_is_refused(self) -> None:
        """The time is missing."""
        self.assertRaises(BadArgument, site_utime, "a")


class SiteChmodTests(SynchronousTestCase):
    """`site_chmod`."""

    def test_three_digits(self) -> None:
        """As FileZilla sends them."""
        self.assertEqual(site_chmod("755 a b"), ModePath(mode=0o755, path="a b"))

    def test_four_digits(self) -> None:
        """The first one must be 0."""
        self.assertEqual(site_chmod("0777 a"), ModePath(mode=0o777, path="a"))

    def test_more_than_permission_bits_is_refused(self) -> None:
        """Set-uid, set-gid and sticky bits, at the first one above 0777 and beyond."""
        self.assertRaises(UnsupportedParameter, site_chmod, "1000 a")
        self.assertRaises(UnsupportedParameter, site_chmod, "4755 a")
        self.assertRaises(UnsupportedParameter, octal_mode, "6777")

    def test_two_digits_are_refused(self) -> None:
        """Too few to be meant."""
        self.assertRaises(BadArgument, site_chmod, "75 a")

    def test_an_eight_is_refused(self) -> None:
        """Not octal."""
        self.assertRaises(BadArgument, site_chmod, "758 a")

    def test_no_path_is_refused(self) -> None:
        """It is mandatory."""
        self.assertRaises(BadArgument, site_chmod, "755")
