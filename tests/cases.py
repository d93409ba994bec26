"""The test cases of this suite: trial's own, with a limit on the time of each test.

Trial ends a test by its ``timeout`` only where the test gives a Deferred and the reactor turns.  A loop that never
returns to the reactor, and every synchronous test, would run for good.  So three bounds apply, each for those tests
that the bound before does not reach:

1. trial's own timeout, after `seconds_for` seconds in setUp, in the test, or in what follows;
2. SIGALRM, which raises `TookTooLong` in the main thread, after the same time in synchronous tests, else after twice;
3. faulthandler, which prints the stacks of all threads and ends the process, after `DEAD_SECONDS`.

``tests/test_cases.py`` demands that every test of the suite is such a case.
"""

from __future__ import annotations

import faulthandler
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from twisted.trial import unittest

USUAL_SECONDS = 120.0
"""What a test gets; the longest takes a few seconds on an idle host."""

SECONDS_OF: dict[str, float] = {"tests.interop": 300.0, "tests.bench": 300.0, "tests.integration": 300.0}
"""What the tests of a package get that start processes."""

DEAD_SECONDS = 900.0
"""After this time in one test not even SIGALRM helps: a call holds the interpreter's lock."""

AGAIN_SECONDS = 5.0
"""The alarm comes again after this time, as the code under test may have caught the first one."""


class TookTooLong(BaseException):
    """A test has used up its time.

    Not an Exception, so that broad catches of the code under test and Hypothesis let it through.
    """


def seconds_for(module: str) -> float:
    """The seconds that a test of this module gets."""
    return next((seconds for package, seconds in SECONDS_OF.items() if module.startswith(package)), USUAL_SECONDS)


@contextmanager
def alarmed(seconds: float) -> Iterator[None]:
    """Raise `TookTooLong` in this block after some seconds, and end the process after `DEAD_SECONDS`.

    This works in the main thread only, where trial runs all tests.
    """

    def ring(number: int, frame: FrameType | None) -> None:
        raise TookTooLong(f"still running after {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    # Not sys.stderr, which a test may have replaced by something without a descriptor.
    faulthandler.dump_traceback_later(DEAD_SECONDS, exit=True, file=sys.__stderr__ or 2)
    outer = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *outer)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, before)


class SynchronousTestCase(unittest.SynchronousTestCase):
    """Trial's case for tests that never wait for the reactor, limited by SIGALRM."""

    def run(self, result: Any) -> None:  # type: ignore[override]  # as Twisted's; Any: its reporters are untyped
        """Run the test within its time."""
        with alarmed(seconds_for(type(self).__module__)):
            super().run(result)


class TestCase(unittest.TestCase):
    """Trial's case for tests that give a Deferred, limited by trial's timeout and by SIGALRM."""

    def getTimeout(self) -> float:
        """What trial gives to setUp, to the test, and to what follows."""
        return seconds_for(type(self).__module__)

    def run(self, result: Any) -> None:  # type: ignore[override]  # as Twisted's; Any: its reporters are untyped
        """Run the test within its time."""
        with alarmed(2 * self.getTimeout()):
            super().run(result)
