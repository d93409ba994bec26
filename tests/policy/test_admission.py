"""When and from where an account may log in: at, before and after each boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from ipaddress import ip_address, ip_network

from ftpd_service.account import Account
from ftpd_service.login_hours import AT_ANY_TIME, HourSpan, LoginHours
from ftpd_service.policy.admission import barred, expired, refusal
from tests.cases import SynchronousTestCase

INSIDE, OUTSIDE = ip_address("10.1.2.3"), ip_address("192.0.2.1")
FRIDAY = datetime(2026, 11, 27, 12, 0)
WEEK = frozenset(range(7))
ALICE = Account(name="alice")


def open_at(account: Account, *times: datetime) -> list[bool]:
    """Whether an account may log in at each of some times."""
    return [barred(account, address=INSIDE, local=time) is None for time in times]


class ExpiryTests(SynchronousTestCase):
    """``expires``."""

    account = replace(ALICE, expires=date(2027, 1, 31))

    def test_the_last_day_counts_to_its_end(self) -> None:
        """The last moment of the day, and the first of the next."""
        times = (datetime(2027, 1, 31, 23, 59, 59, 999_999), datetime(2027, 2, 1))
        self.assertEqual(open_at(self.account, *times), [True, False])

    def test_the_reason_has_the_key_and_the_day(self) -> None:
        """For the log."""
        reason = expired(self.account, datetime(2027, 2, 1))
        self.assertEqual(reason, "expires: the account has expired at the end of 2027-01-31")

    def test_an_account_without_the_key_does_not_expire(self) -> None:
        """Nor does one with the last day of all."""
        self.assertEqual(open_at(ALICE, datetime.max), [True])
        self.assertEqual(open_at(replace(ALICE, expires=date.max), datetime.max), [True])


class NetworksTests(SynchronousTestCase):
    """``networks``."""

    account = replace(ALICE, networks=(ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")))

    def may(self, address: str) -> bool:
        """Whether the account may log in from an address."""
        return barred(self.account, address=ip_address(address), local=FRIDAY) is None

    def test_the_edges_of_a_network_are_in_it(self) -> None:
        """And the addresses beside it are not."""
        addresses = ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0")
        self.assertEqual([self.may(address) for address in addresses], [False, True, True, False])

    def test_each_network_counts(self) -> None:
        """Of both families."""
        self.assertEqual([self.may("2001:db8::1"), self.may("2001:db9::1")], [True, False])

    def test_any_is_everywhere(self) -> None:
        """The word lifts the networks of a group."""
        self.assertIsNone(barred(replace(ALICE, networks=(None,)), address=OUTSIDE, local=FRIDAY))

    def test_an_unknown_address_is_in_no_network(self) -> None:
        """A failure closes."""
        self.assertIsNotNone(barred(self.account, address=None, local=FRIDAY))

    def test_the_reason_has_the_key_and_the_address(self) -> None:
        """For the log."""
        reason = barred(self.account, address=OUTSIDE, local=FRIDAY)
        self.assertEqual(reason, "networks: 192.0.2.1 is in none of them")


class HoursTests(SynchronousTestCase):
    """``hours``."""

    def account(self, *spans: HourSpan) -> Account:
        """An account with some hours."""
        return replace(ALICE, hours=LoginHours(text="some hours", spans=spans))

    def test_the_first_minute_is_in_and_the_last_is_not(self) -> None:
        """From 06:00 to 20:00: the moments beside both."""
        account = self.account(HourSpan(days=WEEK, begins=6 * 60, ends=20 * 60))
        times = [FRIDAY.replace(hour=hour, minute=minute) for hour, minute in ((5, 59), (6, 0), (19, 59), (20, 0))]
        self.assertEqual(open_at(account, *times), [False, True, True, False])

    def test_other_days_are_out(self) -> None:
        """Monday to Friday."""
        account = self.account(HourSpan(days=frozenset(range(5)), begins=0, ends=1440))
        self.assertEqual(open_at(account, FRIDAY, FRIDAY.replace(day=28), FRIDAY.replace(day=30)), [True, False, True])

    def test_a_whole_day_has_its_last_minute(self) -> None:
        """To 24:00."""
        account = self.account(HourSpan(days=frozenset({4}), begins=0, ends=1440))
        self.assertEqual(open_at(account, FRIDAY.replace(hour=23, minute=59)), [True])

    def test_hours_over_midnight_end_on_the_next_day(self) -> None:
        """Friday from 22:00 to 06:00 has Saturday's morning, and not Friday's."""
        account = self.account(HourSpan(days=frozenset({4}), begins=22 * 60, ends=6 * 60))
        inside = (FRIDAY.replace(hour=22), FRIDAY.replace(day=28, hour=5, minute=59))
        outside = (FRIDAY.replace(hour=5), FRIDAY.replace(hour=21, minute=59), FRIDAY.replace(day=28, hour=6))
        self.assertEqual(open_at(account, *inside, *outside), [True, True, False, False, False])

    def test_sunday_night_ends_on_monday(self) -> None:
        """The week begins anew."""
        account = self.account(HourSpan(days=frozenset({6}), begins=22 * 60, ends=6 * 60))
        self.assertEqual(open_at(account, datetime(2026, 11, 30, 5), datetime(2026, 11, 29, 5)), [True, False])

    def test_one_of_several_spans_is_enough(self) -> None:
        """As commas divide them."""
        spans = (HourSpan(days=WEEK, begins=0, ends=60), HourSpan(days=WEEK, begins=12 * 60, ends=13 * 60))
        self.assertEqual(open_at(self.account(*spans), FRIDAY, FRIDAY.replace(hour=2)), [True, False])

    def test_any_is_at_any_time(self) -> None:
        """The word lifts the hours of a group."""
        self.assertEqual(open_at(replace(ALICE, hours=AT_ANY_TIME), FRIDAY, datetime.max), [True, True])

    def test_the_reason_has_the_key_the_time_and_the_hours(self) -> None:
        """For the log."""
        account = self.account(HourSpan(days=WEEK, begins=0, ends=60))
        reason = barred(account, address=INSIDE, local=FRIDAY.replace(minute=5))
        self.assertEqual(reason, "hours: fri 12:05 is outside of some hours")


class RefusalTests(SynchronousTestCase):
    """All rules of an account together."""

    def test_an_account_without_rules_may_log_in(self) -> None:
        """From anywhere, at any time, without TLS."""
        self.assertIsNone(refusal(ALICE, address=OUTSIDE, secure=False, local=FRIDAY))

    def test_an_account_that_needs_tls_may_not_log_in_in_clear(self) -> None:
        """And may with TLS."""
        account = replace(ALICE, needs_tls=True)
        reasons = [refusal(account, address=INSIDE, secure=secure, local=FRIDAY) for secure in (False, True)]
        self.assertEqual(reasons, ["tls: required, and the session has no TLS", None])

    def test_tls_does_not_open_the_other_rules(self) -> None:
        """Each must allow the login."""
        account = replace(ALICE, needs_tls=True, networks=(ip_network("10.0.0.0/8"),))
        reason = refusal(account, address=OUTSIDE, secure=True, local=FRIDAY)
        self.assertEqual(reason, "networks: 192.0.2.1 is in none of them")
