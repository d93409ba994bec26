"""Which refusals the log tells."""

from __future__ import annotations

from ftpd_service.policy.refusals import AT_ONCE, Refusals
from tests.cases import SynchronousTestCase


class RefusalsTests(SynchronousTestCase):
    """One session."""

    def setUp(self) -> None:
        """A session whose clock stands at 50 seconds."""
        self.refusals = Refusals(50.0)

    def told(self, times: int, now: float) -> list[int | None]:
        """Count several refusals at the same time."""
        return [self.refusals.told(now) for _ in range(times)]

    def test_the_first_ones(self) -> None:
        """All are told, up to the number itself."""
        self.assertEqual(self.told(AT_ONCE, 50.0), [0] * AT_ONCE)

    def test_one_more(self) -> None:
        """It is left out and counted."""
        self.told(AT_ONCE, 50.0)
        self.assertEqual((self.told(1, 50.0), self.refusals.untold), ([None], 1))

    def test_just_before_a_second_has_passed(self) -> None:
        """Likewise."""
        self.told(AT_ONCE, 50.0)
        self.assertEqual(self.told(1, 50.96875), [None])

    def test_a_second_later(self) -> None:
        """One is told, with the number of those before it."""
        self.told(AT_ONCE + 7, 50.0)
        self.assertEqual((self.told(2, 51.0), self.refusals.untold), ([7, None], 1))

    def test_a_long_pause(self) -> None:
        """There are as many as in the beginning, and no more."""
        self.told(AT_ONCE + 1, 50.0)
        self.assertEqual(self.told(AT_ONCE + 1, 10_000.0), [1] + [0] * (AT_ONCE - 1) + [None])
