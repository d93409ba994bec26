"""What data connections need of the reactor, as one type: sockets, readiness and time."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.interfaces import IConnector, IReadDescriptor, IWriteDescriptor
from twisted.internet.protocol import ClientFactory

from ftpd_service.data.connection.protocol import DataProtocol
from ftpd_service.runtime import stepping
from ftpd_service.runtime.turns import Clock as Clock

Work = stepping.Work[None]
"""A coroutine that runs beside its caller."""


class Readiness(Protocol):
    """The part of IReactorFDSet that a descriptor of ours needs."""

    def addReader(self, reader: IReadDescriptor) -> None:
        """Call `doRead` while there is something to read."""

    def removeReader(self, reader: IReadDescriptor) -> None:
        """No longer."""

    def addWriter(self, writer: IWriteDescriptor) -> None:
        """Call `doWrite` while something can be written."""

    def removeWriter(self, writer: IWriteDescriptor) -> None:
        """No longer."""


class Dials(Protocol):
    """The connecting half of IReactorTCP."""

    def connectTCP(
        self,
        host: str,
        port: int,
        factory: ClientFactory[DataProtocol],
        timeout: float = 30.0,
        bindAddress: tuple[str, int] | None = None,
    ) -> IConnector:
        """Connect to an address from a local address and port."""


class DataReactor(Clock, Readiness, Dials, Protocol):
    """All of it: every reactor of Twisted on a POSIX system fits."""
