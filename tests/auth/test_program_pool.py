"""The processes of a program: which login they get, and what happens when they fail."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.auth.programs.program_pool import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
)
from ftpd_service.errors import LoginsSaturated, LoginUnavailable
from ftpd_service.policy.login_queue import UNANSWERED_OF_NAME
from ftpd_service.runtime.running_program import TERMINATION_SECONDS
from tests.auth.pools import LATER_SECONDS, PoolCase


class AskingTests(PoolCase):
    """Logins and processes."""

    def test_no_process_starts_before_a_login(self) -> None:
        """A configuration that is only read starts nothing."""
        self.assertEqual(self.clock.started, [])

    def test_a_login_starts_the_program_with_its_environment(self) -> None:
        """And writes its request."""
        self.ask(b"who?")
        self.assertEqual(self.last.command[-2:], ["/bin/x", "-y"])
        self.assertEqual((self.last.environment, self.last.written), ({"PATH": "/bin"}, [b"who?"]))

    def test_the_answer_is_the_next_line(self) -> None:
        """In however many pieces it comes."""
        answer = self.ask()
        self.last.says(b"1")
        self.assertNoResult(answer)
        self.last.says(b"7\n")
        self.assertEqual(self.successResultOf(answer), 17)

    def test_an_idle_process_is_asked_again(self) -> None:
        """It stays."""
        self.ask(b"1?")
        self.last.says(b"1\n")
        answer = self.ask(b"2?")
        self.last.says(b"2\n")
        self.assertEqual(self.successResultOf(answer), 2)
        self.assertEqual((len(self.clock.started), self.last.written), (1, [b"1?", b"2?"]))

    def test_a_process_has_one_login_at_a_time(self) -> None:
        """The second login gets the second process, and the third waits for either."""
        self.ask(b"1?", host="a")
        self.ask(b"2?", host="b")
        third = self.ask(b"3?", host="c")
        first, second = self.clock.started
        self.assertEqual((first.written, second.written), ([b"1?"], [b"2?"]))
        second.says(b"2\n")
        second.says(b"3\n")
        self.assertEqual((self.successResultOf(third), second.written), (3, [b"2?", b"3?"]))

    def test_a_host_gets_half_of_the_processes(self) -> None:
        """Its slow logins leave a process for others."""
        self.ask(b"a1?", host="a", name=b"1")
        self.ask(b"a2?", host="a", name=b"2")
        self.ask(b"b1?", host="b")
        self.assertEqual([process.written for process in self.clock.started], [[b"a1?"], [b"b1?"]])

    def test_the_queue_is_bounded(self) -> None:
        """Beyond the share of a name the program is not asked."""
        for _ in range(UNANSWERED_OF_NAME):
            self.ask()
        self.failureResultOf(self.ask(), LoginsSaturated)


class FailingTests(PoolCase):
    """Processes that fail."""

    def test_one_that_ends_in_mid_answer_is_replaced(self) -> None:
        """Its login is asked once more, and the client notices nothing."""
        answer = self.ask(b"who?")
        self.clock.advance(LATER_SECONDS)
        self.last.says(b"1")
        self.last.exits(3)
        self.assertEqual((len(self.clock.started), self.last.written), (2, [b"who?"]))
        self.last.says(b"7\n")
        self.assertEqual(self.successResultOf(answer), 7)
        self.assertEqual(self.logged(), ["a process of checker x ended: it exited with status 3"])

    def test_a_second_end_in_mid_answer_fails(self) -> None:
        """A login that kills processes is not asked for ever."""
        answer = self.ask()
        self.clock.advance(LATER_SECONDS)
        self.last.exits(3)
        self.clock.advance(LATER_SECONDS)
        self.last.exits(4)
        self.assertIn("status 4", str(self.failureResultOf(answer, LoginUnavailable).value))

    def test_an_end_does_not_touch_other_logins(self) -> None:
        """They are in other processes."""
        self.ask(host="a")
        other = self.ask(host="b")
        self.clock.started[0].exits(1)
        self.clock.started[1].says(b"5\n")
        self.assertEqual(self.successResultOf(other), 5)

    def test_an_idle_one_that_ends_is_replaced_at_the_next_login(self) -> None:
        """Not before."""
        self.ask()
        self.last.says(b"1\n")
        self.clock.advance(LATER_SECONDS)
        self.last.exits()
        self.assertEqual(len(self.clock.started), 1)
        self.ask()
        self.assertEqual(len(self.clock.started), 2)

    def test_a_wrong_answer_fails_and_ends_the_process(self) -> None:
        """Its next line might belong to this login too."""
        answer = self.ask()
        self.last.says(b"perhaps\n")
        self.assertIn("wrong answer", str(self.failureResultOf(answer, LoginUnavailable).value))
        self.assertTrue(self.last.signals)

    def test_more_than_an_answer_ends_the_process(self) -> None:
        """Or its rest would be the answer to the next login; the answer itself counts."""
        answer = self.ask()
        self.last.says(b"1\n2\n")
        self.assertEqual(self.successResultOf(answer), 1)
        self.assertTrue(self.last.signals)
        second = self.ask(b"2?")
        self.assertEqual((self.last.written, self.noResult(second)), ([b"2?"], True))

    def test_more_than_an_answer_is_no_answer_to_a_login_that_waits(self) -> None:
        """It would be given to the process between the two lines."""
        self.ask(b"1?")
        waiting = self.ask(b"2?", name=b"other")
        self.last.says(b"1\n2\n")
        self.assertNoResult(waiting)
        self.assertEqual([process.written for process in self.clock.started], [[b"1?"], [b"2?"]])

    def test_output_of_an_idle_process_ends_it(self) -> None:
        """For the same reason; the next login gets another."""
        self.ask()
        self.last.says(b"1\n")
        self.last.says(b"2\n")
        self.assertTrue(self.last.signals)
        self.ask(b"2?")
        self.assertEqual([process.written for process in self.clock.started], [[b"1?"], [b"2?"]])

    def test_output_while_a_process_is_being_ended_is_no_answer(self) -> None:
        """Whatever it still writes."""
        first = self.ask()
        first.cancel()
        self.failureResultOf(first, CancelledError)
        second = self.ask(b"2?")
        self.clock.started[0].says(b"1\n")
        self.assertNoResult(second)

    def test_a_line_without_an_end(self) -> None:
        """64 KiB are the most."""
        answer = self.ask()
        self.last.says(b"1" * 65537)
        self.last.exits(1)
        self.clock.advance(LONGEST_PAUSE_SECONDS)
        self.last.says(b"1" * 65537)
        self.last.exits(1)
        self.assertIn("65536 bytes", str(self.failureResultOf(answer, LoginUnavailable).value))

    def test_no_process_can_be_started(self) -> None:
        """The login fails at once."""
        self.clock.problem = OSError(11, "Resource temporarily unavailable")
        text = str(self.failureResultOf(self.ask(), LoginUnavailable).value)
        self.assertIn("no process can be started: Resource temporarily unavailable", text)

    def noResult(self, answer: Deferred[int]) -> bool:
        """Whether a login still waits."""
        return not answer.called


class TimeTests(PoolCase):
    """Logins that are given up, and pauses."""

    def test_a_login_that_is_given_up_ends_its_process(self) -> None:
        """SIGTERM, and SIGKILL where that does not help; the next login gets another process."""
        answer = self.ask()
        answer.cancel()
        self.failureResultOf(answer, CancelledError)
        self.assertEqual(self.last.signals, [15])
        self.clock.advance(TERMINATION_SECONDS)
        self.assertEqual(self.last.signals, [15, 9])
        self.ask(b"2?")
        self.assertEqual(len(self.clock.started), 2)

    def test_a_waiting_login_that_is_given_up_harms_no_process(self) -> None:
        """It was never asked."""
        self.ask(host="a")
        waiting = self.ask(host="a", name=b"other")
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.assertEqual(self.last.signals, [])

    def failing_at_once(self, times: int) -> list[int]:
        """How many processes have started just before and after each pause, which each ends at once."""
        counts = []
        pause = FIRST_PAUSE_SECONDS
        self.ask().addErrback(lambda failure: None)
        for _ in range(times):
            self.last.exits(1)
            self.ask().addErrback(lambda failure: None)
            self.clock.advance(pause * 0.9)
            counts.append(len(self.clock.started))
            self.clock.advance(pause * 0.11)
            counts.append(len(self.clock.started))
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        return counts

    def test_a_process_that_ends_at_once_is_started_again_later(self) -> None:
        """After a pause that doubles each time."""
        self.assertEqual(self.failing_at_once(3), [1, 2, 2, 3, 3, 4])

    def test_the_pause_is_bounded(self) -> None:
        """A program that has been corrected serves within seconds."""
        self.assertEqual(self.failing_at_once(10)[-4:], [9, 10, 10, 11])

    def test_an_answer_ends_the_pauses(self) -> None:
        """The next process that ends in mid-answer is replaced at once."""
        self.ask()
        self.last.exits(1)
        self.clock.advance(FIRST_PAUSE_SECONDS)
        self.last.says(b"1\n")
        self.ask(b"2?")
        self.last.exits(1)
        self.assertEqual((len(self.clock.started), self.last.written), (3, [b"2?"]))
