"""The transfer log as a part of the service: its file follows the configuration."""

from __future__ import annotations

from functools import partial

from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.events import Event
from ftpd_service.interfaces import IObserver
from ftpd_service.log_part import opened
from ftpd_service.log_place import LogPlace
from ftpd_service.observe.log_writer import QueueBounds
from ftpd_service.observe.outputs import Output
from ftpd_service.observe.settings import LoggingSettings
from ftpd_service.observe.xferlog import TransferLog

_log = Logger(namespace="ftpd")


@implementer(IObserver)
class TransferLogPart(LogPlace):
    """The transfer log of the service.

    :param owner: the user and the group of a new file, or None for those of the process.
    """

    key = "transfers"

    def __init__(self, owner: tuple[int, int] | None = None) -> None:
        super().__init__()
        self._lines = TransferLog()
        self._owner = owner

    def observe(self, event: Event) -> None:
        """Write the line of an event."""
        self._lines.observe(event)

    def wants(self, kind: type[Event]) -> bool:
        """Return whether events of this class have lines."""
        return self._lines.wants(kind)

    def named(self, settings: LoggingSettings) -> str | None:
        """Return ``logging.transfers``."""
        return settings.transfers

    def opened(self, path: str, settings: LoggingSettings) -> Output:
        """Open the file; the call waits for a disk.

        :raises CannotServe: it cannot be opened.
        """
        destination = opened(path, key=self.key, owner=self._owner)
        return Output(destination, dropped=partial(_tell_dropped, path), bounds=QueueBounds(lines=settings.queue))

    def use(self, output: Output | None, settings: LoggingSettings) -> None:
        """Write lines to another output from now on, or have none."""
        self._lines.put = None if output is None else output.put


def _tell_dropped(path: str, number: int) -> bytes:
    """Say in the log how many lines are missing; the file itself has no form for that."""
    _log.error(
        "{number} lines are missing in {path}: its disk hung or was full (logging.transfers)", number=number, path=path
    )
    return b""
