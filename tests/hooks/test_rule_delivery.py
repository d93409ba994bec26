"""The delivery of the events of a rule."""

from __future__ import annotations

from ftpd_service.hook_interfaces import ActionFailed
from ftpd_service.hooks.action_runs import RunOutcome
from ftpd_service.hooks.rule_delivery import LARGEST_LOOK, MOST_UNMARKED, RuleDelivery
from tests.cases import SynchronousTestCase
from tests.hooks.delivering import START, Deliveries, ScriptedAction, at_step, down, event, shared


class DeliveryCase(SynchronousTestCase):
    """A rule with an action."""

    def setUp(self) -> None:
        self.made = Deliveries()
        self.rows = self.made.rows
        self.action = ScriptedAction()
        self.rule = RuleDelivery("r", self.made.parts)

    def begin(self, *actions: ScriptedAction, retry_seconds: float = 86400.0) -> None:
        """Deliver by these actions, or by the usual one."""
        self.rule.use(tuple(shared(one, retry_seconds=retry_seconds) for one in actions or (self.action,)))
        self.made.advance(0.25)


class OrdinaryDeliveryTests(DeliveryCase):
    """Actions that succeed."""

    def test_waiting_rows_are_delivered_and_forgotten(self) -> None:
        """Those of another rule stay."""
        self.rows.put(event("a"), event("b"))
        self.rows.put(event("c"), rule="other")
        self.begin()
        self.assertEqual(self.action.tried, [("a", 1), ("b", 1)])
        self.assertEqual([row.event.id for row in self.rows.kept.values()], ["c"])

    def test_rows_that_become_ready_are_delivered_when_that_is_told(self) -> None:
        """Also a row with an earlier place in the order, whose change has ended later."""
        self.rows.put(event("first"), event("second"))
        late = self.rows.kept.pop(1)
        self.begin()
        self.rows.kept[1] = late
        self.rule.look()
        self.made.advance(0.25)
        self.assertEqual(self.action.names, ["second", "first"])

    def test_actions_are_carried_out_in_their_order(self) -> None:
        """The next begins when the one before has succeeded, and the step between them is kept."""
        first, second = ScriptedAction(holding=True), ScriptedAction()
        self.rows.put(event("a"))
        self.begin(first, second)
        self.assertEqual(second.tried, [])
        first.running["a"].callback(None)
        self.assertEqual((second.tried, self.rows.written), ([("a", 1)], [("postponed", "a"), ("delivered", "a")]))

    def test_a_row_goes_on_at_its_step(self) -> None:
        """After a restart the first action is not carried out again."""
        first = ScriptedAction()
        self.rows.put(event("a"))
        self.rows.kept[1] = at_step(self.rows.kept[1], 1)
        self.begin(first, self.action)
        self.assertEqual((first.tried, self.action.tried), ([], [("a", 1)]))

    def test_concurrency_bounds_the_rows_at_once(self) -> None:
        """The next begins when one ends."""
        self.made.concurrency = 2
        self.action.holding = True
        self.rows.put(event("a"), event("b"), event("c"))
        self.begin()
        self.assertEqual(sorted(self.action.running), ["a", "b"])
        self.action.running["a"].callback(None)
        self.assertEqual(sorted(self.action.running), ["b", "c"])

    def test_rows_of_one_path_come_one_after_the_other(self) -> None:
        """Another path overtakes them."""
        self.action.holding = True
        self.rows.put(event("a1", "/a"), event("a2", "/a"), event("b"))
        self.begin()
        self.assertEqual(sorted(self.action.running), ["a1", "b"])
        self.action.running["a1"].callback(None)
        self.assertEqual(sorted(self.action.running), ["a2", "b"])

    def test_a_renamed_directory_comes_behind_the_files_in_it(self) -> None:
        """Its former path is above theirs."""
        self.action.holding = True
        self.rows.put(event("file", "/in/f"), event("rename", "/done", from_path="/in"), event("later", "/done/g"))
        self.begin()
        self.assertEqual(self.action.names, ["file"])
        self.action.running["file"].callback(None)
        self.assertEqual(self.action.names, ["file", "rename"])

    def test_equal_paths_of_accounts_are_different_files(self) -> None:
        """Unless they are one file on the host."""
        self.action.holding = True
        self.rows.put(
            event("a", "/f"),
            event("b", "/f", account="bob"),
            event("c", "/x", account="carol", host_path="/srv/f"),
            event("d", "/y", account="dave", host_path="/srv/f"),
        )
        self.begin()
        self.assertEqual(self.action.names, ["a", "b", "c"])

    def test_long_backlog_is_read_in_pieces(self) -> None:
        """Each row is delivered once, in the order of the table."""
        names = [f"e{number}" for number in range(2 * LARGEST_LOOK + 10)]
        self.rows.put(*map(event, names))
        self.begin()
        self.made.advance(5)
        self.assertEqual(self.action.names, names)
        self.assertEqual(self.rows.kept, {})

    def test_actions_that_end_at_once_leave_turns_to_others(self) -> None:
        """A turn of the reactor begins some rows only."""
        self.rows.put(*(event(f"e{number}") for number in range(100)))
        self.rule.use((shared(self.action),))
        self.assertLess(len(self.action.tried), 20)

    def test_each_try_is_told(self) -> None:
        """With its time."""
        self.action.holding = True
        self.rows.put(event("a"))
        self.begin()
        self.made.advance(2)
        self.action.running["a"].callback(None)
        (run,) = self.made.runs
        self.assertEqual((run.action.name, run.attempt, run.outcome, run.seconds), ("act", 1, RunOutcome.DONE, 2.25))

    def test_an_idle_rule_sets_no_timer(self) -> None:
        """It costs nothing until rows are told."""
        self.begin()
        self.assertEqual(self.made.clock.getDelayedCalls(), [])


class FailingDeliveryTests(DeliveryCase):
    """Actions that fail."""

    def test_a_failed_row_is_tried_again_after_a_pause(self) -> None:
        """The number of the try grows; the time of the first failure stays."""
        self.action.failures["a"] = down()
        self.rows.put(event("a"))
        self.begin()
        self.assertEqual(self.rows.kept[1].due, START + 1)
        self.made.advance(1)
        self.assertEqual(self.action.tried, [("a", 1), ("a", 2)])
        self.assertEqual((self.rows.kept[1].tries, self.rows.kept[1].failing_since), (2, START))
        self.assertEqual([run.outcome for run in self.made.runs], [RunOutcome.AGAIN] * 2)

    def test_a_receiver_may_ask_for_a_longer_pause(self) -> None:
        """As ``Retry-After`` does."""
        self.action.failures["a"] = down(retry_after=40.0)
        self.rows.put(event("a"))
        self.begin()
        self.made.advance(39)
        self.assertEqual(len(self.action.tried), 1)
        self.made.advance(2)
        self.assertEqual(len(self.action.tried), 2)

    def test_tries_end_with_their_time(self) -> None:
        """The last one comes at its end; then the row is a dead letter with the reason of the last failure."""
        self.action.failures["a"] = down()
        self.rows.put(event("a"))
        self.begin(retry_seconds=2.5)
        self.made.advance(30)
        self.assertEqual((self.action.tried, self.rows.letters), ([("a", 1), ("a", 2), ("a", 3)], {"a": "down"}))
        self.assertEqual(self.made.runs[-1].outcome, RunOutcome.DEAD)

    def test_a_final_failure_is_a_dead_letter_at_once(self) -> None:
        """No further try can succeed; the next row of its path goes on."""
        self.action.failures["a"] = ActionFailed("no such topic", final=True)
        self.rows.put(event("a", "/f"), event("b", "/f"))
        self.begin()
        self.assertEqual((self.action.names, self.rows.letters), (["a", "b"], {"a": "no such topic"}))

    def test_a_failed_row_holds_the_later_rows_of_its_path(self) -> None:
        """The others are delivered."""
        self.action.failures["a"] = down()
        self.rows.put(event("a", "/f"), event("b", "/f"), event("c"))
        self.begin()
        self.assertEqual(self.action.names, ["a", "c"])
        self.action.failures.clear()
        self.made.advance(1)
        self.assertEqual(self.action.tried[2:], [("a", 2), ("b", 1)])

    def test_a_receiver_that_is_down_gets_single_tries(self) -> None:
        """A hundred waiting rows do not fail one after another."""
        self.action.failures["*"] = down()
        self.rows.put(*(event(f"e{number}") for number in range(100)))
        self.begin()
        self.made.advance(100)
        self.assertLess(len(self.action.tried), 16)
        self.assertEqual(max(attempt for _, attempt in self.action.tried), 1)

    def test_all_rows_are_tried_when_the_receiver_answers_again(self) -> None:
        """Those that have failed do not wait for their time."""
        self.action.failures["*"] = down()
        self.rows.put(*(event(f"e{number}") for number in range(100)))
        self.begin()
        self.made.advance(100)
        self.action.failures.clear()
        self.made.advance(65)
        self.assertEqual(self.rows.kept, {})

    def test_a_row_at_fault_does_not_stop_the_others(self) -> None:
        """A single event that always fails lets others be delivered, also as they come."""
        self.action.failures["bad"] = down()
        self.rows.put(event("bad"))
        self.begin()
        self.made.advance(60)
        self.rows.put(event("good"))
        self.rule.look()
        self.made.advance(61)
        self.assertIn("good", self.action.names)

    def test_a_receiver_that_asks_for_a_pause_gets_it_for_all_rows(self) -> None:
        """It is overloaded: single tries begin when the pause is over."""
        self.made.concurrency = 1
        self.action.failures["*"] = down(retry_after=30.0)
        self.rows.put(event("a"), event("b"))
        self.begin()
        self.made.advance(29)
        self.assertEqual(self.action.names, ["a"])
        self.made.advance(2)
        self.assertEqual(self.action.names, ["a", "b"])

    def test_a_fault_of_an_action_is_a_failure(self) -> None:
        """The log has its traceback."""
        self.action.failures["a"] = ZeroDivisionError()
        self.rows.put(event("a"))
        self.begin()
        self.assertEqual(self.rows.kept[1].tries, 1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class UnavailableDatabaseTests(DeliveryCase):
    """A database that does not answer."""

    def test_nothing_is_lost_and_nothing_spins(self) -> None:
        """The next regular look finds the rows."""
        self.rows.put(event("a"))
        self.rows.down = True
        self.begin()
        self.made.advance(60)
        self.assertEqual((self.rows.looks, self.action.tried), (1, []))
        self.rows.down = False
        self.rule.look()
        self.made.advance(0.25)
        self.assertEqual(self.action.names, ["a"])

    def test_a_delivered_row_is_not_delivered_again_before_it_is_forgotten(self) -> None:
        """It is still in the table, and looks find it."""
        self.rows.holding = True
        self.rows.put(event("a"))
        self.begin()
        self.rule.look()
        self.made.advance(1)
        self.assertEqual(self.action.names, ["a"])
        self.rows.held.pop().callback(None)
        self.rule.look()
        self.made.advance(1)
        self.assertEqual((self.action.names, self.rows.kept), (["a"], {}))

    def test_a_mark_is_written_when_the_database_answers_again(self) -> None:
        """The row is not delivered again meanwhile."""
        self.action.holding = True
        self.rows.put(event("a"))
        self.begin()
        self.rows.down = True
        self.action.running["a"].callback(None)
        self.made.advance(20)
        self.rows.down = False
        self.made.advance(31)
        self.assertEqual((self.action.names, self.rows.kept), (["a"], {}))

    def test_unwritten_marks_stop_the_delivery(self) -> None:
        """As many events as that would be delivered again after a crash."""
        self.rows.holding = True
        self.rows.put(*(event(f"e{number}") for number in range(2 * LARGEST_LOOK)))
        self.begin()
        self.made.advance(10)
        self.assertEqual(len(self.action.tried), MOST_UNMARKED)


class ChangingDeliveryTests(DeliveryCase):
    """Reloads and the end."""

    def test_other_actions_count_for_the_next_try(self) -> None:
        """A try that runs ends with the action with which it began."""
        self.action.holding = True
        self.made.concurrency = 1
        self.rows.put(event("a"), event("b"))
        self.begin()
        other = ScriptedAction()
        self.begin(other)
        self.action.running["a"].callback(None)
        self.assertEqual((self.action.names, other.names), (["a"], ["b"]))

    def test_rows_are_tried_at_once_by_other_actions(self) -> None:
        """The operator has corrected a URL."""
        self.action.failures["*"] = down()
        self.rows.put(*(event(f"e{number}") for number in range(9)))
        self.begin()
        self.made.advance(30)
        other = ScriptedAction()
        self.begin(other)
        self.assertEqual(len(other.tried), 9)

    def test_nothing_begins_without_actions(self) -> None:
        """What runs ends, and is forgotten."""
        self.action.holding = True
        self.made.concurrency = 1
        self.rows.put(event("a"), event("b"))
        self.begin()
        self.rule.use(None)
        self.assertFalse(self.rule.idle)
        self.action.running["a"].callback(None)
        self.made.advance(10)
        self.assertEqual((self.action.names, list(self.rows.kept)), (["a"], [2]))
        self.assertTrue(self.rule.idle)

    def test_rule_that_comes_back_waits_for_what_runs(self) -> None:
        """The order of a path counts then, too."""
        self.action.holding = True
        self.rows.put(event("a", "/f"), event("b", "/f"))
        self.begin()
        self.rule.use(None)
        other = ScriptedAction()
        self.begin(other)
        self.made.advance(1)
        self.assertEqual(other.names, [])
        self.action.running["a"].callback(None)
        self.made.advance(1)
        self.assertEqual(other.names, ["b"])

    def test_cancelled_rows_stay(self) -> None:
        """They are delivered at the next start, with the same number of the try."""
        self.action.holding = True
        self.rows.put(event("a"))
        self.begin()
        self.rule.use(None)
        self.rule.cancel()
        self.assertTrue(self.rule.idle)
        self.assertEqual((self.rows.written, self.rows.kept[1].tries), ([], 0))
