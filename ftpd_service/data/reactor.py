"""The parts of the reactor that data connections need, as a type: readiness and time."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.interfaces import IReadDescriptor, IWriteDescriptor

from ftpd_service.runtime import stepping
from ftpd_service.runtime.turns import Clock as Clock

Work = stepping.Work[None]
"""A coroutine that runs beside its caller."""


class Readiness(Protocol):
    """The part of IReactorFDSet that our descriptors need."""

    def addReader(self, reader: IReadDescriptor) -> None:
        """Call `doRead` while something can be read."""

    def removeReader(self, reader: IReadDescriptor) -> None:
        """Stop calling `doRead`."""

    def addWriter(self, writer: IWriteDescriptor) -> None:
        """Call `doWrite` while something can be written."""

    def removeWriter(self, writer: IWriteDescriptor) -> None:
        """Stop calling `doWrite`."""


class DataReactor(Clock, Readiness, Protocol):
    """Readiness and time; every reactor of Twisted on a POSIX system fits."""
