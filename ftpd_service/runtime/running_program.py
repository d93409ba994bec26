"""A program that runs beside the server, in a session of its own, so that it ends with everything that it started.

It gets a small environment, the working directory ``/``, and no descriptor of the server but its three pipes.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import IDelayedCall, IProcessProtocol, IProcessTransport
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from ftpd_service.runtime.descendants import Descendants
from ftpd_service.runtime.turns import Clock

LONGEST_OUTPUT_LINE = 64 * 1024
"""The most bytes of a line of its output; a program that writes more is ended."""

LONGEST_TOLD_LINE = 1024
"""The most bytes of a line on its standard error; the rest is left out."""

TERMINATION_SECONDS = 1.0
"""The time from SIGTERM to SIGKILL."""

_LAUNCH = ("/bin/sh", "-c", 'cd / && exec setsid "$@"', "sh")
"""The shell is started instead of the program, so that a disk that hangs keeps the shell from it, and not the reactor.

``setsid`` makes the process group by which everything is ended.
"""


DRAIN_SECONDS = 0.5
"""The time after its exit in which its last output is read; a process that has left its group may hold the pipes."""


class ProgramReactor(Clock, Protocol):
    """The parts of the reactor that programs need, as a type."""

    def spawnProcess(
        self,
        processProtocol: IProcessProtocol,
        executable: bytes | str,
        args: Sequence[bytes | str],
        env: Mapping[str, str] | None = None,
    ) -> IProcessTransport:
        """Start a process, with pipes for its standard input, output and error."""


class RunningProgram(ProcessProtocol):
    """A running program, whose lines of output go to a function.

    :param command: the program and its arguments; a name without a slash is looked for in the PATH of `environment`.
    :param line: gets each line of its output, without the line end.
    :param told: gets each line of its standard error, without the line end.
    :param ended: gets the reason when the program has ended, once; its process group is gone by then.
    :raises OSError: no process can be started.
    """

    transport: IProcessTransport

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        reactor: ProgramReactor,
        *,
        line: Callable[[bytes], object],
        told: Callable[[bytes], object],
        ended: Callable[[str], object],
    ) -> None:
        self._reactor = reactor
        self._line = line
        self._told = told
        self._ended: Callable[[str], object] | None = ended
        self._output = bytearray()
        self._errors = bytearray()
        self._reason = ""
        self._pid = 0
        self._timer: IDelayedCall | None = None
        self._ending = False
        self._left_group: Descendants | None = None
        reactor.spawnProcess(self, _LAUNCH[0], [*_LAUNCH, *command], dict(environment))

    @property
    def has_more(self) -> bool:
        """True if the program has written more than the line that is being handed over."""
        return bool(self._output)

    def write(self, line: bytes) -> None:
        """Write a line to its standard input."""
        self.transport.write(line + b"\n")

    def close_input(self) -> None:
        """End its standard input behind all that was written."""
        self.transport.closeStdin()

    def end(self, reason: str) -> None:
        """End the program and everything that it started; a second call does nothing.

        :param reason: is told instead of the exit status.
        """
        if self._ending or not self._pid:
            return
        self._ending, self._reason = True, reason
        self._left_group = Descendants(self._pid)
        self._timer = self._reactor.callLater(TERMINATION_SECONDS, self._signal, signal.SIGKILL)
        self._signal(signal.SIGTERM)
        self.transport.closeStdin()

    def connectionMade(self) -> None:
        """Learn the process's number, which is that of its group."""
        self._pid = self.transport.pid or 0

    def outReceived(self, data: bytes) -> None:
        """Take output; a line that is too long ends the program."""
        self._output += data
        while not self._ending:
            line, end, rest = self._output.partition(b"\n")
            if len(line) > LONGEST_OUTPUT_LINE:
                self.end(f"it wrote a line of more than {LONGEST_OUTPUT_LINE} bytes")
            elif not end:
                return
            else:
                self._output = rest
                self._line(bytes(line))
        self._output.clear()

    def errReceived(self, data: bytes) -> None:
        """Take messages for the log, with long lines cut off."""
        *lines, self._errors = (self._errors + data).split(b"\n")
        del self._errors[LONGEST_TOLD_LINE:]
        for line in lines:
            self._told(bytes(line[:LONGEST_TOLD_LINE]))

    def processExited(self, reason: Failure) -> None:
        """Kill all processes that the program has left behind; its last output may still be in the pipes."""
        self._signal(signal.SIGKILL)
        if self._left_group is not None:
            self._left_group.close()
        self._pid = 0
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = self._reactor.callLater(DRAIN_SECONDS, self.transport.loseConnection)

    def processEnded(self, reason: Failure) -> None:
        """Tell the end."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        if self._errors:
            self._told(bytes(self._errors))
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(self._reason or _told_reason(reason))

    def _signal(self, number: signal.Signals) -> None:
        if self._left_group is not None:
            self._left_group.signal(number)
        if self._pid <= 0:
            return  # 0 would be the server's own group
        try:
            os.killpg(self._pid, number)
        except (ProcessLookupError, PermissionError):
            # The shell has not made the group yet, or the whole group is gone.
            with suppress(ProcessExitedAlready):
                self.transport.signalProcess(number.value)


def _told_reason(reason: Failure) -> str:
    problem = reason.value
    if isinstance(problem, ProcessTerminated) and problem.signal is not None:
        return f"it was killed by signal {problem.signal}"
    if isinstance(problem, (ProcessTerminated, ProcessDone)):
        return f"it exited with status {problem.exitCode}"
    return str(problem)
