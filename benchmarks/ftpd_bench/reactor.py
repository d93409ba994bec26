"""The type of the reactor, as the measuring client needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from twisted.internet.interfaces import (
    IConnector,
    IDelayedCall,
    IProcessTransport,
    IReadDescriptor,
    IWriteDescriptor,
)
from twisted.internet.protocol import ClientFactory, ProcessProtocol
from twisted.internet.protocol import Protocol as Connection


class BenchReactor(Protocol):
    """Time, readiness, connections and processes: every reactor of Twisted on a POSIX system fits."""

    def seconds(self) -> float:
        """A time that never goes back."""

    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> IDelayedCall:
        """Call a function after so many seconds."""

    def addReader(self, reader: IReadDescriptor) -> None:
        """Call `doRead` while there is something to read."""

    def removeReader(self, reader: IReadDescriptor) -> None:
        """No longer."""

    def addWriter(self, writer: IWriteDescriptor) -> None:
        """Call `doWrite` while something can be written."""

    def removeWriter(self, writer: IWriteDescriptor) -> None:
        """No longer."""

    def connectTCP(
        self,
        host: str,
        port: int,
        factory: ClientFactory[Connection],
        timeout: float = 30.0,
        bindAddress: tuple[str, int] | None = None,
    ) -> IConnector:
        """Connect to an address."""

    def spawnProcess(
        self, processProtocol: ProcessProtocol, executable: str, args: list[str], env: dict[str, str] | None
    ) -> IProcessTransport:
        """Start a process of its own."""
