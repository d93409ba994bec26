"""What runs of actions and verdicts count."""

from __future__ import annotations

from dataclasses import replace

from ftpd_service.hook_events import HookTrigger
from ftpd_service.hook_log_events import HookEventsDropped, HookFailed, VerdictFailed
from ftpd_service.observe.metrics.hook_counts import MOST_IDS, OTHER_ID
from ftpd_service.verdict_interfaces import Ruling
from tests.cases import SynchronousTestCase
from tests.observe.metrics.counted import RUN, VERDICT, Counted

FAILED = HookFailed(
    rule="r",
    action="http",
    trigger=HookTrigger.UPLOADED,
    id="1",
    attempt=1,
    seconds=0.5,
    dead=False,
    reason="500",
)
BROKEN = VerdictFailed(stage="scan", ruling=Ruling.LATER, timed_out=False, reason="down", seconds=1.0, id="1")


class HookCountTests(SynchronousTestCase):
    """Each event and its series."""

    def setUp(self) -> None:
        self.counted = Counted()

    def test_runs_by_rule_and_outcome(self) -> None:
        """A dead letter is no failure that is tried again."""
        self.counted.observe(RUN, FAILED, FAILED, replace(FAILED, dead=True), replace(RUN, rule="s"))
        runs = [
            self.counted.value("ftpd_hook_runs_total", rule="r", outcome=word) for word in ("done", "failed", "dead")
        ]
        self.assertEqual(runs, [1.0, 2.0, 1.0])
        self.assertEqual(self.counted.value("ftpd_hook_runs_total", rule="s", outcome="done"), 1.0)

    def test_durations_of_runs(self) -> None:
        """Failed runs take time, too."""
        self.counted.observe(RUN, FAILED)
        self.assertEqual(self.counted.value("ftpd_hook_run_duration_seconds_sum", rule="r"), 0.7)

    def test_dropped_events(self) -> None:
        """An event of the log tells several."""
        self.counted.observe(HookEventsDropped(count=7, reason="full"))
        self.assertEqual(self.counted.value("ftpd_hook_events_dropped_total"), 7.0)

    def test_verdicts_by_stage_and_outcome(self) -> None:
        """A stage that fails or is late has given no ruling."""
        self.counted.observe(VERDICT, replace(VERDICT, ruling=Ruling.REFUSE), BROKEN, replace(BROKEN, timed_out=True))
        words = ("accept", "refuse", "error", "timeout", "later")
        told = [self.counted.value("ftpd_verdicts_total", stage="scan", outcome=word) for word in words]
        self.assertEqual(told, [1.0, 1.0, 1.0, 1.0, None])
        self.assertEqual(self.counted.value("ftpd_verdict_duration_seconds_count", stage="scan"), 4.0)

    def test_reloads_add_series_up_to_a_bound(self) -> None:
        """Further ids share a series."""
        self.counted.observe(*(replace(RUN, rule=f"r{number}") for number in range(MOST_IDS + 2)))
        told = [
            self.counted.value("ftpd_hook_runs_total", rule=rule, outcome="done")
            for rule in (f"r{MOST_IDS - 1}", f"r{MOST_IDS}", OTHER_ID)
        ]
        self.assertEqual(told, [1.0, None, 2.0])
