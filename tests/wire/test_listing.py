"""Rows of LIST and NLST, byte by byte."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.values import Entry, Link
from ftpd_service.wire.list_options import ListOptions
from ftpd_service.wire.listing import ListStyle, list_page, nlst_page, sort_entries
from ftpd_service.wire.names import encode
from tests.cases import SynchronousTestCase
from tests.wire.rows import DANGLING, DIRECTORY, FILE, LINK, NOW, NS
from tests.wire.strategies import entries, relaxed, single_names

_DAY = 86_400
_FOLLOW = ListStyle(follow=True)
_ROW = re.compile(
    rb"[-dl]([r-][w-][xsStT-]){3} +\d+ \S+ +\S+ +\d+ "
    rb"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d ( \d{4}|\d\d:\d\d) .+\r\n",
    re.DOTALL,
)


def row_of(entry: Entry) -> bytes:
    """The row of a page with this entry alone."""
    return list_page([entry], ListStyle(), NOW)


def _date(seconds: float) -> bytes:
    """The date column of a file of that time."""
    return row_of(FILE._replace(modified_ns=int(seconds * NS)))[43:55]


class RowTests(SynchronousTestCase):
    """The columns of a row."""

    def test_a_file(self) -> None:
        """The canonical layout."""
        row = b"-rw-r--r--    1 1000     1000         1234 Nov 22 10:15 name\r\n"
        self.assertEqual(row_of(FILE), row)

    def test_a_directory(self) -> None:
        """Without a slash behind its name."""
        row = b"drwxr-xr-x    2 1000     1000         4096 Nov 22 10:15 sub dir\r\n"
        self.assertEqual(row_of(DIRECTORY), row)

    def test_a_link(self) -> None:
        """With its own text behind the arrow, and the size of that text."""
        row = b"lrwxrwxrwx    1 0        0              11 Nov 22 10:15 link -> target/path\r\n"
        self.assertEqual(row_of(LINK), row)

    def test_a_link_has_its_own_time_count_and_owner(self) -> None:
        """Whatever it leads to."""
        entry = LINK._replace(link=Link("target/path", (NOW - 60) * NS, links=3, owner=7, group=8))
        row = b"lrwxrwxrwx    3 7        8              11 Nov 22 10:14 link -> target/path\r\n"
        self.assertEqual(row_of(entry), row)

    def test_a_link_that_leads_nowhere_is_a_link(self) -> None:
        """Also when links are followed."""
        self.assertTrue(list_page([DANGLING], _FOLLOW, NOW).startswith(b"lrwxrwxrwx"))

    def test_a_followed_link_is_what_it_leads_to(self) -> None:
        """Without an arrow."""
        row = b"-rw-r--r--    1 1000     1000         1234 Nov 22 10:15 link\r\n"
        self.assertEqual(list_page([LINK], _FOLLOW, NOW), row)

    def test_a_link_whose_target_holds_an_arrow_is_shown_without_one(self) -> None:
        """curl refuses a second arrow."""
        row = b"-rw-r--r--    1 1000     1000         1234 Nov 22 10:15 link\r\n"
        self.assertEqual(row_of(LINK._replace(link=Link("a -> b", 0))), row)

    def test_a_link_whose_name_makes_a_second_arrow_is_shown_without_one(self) -> None:
        """Name and arrow together would be split in the wrong place."""
        self.assertTrue(row_of(LINK._replace(name="a ->")).endswith(b" a ->\r\n"))

    def test_a_link_whose_target_holds_a_line_end_is_shown_without_it(self) -> None:
        """The row would be cut."""
        self.assertTrue(row_of(LINK._replace(link=Link("a\nb", 0))).endswith(b" link\r\n"))

    def test_special_bits(self) -> None:
        """Set-user-id, set-group-id and sticky."""
        self.assertTrue(row_of(FILE._replace(mode=0o7754)).startswith(b"-rwsr-sr-T "))

    def test_a_large_size_grows_to_the_left(self) -> None:
        """Digits only, without limit."""
        row = b"-rw-r--r--    1 1000     1000     123456789012 Nov 22 10:15 name\r\n"
        self.assertEqual(row_of(FILE._replace(size=123456789012)), row)

    def test_raw_bytes_of_a_name_stay(self) -> None:
        """Leading and trailing spaces too."""
        self.assertTrue(row_of(FILE._replace(name=" \udce9 ")).endswith(b":15  \xe9 \r\n"))

    @relaxed
    @given(entries)
    def test_every_row_can_be_parsed(self, entry: Entry) -> None:
        """One row an entry, in the layout of all clients; none for a name with CR or LF."""
        row = row_of(entry)
        if "\r" in entry.name or "\n" in entry.name:
            self.assertEqual(row, b"")
        else:
            self.assertIsNotNone(_ROW.fullmatch(row))

    @relaxed
    @given(st.lists(entries, max_size=8))
    def test_a_page_is_its_rows(self, page: list[Entry]) -> None:
        """What rows share changes none of them."""
        rows = [row_of(entry) for entry in page]
        self.assertEqual(list_page(page, ListStyle(), NOW), b"".join(rows))


class DateTests(SynchronousTestCase):
    """The 180-day rule, in UTC."""

    def test_now_shows_the_time_of_day(self) -> None:
        """The latest time that does."""
        self.assertEqual(_date(NOW), b"Nov 22 10:15")

    def test_a_second_ahead_shows_the_year(self) -> None:
        """Clients guess the year of a future date differently."""
        self.assertEqual(_date(NOW + 1), b"Nov 22  2026")

    def test_just_under_180_days_show_the_time_of_day(self) -> None:
        """The earliest time that does."""
        self.assertEqual(_date(NOW - 180 * _DAY + 1), b"May 26 10:15")

    def test_a_minute_may_have_both(self) -> None:
        """Whichever row of it comes first."""
        page = [FILE._replace(modified_ns=(NOW + second) * NS) for second in (20, 40, 20)]
        dates = [row[43:55] for row in list_page(page, ListStyle(), NOW + 30).split(b"\r\n")[:-1]]
        self.assertEqual(dates, [b"Nov 22 10:15", b"Nov 22  2026", b"Nov 22 10:15"])

    def test_180_days_show_the_year(self) -> None:
        """The bound itself."""
        self.assertEqual(_date(NOW - 180 * _DAY), b"May 26  2026")

    def test_a_day_of_one_digit_has_a_space(self) -> None:
        """Two columns."""
        self.assertEqual(_date(0), b"Jan  1  1970")

    def test_times_before_1970_are_shown(self) -> None:
        """By their year, as all old times."""
        self.assertEqual([_date(-1), _date(-5 * _DAY)], [b"Dec 31  1969", b"Dec 27  1969"])

    def test_times_before_the_year_1_are_shown_as_its_beginning(self) -> None:
        """The first day that can be told."""
        self.assertEqual(_date(-(2**50)), b"Jan  1  0001")

    def test_years_have_four_digits(self) -> None:
        """The last day that can be told."""
        self.assertEqual(_date(2**50), b"Dec 31  9999")


class PageTests(SynchronousTestCase):
    """What a page leaves out."""

    def test_an_empty_page_is_empty(self) -> None:
        """No header, no total."""
        self.assertEqual(list_page([], ListStyle(), NOW), b"")

    def test_dot_files_are_shown(self) -> None:
        """Recursive removal fails otherwise."""
        self.assertTrue(list_page([FILE._replace(name=".x")], ListStyle(), NOW).endswith(b" .x\r\n"))


class NlstTests(SynchronousTestCase):
    """NLST (RFC 1123 section 4.1.2.7)."""

    def test_names_only(self) -> None:
        """One a line, without a slash behind directories."""
        self.assertEqual(nlst_page([FILE, DIRECTORY, LINK]), b"name\r\nsub dir\r\nlink\r\n")

    def test_names_have_the_prefix(self) -> None:
        """So that they are usable from the working directory."""
        self.assertEqual(nlst_page([FILE], "sub/"), b"sub/name\r\n")

    def test_names_with_line_ends_are_left_out(self) -> None:
        """They could not be read."""
        self.assertEqual(nlst_page([FILE._replace(name="a\nb"), FILE]), b"name\r\n")
        self.assertEqual(nlst_page([FILE], "sub\r/"), b"")

    @relaxed
    @given(single_names.filter(lambda name: "\r" not in name and "\n" not in name))
    def test_any_name_is_shown_as_it_is(self, name: str) -> None:
        """Byte by byte."""
        self.assertEqual(nlst_page([FILE._replace(name=name)]), encode(name) + b"\r\n")


class SortTests(SynchronousTestCase):
    """`sort_entries`."""

    def setUp(self) -> None:
        self.old = FILE._replace(name="b", size=1, modified_ns=1)
        self.new = FILE._replace(name="a", size=2, modified_ns=3)
        self.raw = FILE._replace(name="\udcff", size=3, modified_ns=2)
        self.emoji = FILE._replace(name="\U0001f600", size=3, modified_ns=2)
        self.all = (self.old, self.raw, self.emoji, self.new)

    def test_by_the_bytes_of_names(self) -> None:
        """A raw FF comes behind all UTF-8."""
        self.assertEqual(sort_entries(self.all, ListOptions()), (self.new, self.old, self.emoji, self.raw))

    def test_newest_first(self) -> None:
        """Then by name."""
        order = sort_entries(self.all, ListOptions(by_time=True))
        self.assertEqual(order, (self.new, self.emoji, self.raw, self.old))

    def test_largest_first(self) -> None:
        """Then by name."""
        order = sort_entries(self.all, ListOptions(by_size=True))
        self.assertEqual(order, (self.emoji, self.raw, self.new, self.old))

    def test_links_are_sorted_by_their_own_time(self) -> None:
        """The time that their rows show: of what they lead to only where they are followed."""
        link = self.old._replace(name="l", link=Link("to", 4))
        orders = [
            sort_entries((self.new, link), ListOptions(by_time=True, follow=follow))[0] for follow in (False, True)
        ]
        self.assertEqual(orders, [link, self.new])

    def test_links_are_sorted_by_their_own_size(self) -> None:
        """The length of their text, likewise."""
        link = self.old._replace(name="l", link=Link("target", 0))
        orders = [
            sort_entries((self.raw, link), ListOptions(by_size=True, follow=follow))[0] for follow in (False, True)
        ]
        self.assertEqual(orders, [link, self.raw])

    def test_turned_round(self) -> None:
        """The whole order."""
        order = sort_entries(self.all, ListOptions(reverse=True))
        self.assertEqual(order, (self.raw, self.emoji, self.old, self.new))
