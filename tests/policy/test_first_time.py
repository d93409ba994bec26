"""What the log tells once."""

from __future__ import annotations

from ftpd_service.policy.first_time import FirstTime
from tests.cases import SynchronousTestCase


class FirstTimeTests(SynchronousTestCase):
    """Once for each key, in bounded memory."""

    def test_once(self) -> None:
        """The first time only; each key for itself."""
        first: FirstTime[str] = FirstTime()
        self.assertEqual([first(key) for key in ("a", "a", "b", "a")], [True, False, True, False])

    def test_at_the_bound(self) -> None:
        """All of them are remembered."""
        first: FirstTime[int] = FirstTime(3)
        self.assertEqual([first(key) for key in (1, 2, 3, 1, 2, 3)], [True] * 3 + [False] * 3)

    def test_above_the_bound(self) -> None:
        """The one that came longest ago is forgotten; whoever comes again is not."""
        first: FirstTime[int] = FirstTime(2)
        self.assertEqual([first(key) for key in (1, 2, 1, 3, 1, 2)], [True, True, False, True, False, True])
