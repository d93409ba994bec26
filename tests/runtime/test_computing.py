"""Calls that compute: one thread at a time."""

from __future__ import annotations

from ftpd_service.runtime.computing import COMPUTING, alone
from tests.cases import SynchronousTestCase


def failing() -> None:
    """A call with a mistake."""
    raise ValueError


class ComputingTests(SynchronousTestCase):
    """`alone`."""

    def test_the_lock_is_held_during_the_call(self) -> None:
        """And no longer."""
        self.assertEqual((alone(COMPUTING.locked), COMPUTING.locked()), (True, False))

    def test_a_call_that_fails_gives_the_lock_back(self) -> None:
        """Nothing would compute any more."""
        self.assertRaises(ValueError, alone, failing)
        self.assertFalse(COMPUTING.locked())
