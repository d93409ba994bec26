"""Logins that wait for a program: whose turn it is, and the bounds of each share."""

from __future__ import annotations

from ftpd_service.errors import LoginsSaturated
from ftpd_service.policy.login_queue import UNANSWERED_OF_HOST, UNANSWERED_OF_NAME, WAITING_LOGINS, LoginQueue
from tests.cases import SynchronousTestCase


class QueueCase(SynchronousTestCase):
    """A queue of which each host may have two questions asked at once."""

    def setUp(self) -> None:
        self.queue: LoginQueue[str] = LoginQueue(asked_of_host=2)

    def add(self, host: str, *questions: str) -> None:
        """Let questions of a host wait, each with a name of its own."""
        for question in questions:
            self.queue.add(question, host, question.encode())

    def order(self) -> list[str]:
        """All questions in the order in which they are asked, each answered at once."""
        found: list[str] = []
        while (question := self.queue.next()) is not None:
            self.queue.over(question)
            found.append(question)
        return found


class OrderTests(QueueCase):
    """Whose question is next."""

    def test_nothing_waits(self) -> None:
        """At first."""
        self.assertIsNone(self.queue.next())

    def test_questions_of_a_host_keep_their_order(self) -> None:
        """The first is asked first."""
        self.add("a", "a1", "a2", "a3")
        self.assertEqual(self.order(), ["a1", "a2", "a3"])

    def test_hosts_take_turns(self) -> None:
        """However many questions the first host has."""
        self.add("a", "a1", "a2", "a3")
        self.add("b", "b1")
        self.add("c", "c1", "c2")
        self.assertEqual(self.order(), ["a1", "b1", "c1", "a2", "c2", "a3"])

    def test_a_question_again_goes_before_others_of_its_host(self) -> None:
        """It has waited already."""
        self.add("a", "a1", "a2")
        first = self.queue.next()
        assert first is not None
        self.queue.again(first)
        self.assertEqual(self.order(), ["a1", "a2"])

    def test_a_question_that_is_over_is_not_asked(self) -> None:
        """Its client's time has ended."""
        self.add("a", "a1", "a2")
        self.queue.over("a1")
        self.queue.over("a1")
        self.assertEqual((len(self.queue), self.order()), (1, ["a2"]))


class ShareTests(QueueCase):
    """The bounds."""

    def test_a_host_has_some_questions_asked_at_once(self) -> None:
        """As many as it may, and then another host's."""
        self.add("a", "a1", "a2", "a3")
        self.add("b", "b1")
        asked = [self.queue.next() for _ in range(4)]
        self.assertEqual(asked, ["a1", "b1", "a2", None])

    def test_an_answer_makes_room_for_the_next(self) -> None:
        """Of the same host."""
        self.add("a", "a1", "a2", "a3")
        self.queue.next()
        self.queue.next()
        self.queue.over("a1")
        self.assertEqual(self.queue.next(), "a3")

    def test_names_of_a_host(self) -> None:
        """At the bound and above, whether they wait or are asked; another name has room."""
        for number in range(UNANSWERED_OF_NAME):
            self.queue.add(f"q{number}", "a", b"alice")
        self.queue.next()
        self.assertRaises(LoginsSaturated, self.queue.add, "more", "a", b"alice")
        self.queue.add("other", "a", b"bob")

    def test_a_host(self) -> None:
        """At the bound and above; another host has room."""
        self.add("a", *(f"a{number}" for number in range(UNANSWERED_OF_HOST)))
        self.assertRaises(LoginsSaturated, self.add, "a", "more")
        self.add("b", "b1")

    def test_all_hosts(self) -> None:
        """At the bound and above; what is asked does not wait."""
        for number in range(WAITING_LOGINS):
            self.add(f"h{number}", f"q{number}")
        self.assertRaises(LoginsSaturated, self.add, "more", "more")
        self.queue.next()
        self.add("more", "more")

    def test_a_refused_question_leaves_nothing(self) -> None:
        """Its place is free as soon as another's is."""
        self.add("a", *(f"a{number}" for number in range(UNANSWERED_OF_HOST)))
        self.assertRaises(LoginsSaturated, self.add, "a", "more")
        self.queue.over("a0")
        self.add("a", "more")

    def test_what_is_over_leaves_nothing(self) -> None:
        """No count of a host or a name stays behind."""
        for _ in range(3 * UNANSWERED_OF_HOST):
            self.add("a", "a1")
            self.order()
        self.assertEqual((len(self.queue), self.queue.questions()), (0, []))
