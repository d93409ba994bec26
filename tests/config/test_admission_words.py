"""The values of ``networks``, ``expires`` and ``hours``."""

from __future__ import annotations

from datetime import date

from ftpd_service.account import AccountSettings
from ftpd_service.config import admission_words as words
from ftpd_service.config.account_text import read_account
from ftpd_service.login_hours import AT_ANY_TIME, HourSpan, LoginHours
from tests.config.files import FileTestCase
from tests.config.test_networks import Refusals

WEEK = frozenset(range(7))


def spans(text: str) -> tuple[HourSpan, ...]:
    """The spans of some hours."""
    hours = words.hours(text)
    return () if hours is None else hours.spans


class HoursTests(Refusals):
    """``mon-fri 06:00-20:00``."""

    def test_days_and_hours(self) -> None:
        """In minutes after midnight."""
        expected = HourSpan(days=frozenset(range(5)), begins=360, ends=1200)
        self.assertEqual(spans("mon-fri 06:00-20:00"), (expected,))

    def test_a_single_day(self) -> None:
        """Without a range."""
        self.assertEqual(spans("sat 8:00-12:00"), (HourSpan(days=frozenset({5}), begins=480, ends=720),))

    def test_without_days_it_is_each_day(self) -> None:
        """The hours alone."""
        self.assertEqual(spans("00:00-24:00"), (HourSpan(days=WEEK, begins=0, ends=1440),))

    def test_days_over_the_end_of_the_week(self) -> None:
        """Friday to Monday are four days."""
        self.assertEqual(spans("fri-mon 00:00-01:00")[0].days, frozenset({4, 5, 6, 0}))

    def test_hours_over_midnight(self) -> None:
        """They end on the next day."""
        self.assertEqual(spans("22:00-06:00"), (HourSpan(days=WEEK, begins=1320, ends=360),))

    def test_several_with_commas(self) -> None:
        """In any case and with any spaces; the text is told in one way."""
        hours = words.hours(" MON-FRI 06:00 - 20:00 ,sat 08:00-12:00")
        assert isinstance(hours, LoginHours)
        self.assertEqual((len(hours.spans), str(hours)), (2, "mon-fri 06:00 - 20:00, sat 08:00-12:00"))

    def test_any_and_null(self) -> None:
        """Hours that lift those of a group, and hours that are left out."""
        self.assertEqual((words.hours("any"), words.hours(None)), (AT_ANY_TIME, None))

    def test_days_alone_are_refused(self) -> None:
        """As in mon,wed 06:00-20:00, where Monday would be the whole day."""
        self.assertIn("found 'mon'", self.refusal(words.hours, "mon,wed 06:00-20:00"))

    def test_what_is_no_day_is_refused(self) -> None:
        """With the days that are."""
        text = self.refusal(words.hours, "mon-frid 1:00-2:00")
        self.assertIn("mon, tue, wed, thu, fri, sat, sun; found 'frid'", text)

    def test_times_beyond_the_day_are_refused(self) -> None:
        """24:00 is the last, and only an end."""
        self.assertIn("found '24:01'", self.refusal(words.hours, "00:00-24:01"))
        self.assertIn("found '10:60'", self.refusal(words.hours, "00:00-10:60"))
        self.assertIn("end after they begin", self.refusal(words.hours, "24:00-06:00"))

    def test_hours_without_an_extent_are_refused(self) -> None:
        """Never, or the whole day: nobody knows which was meant."""
        self.assertIn("end after they begin", self.refusal(words.hours, "06:00-06:00"))

    def test_other_texts_and_values_are_refused(self) -> None:
        """An empty text, an empty part, a number."""
        for value in ("", "06:00-20:00,", "6-20", 6, ["06:00-20:00"]):
            self.assertIn("expected hours such as", self.refusal(words.hours, value))


class LastDayTests(Refusals):
    """``2027-01-31``."""

    def test_a_date(self) -> None:
        """As YAML's core schema leaves it, a text."""
        self.assertEqual(words.last_day("2027-01-31"), date(2027, 1, 31))

    def test_never_and_null(self) -> None:
        """A day that lifts the day of a group, and a day that is left out."""
        self.assertEqual((words.last_day("never"), words.last_day(None)), (date.max, None))

    def test_a_day_that_is_not_there_is_refused(self) -> None:
        """Of no year."""
        self.assertIn("a day of the calendar", self.refusal(words.last_day, "2027-02-29"))

    def test_other_forms_are_refused(self) -> None:
        """Of ISO 8601, too, which Python reads since 3.11."""
        for value in ("20270131", "2027-W01-1", "31.1.2027", "2027-01-31T00:00", "", 2027):
            self.assertIn("such as 2027-01-31", self.refusal(words.last_day, value))


class FromNetworksTests(Refusals):
    """``[10.0.0.0/8]``."""

    def test_any_and_null(self) -> None:
        """Networks that lift those of a group, and networks that are left out."""
        self.assertEqual((words.from_networks(["any"]), words.from_networks(None)), ((None,), None))

    def test_an_empty_list_is_refused(self) -> None:
        """It could mean nowhere or everywhere."""
        self.assertIn("at least one network", self.refusal(words.from_networks, []))


class FileTests(FileTestCase):
    """The keys in a file."""

    def test_keys_of_an_account_a_group_and_the_defaults(self) -> None:
        """Each may have them, and what is given first decides."""
        config = self.loaded(
            """
            groups: {g: {hours: "06:00-20:00", expires: 2027-01-31}}
            account_defaults: {networks: [10.0.0.0/8]}
            accounts: {a: {home: /x, password: "{plain}x", group: g, hours: any, expires: null}}
            """
        )
        accounts = config.accounts
        assert accounts.defaults is not None and accounts.defaults.networks is not None
        self.assertEqual(str(accounts.defaults.networks[0]), "10.0.0.0/8")
        self.assertEqual((accounts.accounts["a"].hours, accounts.accounts["a"].expires), (AT_ANY_TIME, None))
        self.assertEqual(accounts.groups["g"].expires, date(2027, 1, 31))

    def test_a_mistake_has_its_place(self) -> None:
        """The line and the key."""
        problem = self.problem("accounts:\n  a:\n    expires: tomorrow\n")
        self.assertEqual((problem.line, problem.path), (3, "accounts.a.expires"))

    def test_keys_from_elsewhere(self) -> None:
        """Answers of checkers and rows of a database have the same forms."""
        values = {"networks": ["10.0.0.0/8"], "expires": "2027-01-31", "hours": None}
        settings = read_account(values, folder="/")
        self.assertEqual((settings.expires, settings.hours), (date(2027, 1, 31), AccountSettings().hours))
