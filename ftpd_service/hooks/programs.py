"""Programs as actions: each event starts one, which reads the event as JSON on its standard input.

No shell sees any text of a client.  The program runs in a session of its own, so that it ends with everything that it
started, and its output is read and dropped.
"""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Callable

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.hook_events import HookEvent
from ftpd_service.hook_interfaces import ActionFailed, IAction
from ftpd_service.hooks.action_parts import FoundAction, HookParts
from ftpd_service.hooks.event_json import event_json
from ftpd_service.hooks.settings import ProgramAction
from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.runtime.running_program import RunningProgram

_log = Logger(namespace="ftpd.hooks")

LONGEST_TOLD_ERROR = 200
"""The most characters of its standard error that the log and ``events show`` tell."""

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
_TURN = "program"
_DONE = "it exited with status 0"


def find_program(settings: ProgramAction) -> FoundAction:
    """Find a program.

    :raises PluginProblem: there is no such program, or the service may not start it.
    """
    name = settings.command[0]
    if shutil.which(name) is None:
        found = "is no program that may be started" if os.path.exists(name) else "there is no such program"
        raise PluginProblem(f"program: {name}: {found}")
    return FoundAction(name=f"program:{name}", settings=settings, make=lambda parts: ProgramRuns(settings, parts))


@implementer(IAction)
class ProgramRuns:
    """The runs of a program, some at once."""

    def __init__(self, settings: ProgramAction, parts: HookParts) -> None:
        self._settings = settings
        self._parts = parts
        self._starts = ProgramStarts(parts.reactor)

    async def run(self, event: HookEvent, attempt: int) -> None:
        """Run the program; an exit status other than 0, a signal and the end of its time are failures.

        :raises ActionFailed: it is tried again.
        """
        await self._parts.runs.run(_TURN, lambda: self._run(event_json(event, attempt), event))

    async def close(self) -> None:
        """Do nothing, as runs end with their callers."""

    async def _run(self, text: bytes, event: HookEvent) -> None:
        # One start in a turn of the reactor: many at once would hold it up.
        await self._starts.turn()
        ended: Deferred[str] = Deferred()
        errors: deque[bytes] = deque(maxlen=1)
        late = False
        try:
            program = self._started(event, ended.callback, errors.append)
        except OSError as problem:
            raise ActionFailed(f"the program cannot be started: {problem.strerror}") from problem

        def end() -> None:
            nonlocal late
            late = True
            program.end(f"it took more than {self._settings.timeout_seconds:g} s")

        timer = self._parts.reactor.callLater(self._settings.timeout_seconds, end)
        program.write(text)
        program.close_input()
        try:
            reason = await ended
        except CancelledError:
            program.end("the service needs it no more")
            raise
        finally:
            if timer.active():
                timer.cancel()
        if late or reason != _DONE:
            told = errors[-1].decode("utf-8", "backslashreplace")[:LONGEST_TOLD_ERROR] if errors else ""
            raise ActionFailed(f"{reason}: {told}" if told else reason)

    def _started(
        self, event: HookEvent, ended: Callable[[str], object], told: Callable[[bytes], object]
    ) -> RunningProgram:
        return RunningProgram(
            self._settings.command,
            {
                **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
                "FTPD_EVENT": event.trigger.value,
                "FTPD_EVENT_ID": event.id,
            },
            self._parts.reactor,
            line=lambda line: None,
            told=told,
            ended=ended,
        )


class ProgramStarts:
    """Lets one program start in each turn of the reactor."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._waiting: deque[Deferred[None]] = deque()

    async def turn(self) -> None:
        """Wait for a turn."""
        turn: Deferred[None] = Deferred()
        self._waiting.append(turn)
        if len(self._waiting) == 1:
            self._clock.callLater(0, self._next)
        await turn

    def _next(self) -> None:
        # The turn stays in the queue meanwhile, so that one that is asked for now sets no timer of its own.
        self._waiting[0].callback(None)
        self._waiting.popleft()
        if self._waiting:
            self._clock.callLater(0, self._next)
