"""A reactor whose programs run in name only: tests write their output and end them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.interfaces import IProcessProtocol, IProcessTransport
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import Clock
from twisted.python.failure import Failure

NO_SUCH_PROCESS = 2**22 + 1
"""Above the highest number that Linux gives to a process, so that no signal ever arrives anywhere."""


class PretendedProcess:
    """A process in name only.

    :ivar written: the lines that it was given.
    :ivar signals: the signals that it was sent.
    """

    def __init__(self, protocol: ProcessProtocol, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.pid = NO_SUCH_PROCESS
        self.command = list(command)
        self.environment = dict(environment)
        self.written: list[bytes] = []
        self.signals: list[object] = []
        self.input_closed = False
        self._protocol = protocol

    def write(self, data: bytes) -> None:
        """Keep what is written, by line."""
        self.written += data.splitlines()

    def closeStdin(self) -> None:
        """Remember the end of the input."""
        self.input_closed = True

    def signalProcess(self, signalID: object) -> None:
        """Remember the signal."""
        self.signals.append(signalID)

    def loseConnection(self) -> None:
        """The pipes are closed in name only."""

    def says(self, output: bytes) -> None:
        """Write to its standard output."""
        self._protocol.outReceived(output)

    def complains(self, output: bytes) -> None:
        """Write to its standard error."""
        self._protocol.errReceived(output)

    def exits(self, status: int = 0) -> None:
        """End."""
        reason = Failure(ProcessTerminated(status) if status else ProcessDone(0))
        self._protocol.processExited(reason)
        self._protocol.processEnded(reason)


class ProgramClock(Clock):
    """A clock on which programs start.

    :ivar started: all processes, in their order.
    :ivar problem: an error of the next start, or None.
    """

    def __init__(self) -> None:
        super().__init__()
        self.started: list[PretendedProcess] = []
        self.problem: OSError | None = None

    def spawnProcess(
        self,
        processProtocol: IProcessProtocol,
        executable: bytes | str,
        args: Sequence[bytes | str],
        env: Mapping[str, str] | None = None,
    ) -> IProcessTransport:
        """Start a process in name only."""
        if self.problem is not None:
            raise self.problem
        assert isinstance(processProtocol, ProcessProtocol)
        process = PretendedProcess(processProtocol, [str(one) for one in args], env or {})
        self.started.append(process)
        transport = cast(IProcessTransport, process)  # it has what is used
        processProtocol.makeConnection(transport)
        return transport
