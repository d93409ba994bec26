"""When one-time codes count, and for whom again."""

from __future__ import annotations

from ftpd_service.errors import LoginsSaturated
from ftpd_service.policy import one_time_codes
from ftpd_service.policy.one_time_codes import MOST_OF_ACCOUNT, STEP_SECONDS, OneTimeCodes
from tests.cases import SynchronousTestCase

STEP = 1000
NOW = STEP * STEP_SECONDS + 10.0
"""Ten seconds into a step."""


class CodesTests(SynchronousTestCase):
    """Codes by the step that they belong to; codes count again for 300 seconds."""

    def setUp(self) -> None:
        self.codes = OneTimeCodes()
        self.seconds = 300.0

    def counts(self, step: int, now: float = NOW, *, host: str = "a", account: str = "alice") -> bool:
        """Whether the code of a step counts."""
        return self.refusal(step, now, host=host, account=account) is None

    def refusal(self, step: int, now: float = NOW, *, host: str = "a", account: str = "alice") -> str | None:
        """Why it does not."""
        return self.codes.refusal(account, lambda one: one == step, host=host, now=now, again_seconds=self.seconds)

    def test_steps_in_time(self) -> None:
        """The present one, and one beside it on each side."""
        counted = [self.counts(STEP + aside, account=str(aside)) for aside in (-2, -1, 0, 1, 2)]
        self.assertEqual(counted, [False, True, True, True, False])

    def test_edges_of_a_step(self) -> None:
        """A code counts from the beginning of the step before its own to the end of the step behind it."""
        begins, ends = (STEP - 1) * STEP_SECONDS, (STEP + 2) * STEP_SECONDS
        moments = (begins - 0.01, begins, ends - 0.01, ends)
        counted = [self.counts(STEP, now, account=str(now)) for now in moments]
        self.assertEqual(counted, [False, True, True, False])

    def test_wrong_code(self) -> None:
        """It belongs to no step, and all are compared."""
        asked: list[int] = []

        def never(step: int) -> bool:
            asked.append(step)
            return False

        reason = self.codes.refusal("alice", never, host="a", now=NOW, again_seconds=300)
        self.assertEqual((reason, asked), ("the one-time code is wrong", [STEP - 1, STEP, STEP + 1]))

    def test_again_from_the_same_host(self) -> None:
        """For the time that is set from its first use, also when it is long out of time."""
        self.counts(STEP)
        moments = (NOW, NOW + 299.99, NOW + 300)
        self.assertEqual([self.counts(STEP, now) for now in moments], [True, True, False])

    def test_a_use_again_does_not_lengthen_the_time(self) -> None:
        """Otherwise a code would be a password."""
        self.counts(STEP)
        self.counts(STEP, NOW + 200)
        self.assertFalse(self.counts(STEP, NOW + 301))

    def test_from_another_host(self) -> None:
        """Never, and the log says so; the first host goes on."""
        self.counts(STEP)
        self.assertEqual(self.refusal(STEP, host="b"), "the one-time code was used before, from another host")
        self.assertTrue(self.counts(STEP))

    def test_another_account_with_the_same_code(self) -> None:
        """Each account has its own."""
        self.counts(STEP)
        self.assertTrue(self.counts(STEP, host="b", account="bob"))

    def test_next_code_from_another_host(self) -> None:
        """It is a code of its own."""
        self.counts(STEP)
        self.assertTrue(self.counts(STEP + 1, host="b"))

    def test_no_time_for_another_use(self) -> None:
        """With 0 seconds a code counts once, from its own host too."""
        self.seconds = 0.0
        counted = [self.counts(STEP), self.counts(STEP), self.counts(STEP, NOW + 49), self.counts(STEP + 1)]
        self.assertEqual(counted, [True, False, False, True])

    def test_short_time_for_another_use(self) -> None:
        """A code that is still in time is not new again when that time is over."""
        self.seconds = 5.0
        self.counts(STEP)
        self.assertEqual([self.counts(STEP, NOW + 6, host=host) for host in ("a", "b")], [False, False])

    def test_used_ahead_of_its_time(self) -> None:
        """A code of the next step stays used until its own time is over."""
        self.seconds = 0.0
        now = (STEP - 1) * STEP_SECONDS
        self.counts(STEP, now)
        self.assertFalse(self.counts(STEP, now + 3 * STEP_SECONDS - 0.01))

    def test_two_steps_with_the_same_code(self) -> None:
        """A code that is used for one is new for the other."""

        def both(step: int) -> bool:
            return step in (STEP, STEP + 1)

        refusals = [
            self.codes.refusal("alice", both, host=host, now=NOW, again_seconds=300) is None for host in ("a", "b", "c")
        ]
        self.assertEqual(refusals, [True, True, False])

    def test_nothing_stays(self) -> None:
        """Uses are forgotten when they no longer matter."""
        for number in range(50):
            self.counts(STEP, account=str(number))
        self.counts(STEP + 100, NOW + 100 * STEP_SECONDS)
        self.assertEqual((len(self.codes._used), len(self.codes._steps)), (1, 1))

    def test_codes_of_an_account(self) -> None:
        """The oldest are forgotten, and those in time are not."""
        self.seconds = 1e6
        for number in range(MOST_OF_ACCOUNT + 5):
            self.counts(STEP + number, NOW + number * STEP_SECONDS)
        last = NOW + (MOST_OF_ACCOUNT + 4) * STEP_SECONDS
        self.assertEqual(len(self.codes._used), MOST_OF_ACCOUNT)
        self.assertFalse(self.counts(STEP + MOST_OF_ACCOUNT + 4, last, host="b"))

    def test_bound(self) -> None:
        """A code that could not be remembered is not accepted, while the oldest is in time."""
        self.patch(one_time_codes, "MOST_USED_CODES", 2)
        self.assertTrue(self.counts(STEP, account="x") and self.counts(STEP, account="y"))
        self.assertRaises(LoginsSaturated, self.counts, STEP + 2, NOW + 3 * STEP_SECONDS - 0.01, account="z")
        self.assertTrue(self.counts(STEP, account="x"))

    def test_beyond_the_bound(self) -> None:
        """Codes that are in time no more make room: they only count no longer from their hosts."""
        self.patch(one_time_codes, "MOST_USED_CODES", 2)
        self.counts(STEP, account="x")
        self.counts(STEP, account="y")
        later = NOW + 3 * STEP_SECONDS
        self.assertTrue(self.counts(STEP + 3, later, account="z"))
        counted = [self.counts(STEP, later, account=account) for account in ("x", "y")]
        self.assertEqual((counted, len(self.codes._used)), ([False, True], 2))
