"""The side-by-side report: medians by server, ratios, and what could not be measured."""

from __future__ import annotations

from ftpd_bench.peers.plan import Case, plan
from ftpd_bench.peers.results import Results, ratio, text
from tests.cases import SynchronousTestCase

CASE = Case(key="up-1", title="1 upload", scenario="upload", options=())
DETAIL = Case(key="noop-p99", title="NOOP p99", scenario="latency", options=(), detail="p99_ms")
VERSIONS = {"ours": "1", "theirs": "2"}


def results() -> Results:
    """Three rounds of ours, one of theirs."""
    found = Results()
    found.add(CASE, "ours", {"rate": 100.0, "cpu_ms_each": 1.0})
    found.add(CASE, "ours", {"rate": 300.0, "cpu_ms_each": 3.0})
    found.add(CASE, "ours", {"rate": 200.0, "cpu_ms_each": 1.5})
    found.add(CASE, "theirs", {"rate": 400.0, "cpu_ms_each": None})
    found.add(DETAIL, "ours", {"rate": 1.0, "cpu_ms_each": 9.0, "details": {"p99_ms": 12.0}})
    found.miss(DETAIL, "theirs", "it has no NOOP")
    return found


class ResultTests(SynchronousTestCase):
    """What is computed."""

    def test_the_median_of_the_rounds_is_shown(self) -> None:
        """The rate, unless the case shows a detail."""
        self.assertEqual(results().shown(CASE, "ours"), 200.0)

    def test_a_detail_is_shown(self) -> None:
        """Its rate says nothing, its cost neither."""
        self.assertEqual((results().shown(DETAIL, "ours"), results().cost(DETAIL, "ours")), (12.0, None))

    def test_a_cost_that_is_not_known(self) -> None:
        """It is missing, not zero."""
        self.assertIsNone(results().cost(CASE, "theirs"))

    def test_ratio(self) -> None:
        """Ours to theirs; a dash without both."""
        self.assertEqual([ratio(1.0, 2.0), ratio(None, 2.0), ratio(1.0, None)], ["0.50", "-", "-"])

    def test_the_report_says_why_something_is_missing(self) -> None:
        """A peer that could not be measured is named."""
        self.assertIn("theirs: it has no NOOP\n    (noop-p99)\n", text(results(), [CASE, DETAIL], VERSIONS, 3, "cubic"))

    def test_keys_are_each_used_once(self) -> None:
        """Figures of two cases would be mixed up."""
        keys = [case.key for case in plan(quick=False, disk=True)]
        self.assertEqual(len(keys), len(set(keys)))
