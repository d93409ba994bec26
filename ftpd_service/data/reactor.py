"""What data connections need of the reactor, as one type: readiness and time."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.interfaces import IReadDescriptor, IWriteDescriptor

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


class DataReactor(Clock, Readiness, Protocol):
    """All of it: every reactor of Twisted on a POSIX system fits."""
