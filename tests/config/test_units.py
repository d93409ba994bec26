"""Tests of quantities."""

from __future__ import annotations

from collections.abc import Callable

from ftpd_service.config import units
from ftpd_service.config.problems import FromEnvironment
from tests.cases import SynchronousTestCase


class Refusals(SynchronousTestCase):
    """What every test of a refusal needs."""

    def refusal(self, unit: Callable[[object], object], value: object) -> str:
        """The text with which a value is refused."""
        return str(self.assertRaises(ValueError, unit, value))


class Durations(Refusals):
    """``30s 5m 2h 1d`` or a number of seconds."""

    def test_each_unit(self) -> None:
        """Seconds, minutes, hours, days."""
        self.assertEqual([units.duration(text) for text in ("30s", "5m", "2h", "1d")], [30, 300, 7200, 86400])

    def test_a_number_is_seconds(self) -> None:
        """Whole or not."""
        self.assertEqual([units.duration(90), units.duration(0.5), units.duration("1.5m")], [90, 0.5, 90])

    def test_zero_only_where_it_means_something(self) -> None:
        """An idle timeout of 0 would end every session."""
        self.assertEqual(units.duration_or_zero("0s"), 0)
        self.assertIn("longer than 0", self.refusal(units.duration, 0))

    def test_more_than_ten_years_is_refused(self) -> None:
        """Ten years are the bound."""
        self.assertEqual(units.duration("3650d"), units.LONGEST_DURATION_SECONDS)
        self.assertIn("at most ten years", self.refusal(units.duration, "3651d"))
        self.assertIn("at most ten years", self.refusal(units.duration, 10**400))
        self.assertIn("at most ten years", self.refusal(units.duration, float("inf")))

    def test_no_number_is_refused(self) -> None:
        """Not-a-number is smaller than nothing and larger than nothing."""
        self.assertIn("expected a duration", self.refusal(units.duration, float("nan")))

    def test_other_texts_are_refused_and_shown(self) -> None:
        """A number in quotes, a space, an unknown unit, a sign."""
        self.assertIn('found "30"', self.refusal(units.duration, "30"))
        self.assertIn('found "5 minutes"', self.refusal(units.duration, "5 minutes"))
        self.assertIn('found "-5s"', self.refusal(units.duration, "-5s"))
        self.assertIn("found nothing", self.refusal(units.duration, None))
        self.assertIn("found true", self.refusal(units.duration, True))


class Numbers(Refusals):
    """Counts, caps and booleans."""

    def test_at_and_below_the_least(self) -> None:
        """One is a count, none is not."""
        self.assertEqual(units.whole_number(1), 1)
        self.assertIn("1 or more; found 0", self.refusal(units.whole_number, 0))

    def test_ipv6_prefix_has_1_to_128_bits(self) -> None:
        """Both bounds are accepted, the next number is refused."""
        self.assertEqual((units.ipv6_prefix(1), units.ipv6_prefix(128)), (1, 128))
        self.assertIn("1 to 128", self.refusal(units.ipv6_prefix, 129))

    def test_a_number_in_quotes_is_refused(self) -> None:
        """``"5"`` is text."""
        self.assertIn('found "5"', self.refusal(units.whole_number, "5"))

    def test_fractions_and_booleans_are_no_counts(self) -> None:
        """Python counts True as 1; we do not."""
        self.assertIn("found 1.5", self.refusal(units.whole_number, 1.5))
        self.assertIn("found true", self.refusal(units.whole_number, True))

    def test_no_cap_is_null(self) -> None:
        """Only where there may be none."""
        self.assertIsNone(units.whole_number_or_null(None))
        self.assertEqual(units.whole_number_or_null(7), 7)
        self.assertIn("or null for no cap", self.refusal(units.whole_number_or_null, 0))
        self.assertIn("found nothing", self.refusal(units.whole_number, None))

    def test_only_booleans_are_true_or_false(self) -> None:
        """Neither words nor numbers."""
        self.assertIs(units.boolean(True), True)
        self.assertIn('found "off"', self.refusal(units.boolean, "off"))
        self.assertIn("found 1", self.refusal(units.boolean, 1))

    def test_the_environment_gives_numbers_as_text(self) -> None:
        """Read as YAML would read them unquoted."""
        self.assertEqual(units.whole_number(FromEnvironment("5")), 5)
        self.assertIs(units.boolean(FromEnvironment("true")), True)
        self.assertIn("a text from the environment", self.refusal(units.whole_number, FromEnvironment("x")))


class Sizes(Refusals):
    """Octets and octets a second."""

    def test_binary_and_decimal_units(self) -> None:
        """KiB is 1024, kB is 1000."""
        self.assertEqual([units.size("64KiB"), units.size("10MiB"), units.size("2GB")], [65536, 10 * 2**20, 2 * 10**9])
        self.assertEqual([units.size("1kB"), units.size("7B"), units.size("1.5KiB")], [1000, 7, 1536])

    def test_a_number_is_octets(self) -> None:
        """Nothing too."""
        self.assertEqual([units.size(0), units.size(4096)], [0, 4096])

    def test_other_sizes_are_refused(self) -> None:
        """No unit in quotes, unknown unit, negative, boolean."""
        self.assertIn('found "10"', self.refusal(units.size, "10"))
        self.assertIn('found "10 Mb"', self.refusal(units.size, "10 Mb"))
        self.assertIn("found -1", self.refusal(units.size, -1))
        self.assertIn("found false", self.refusal(units.size, False))

    def test_a_rate_is_a_size_a_second(self) -> None:
        """The unit must be said."""
        self.assertEqual(units.rate("10MiB/s"), 10 * 2**20)
        self.assertIn('found "10MiB"', self.refusal(units.rate, "10MiB"))
        self.assertIn("found 10", self.refusal(units.rate, 10))

    def test_null_is_no_limit(self) -> None:
        """Where a rate may be left out by saying so."""
        self.assertIsNone(units.rate_or_null(None))
        self.assertEqual(units.rate_or_null("1KiB/s"), 1024)
        self.assertIn('or null; found "fast"', self.refusal(units.rate_or_null, "fast"))

    def test_no_rate_is_none(self) -> None:
        """A rate of nothing would never end."""
        self.assertIn('found "0B/s"', self.refusal(units.rate, "0B/s"))


class LargestRates(Refusals):
    """An exbibyte a second."""

    def test_at_the_bound(self) -> None:
        """It is taken."""
        self.assertEqual(units.rate("1048576TiB/s"), units.LARGEST_OCTETS)

    def test_above_the_bound(self) -> None:
        """It is refused."""
        self.assertIn("expected a rate", self.refusal(units.rate, "1048577TiB/s"))
