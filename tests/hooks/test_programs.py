"""Programs as actions, with real programs."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.task import Clock

from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger
from ftpd_service.hook_interfaces import ActionFailed
from ftpd_service.hooks.action_parts import HookParts
from ftpd_service.hooks.programs import ProgramRuns, ProgramStarts, find_program
from ftpd_service.hooks.settings import ProgramAction
from ftpd_service.runtime.bounded_runs import BoundedRuns
from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.testing.fakes import at_once
from ftpd_service.values import VirtualPath
from tests.cases import SynchronousTestCase, TestCase

EVENT = HookEvent(
    id="e1",
    trigger=HookTrigger.UPLOADED,
    time=1.0,
    origin=HookOrigin(node="n", account="alice"),
    path=VirtualPath('/in/$(touch x)\r\n"'),
)


class StartTests(SynchronousTestCase):
    """The turns in which programs start."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.starts = ProgramStarts(self.clock)
        self.began: list[str] = []

    def ask(self, name: str, behind: str = "") -> None:
        """Ask for a turn, and in it for another one."""

        async def begin() -> None:
            await self.starts.turn()
            self.began.append(name)
            if behind:
                self.ask(behind)

        Deferred.fromCoroutine(begin())

    def test_one_starts_in_a_turn(self) -> None:
        """In the order in which they were asked for."""
        for name in "abc":
            self.ask(name)
        seen = ["".join(self.began)]
        while self.clock.calls:
            # A Clock would make the calls of all turns in one advance.
            self.clock.calls.pop(0).func()
            seen.append("".join(self.began))
        self.assertEqual(seen, ["", "a", "ab", "abc"])

    def test_a_start_that_asks_for_another(self) -> None:
        """As one that fails at once lets the next program begin."""
        self.ask("a", behind="b")
        self.clock.advance(0)
        self.assertEqual((self.began, self.clock.getDelayedCalls()), (["a", "b"], []))


class ProgramTests(TestCase):
    """One run of a program."""

    def program(self, code: str, seconds: float = 20.0) -> ProgramRuns:
        """A program in Python."""
        assert isinstance(reactor, PosixReactorBase)
        parts = HookParts(reactor=reactor, blocking=at_once, runs=BoundedRuns(2), now=time.time)
        command = (sys.executable, "-S", "-c", code)
        return ProgramRuns(ProgramAction(command=command, timeout_seconds=seconds), parts)

    def setUp(self) -> None:
        """A path that a program may write."""
        self.path = Path(self.mktemp()).absolute()

    def written(self) -> list[str]:
        """The lines that a program wrote."""
        return self.path.read_text().split("\n", 1)

    async def failure(self, code: str, seconds: float = 20.0) -> str:
        """The reason why a run fails."""
        with self.assertRaises(ActionFailed) as caught:
            await self.program(code, seconds).run(EVENT, 1)
        return str(caught.exception)

    async def test_it_reads_the_event_on_its_standard_input(self) -> None:
        """With a small environment, and no text of a client in it."""
        code = f"import os, sys; open({str(self.path)!r}, 'w').write(sys.stdin.read() + repr(sorted(os.environ)))"
        await self.program(code).run(EVENT, 3)
        line, names = self.written()
        told = json.loads(line)
        self.assertEqual((told["event"], told["path"], told["try"]), ("uploaded", EVENT.path, 3))
        self.assertIn("FTPD_EVENT_ID", names)
        self.assertNotIn("HOME", names)

    async def test_another_exit_status_is_a_failure(self) -> None:
        """The last line of its standard error is told."""
        told = await self.failure("import sys; sys.exit('no\\nroom')")
        self.assertEqual(told, "it exited with status 1: room")

    async def test_a_signal_is_a_failure(self) -> None:
        """By its number."""
        self.assertEqual(await self.failure("import os; os.kill(os.getpid(), 9)"), "it was killed by signal 9")

    async def test_a_program_that_takes_too_long_is_ended(self) -> None:
        """With everything that it has started, and without waiting for it."""
        told = await self.failure("import time; time.sleep(60)", 0.05)
        self.assertEqual(told, "it took more than 0.05 s")

    async def test_a_program_that_reads_nothing_and_writes_much(self) -> None:
        """Its output is dropped."""
        await self.program("import sys; sys.stdin.close(); sys.stdout.write('x\\n' * 200_000)").run(EVENT, 1)

    def test_a_missing_program_is_found_by_the_check(self) -> None:
        """Also one that is no program."""
        for name in ("/no/such/program", os.path.abspath(__file__)):
            self.assertRaises(PluginProblem, find_program, ProgramAction(command=(name,)))
