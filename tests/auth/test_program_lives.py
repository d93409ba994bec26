"""The processes of a program: single logins, messages, and the end of the checker."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from ftpd_service.auth.programs.program_pool import ENDING_SECONDS, LINGERING_SECONDS, MESSAGES_BETWEEN_ANSWERS
from ftpd_service.errors import LoginUnavailable
from tests.auth.pools import PoolCase


class OneLoginEachTests(PoolCase):
    """`persistent: false`."""

    def setUp(self) -> None:
        super().setUp()
        self.pool = self.make(persistent=False)

    def test_a_process_gets_one_request_and_the_end_of_its_input(self) -> None:
        """The next login gets another process."""
        self.ask(b"1?")
        first = self.last
        self.assertEqual((first.written, first.input_closed), ([b"1?"], True))
        first.says(b"1\n")
        first.exits()
        self.ask(b"2?")
        self.assertEqual((len(self.clock.started), self.last.written), (2, [b"2?"]))
        self.assertEqual(self.logged(), [])

    def test_processes_that_go_on_hold_their_place(self) -> None:
        """No more than `processes` ever run."""
        for host in ("a", "b"):
            self.ask(host=host)
            self.last.says(b"1\n")
        self.ask(host="c")
        self.assertEqual(len(self.clock.started), 2)

    def test_a_process_that_does_not_exit_is_ended(self) -> None:
        """A while after its answer."""
        self.ask()
        self.last.says(b"1\n")
        self.clock.advance(LINGERING_SECONDS)
        self.assertEqual(self.last.signals, [15])

    def test_an_exit_without_an_answer_is_asked_once_more(self) -> None:
        """As in mid-answer."""
        answer = self.ask()
        self.last.exits()
        self.clock.advance(0.1)
        self.last.says(b"4\n")
        self.last.exits()
        self.assertEqual(self.successResultOf(answer), 4)


class MessageTests(PoolCase):
    """Standard error."""

    def test_lines_are_logged_and_cannot_forge_others(self) -> None:
        """Escaped, with the program's name."""
        self.ask()
        self.last.complains(b"no \x1b[31mroute\xff\n")
        self.assertEqual(self.logged(), ["checker x says: 'no \\x1b[31mroute\\\\xff'"])

    def test_long_lines_are_cut_off(self) -> None:
        """However they come."""
        self.ask()
        for _ in range(100):
            self.last.complains(b"x" * 1000)
        self.last.complains(b"\n")
        self.assertLess(len(self.logged()[0]), 1100)

    def test_many_lines_are_left_out(self) -> None:
        """Up to the next answer; one line says so."""
        self.ask()
        self.last.complains(b"x\n" * 1000)
        self.assertEqual(len(self.logged()), MESSAGES_BETWEEN_ANSWERS + 1)
        self.last.says(b"1\n")
        self.last.complains(b"y\n")
        self.assertEqual(len(self.logged()), MESSAGES_BETWEEN_ANSWERS + 2)


class EndTests(PoolCase):
    """The end of the checker."""

    def test_processes_are_ended_and_awaited(self) -> None:
        """Idle and busy ones; their logins fail, and so do later ones."""
        asked = self.ask(host="a")
        waiting = self.ask(host="a", name=b"other")
        ending = Deferred.fromCoroutine(self.pool.end())
        self.failureResultOf(asked, LoginUnavailable)
        self.failureResultOf(waiting, LoginUnavailable)
        self.assertNoResult(ending)
        self.assertEqual(self.last.signals, [15])
        self.last.exits()
        self.successResultOf(ending)
        self.failureResultOf(self.ask(), LoginUnavailable)
        self.assertEqual((len(self.clock.started), self.logged()), (1, []))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_process_that_cannot_be_killed_does_not_hold_up_the_end(self) -> None:
        """A disk may hold it."""
        self.ask().addErrback(lambda failure: None)
        ending = Deferred.fromCoroutine(self.pool.end())
        self.clock.advance(ENDING_SECONDS)
        self.successResultOf(ending)

    def test_without_processes_it_is_immediate(self) -> None:
        """No login has come."""
        self.successResultOf(Deferred.fromCoroutine(self.pool.end()))
        self.assertEqual(self.clock.getDelayedCalls(), [])
