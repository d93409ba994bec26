"""Figures: rates, costs, medians, percentiles, tables."""

from __future__ import annotations

from ftpd_bench.measurement import Measurement, median, number, percentile, report, table
from tests.cases import SynchronousTestCase


def measured(seconds: float, cpu: float | None = None, **details: float) -> Measurement:
    """A hundred MiB in so many seconds."""
    return Measurement(
        scenario="download", unit="MiB", amount=100.0, seconds=seconds, server_cpu_seconds=cpu, details=details
    )


class MeasurementTests(SynchronousTestCase):
    """What is derived."""

    def test_rate(self) -> None:
        """Units a second."""
        self.assertEqual(measured(0.5).rate, 200.0)

    def test_cost(self) -> None:
        """Milliseconds of CPU a unit."""
        self.assertEqual(measured(1.0, 0.2).cpu_ms_each, 2.0)

    def test_cost_unknown(self) -> None:
        """Without a pid there is none; it is not zero."""
        self.assertIsNone(measured(1.0).cpu_ms_each)

    def test_medians_are_each_figures_own(self) -> None:
        """The run with the median rate need not have the median cost."""
        found = median([measured(1.0, 0.3, p99_ms=5.0), measured(2.0, 0.1, p99_ms=9.0), measured(4.0, 0.2, p99_ms=7.0)])
        self.assertEqual((found.rate, found.cpu_ms_each, found.details), (50.0, 2.0, {"p99_ms": 7.0}))

    def test_json_holds_what_is_derived(self) -> None:
        """Readers need not compute."""
        self.assertEqual(measured(0.5, 0.2).as_json()["rate"], 200.0)


class PercentileTests(SynchronousTestCase):
    """The nearest rank."""

    def test_99th_of_a_hundred(self) -> None:
        """One of a hundred may be slower."""
        self.assertEqual(percentile(range(1, 101), 0.99), 99)

    def test_50th_of_two(self) -> None:
        """The lower one."""
        self.assertEqual(percentile([8.0, 4.0], 0.5), 4.0)

    def test_all_of_them(self) -> None:
        """The maximum."""
        self.assertEqual(percentile([1.0, 3.0, 2.0], 1.0), 3.0)

    def test_of_nothing(self) -> None:
        """There is none."""
        self.assertRaises(ValueError, percentile, [], 0.5)


class TextTests(SynchronousTestCase):
    """What people read."""

    def test_three_digits_that_say_something(self) -> None:
        """Large numbers are grouped."""
        self.assertEqual(
            [number(12345.6), number(45.67), number(1.234), number(0.0123)], ["12,346", "45.7", "1.23", "0.012"]
        )

    def test_no_figure_is_a_dash(self) -> None:
        """Not a zero."""
        self.assertEqual(number(None), "-")

    def test_columns_line_up(self) -> None:
        """Names to the left, figures to the right."""
        self.assertEqual(table([["a", "rate"], ["long", "1"]]), "a     rate\n----  ----\nlong     1\n")

    def test_a_report_names_details(self) -> None:
        """Below the table."""
        self.assertIn("download: p99_ms 7.00\n", report([measured(1.0, p99_ms=7.0)]))
