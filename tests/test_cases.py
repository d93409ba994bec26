"""Each test of the suite has a limit on its time, and the limit works."""

from __future__ import annotations

import subprocess
import sys
import unittest
from collections.abc import Iterator

from twisted.internet.defer import Deferred
from twisted.trial.runner import TestLoader

import tests
from tests import cases

HOLDS_THE_LOCK = """
import ctypes
from tests import cases
cases.DEAD_SECONDS = 0.1
with cases.alarmed(60):
    ctypes.PyDLL(None).sleep(60)
"""
"""A call that holds the interpreter's lock, so that no Python code of any thread runs."""


class Endless(cases.SynchronousTestCase):
    """Not a test of this suite, as its method is not named like one."""

    def loops(self) -> None:
        """Never end."""
        while True:
            pass


class EndlessInReactor(cases.TestCase):
    """Tests that give a Deferred; none is named like a test of this suite."""

    def loops(self) -> None:
        """Never return to the reactor."""
        while True:
            pass

    def waits(self) -> Deferred[None]:
        """Wait for nothing."""
        return Deferred()


def tests_of(suite: object) -> Iterator[object]:
    """All single tests below a suite."""
    if isinstance(suite, unittest.TestSuite):
        for inner in suite:
            yield from tests_of(inner)
    else:
        yield suite


class EveryTestTests(cases.SynchronousTestCase):
    """The suite as trial loads it."""

    def test_each_test_has_a_limit(self) -> None:
        """Test cases come from tests/cases.py, never straight from trial or unittest."""
        limited = (cases.SynchronousTestCase, cases.TestCase)
        found = list(tests_of(TestLoader().loadPackage(tests, recurse=True)))
        self.assertEqual([test for test in found if not isinstance(test, limited)], [])
        self.assertIn(self.id(), [test.id() for test in found if isinstance(test, limited)])

    def test_tests_with_processes_get_more(self) -> None:
        """They wait for a host that may be busy."""
        self.assertGreater(cases.seconds_for("tests.interop.test_start"), cases.seconds_for("tests.wire.test_lines"))


class LimitTests(cases.SynchronousTestCase):
    """Tests that would never end."""

    def errors_of(self, test: unittest.TestCase) -> str:
        """What a test ends with that gets no more than a moment."""
        self.patch(cases, "seconds_for", lambda module: 0.05)
        result = unittest.TestResult()
        test.run(result)
        return "".join(text for _, text in result.errors)

    def test_a_synchronous_loop_ends(self) -> None:
        """By SIGALRM."""
        self.assertIn("TookTooLong", self.errors_of(Endless("loops")))

    def test_a_loop_in_the_reactor_ends(self) -> None:
        """By SIGALRM too, as trial's own timer waits for the reactor."""
        self.assertIn("TookTooLong", self.errors_of(EndlessInReactor("loops")))

    def test_a_deferred_that_never_fires_ends(self) -> None:
        """By trial's own timer."""
        self.assertIn("waits", self.errors_of(EndlessInReactor("waits")))

    def test_a_call_that_no_signal_ends(self) -> None:
        """The process ends, and its stacks are printed."""
        ended = subprocess.run([sys.executable, "-c", HOLDS_THE_LOCK], capture_output=True, text=True, check=False)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("most recent call first", ended.stderr)
