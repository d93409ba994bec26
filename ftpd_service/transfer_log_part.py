"""The transfer log as a part of the service: its file follows the configuration."""

from __future__ import annotations

from functools import partial

from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.events import Event
from ftpd_service.interfaces import Blocking, IObserver
from ftpd_service.log_part import attempted, opened
from ftpd_service.observe.log_writer import QueueBounds
from ftpd_service.observe.outputs import Output
from ftpd_service.observe.settings import LoggingSettings
from ftpd_service.observe.xferlog import TransferLog
from ftpd_service.running_service import IHasLogFile, IServicePart

_log = Logger(namespace="ftpd")


@implementer(IServicePart, IHasLogFile, IObserver)
class TransferLogPart:
    """The transfer log of the service.

    :param owner: the user and the group of a new file, or None for those of the process.
    """

    def __init__(self, owner: tuple[int, int] | None = None) -> None:
        self._lines = TransferLog()
        self._owner = owner
        self._path: str | None = None
        self._output: Output | None = None
        self._prepared: tuple[str | None, Output | None] | None = None

    def observe(self, event: Event) -> None:
        """Write the line of an event."""
        self._lines.observe(event)

    def wants(self, kind: type[Event]) -> bool:
        """Return whether events of this class have lines."""
        return self._lines.wants(kind)

    async def prepare(self, settings: LoggingSettings, blocking: Blocking) -> None:
        """Open the file, if it is another file than now; see `IServicePart`."""
        path, output = settings.transfers, self._output
        if path != self._path:
            output = None if path is None else await blocking(partial(self._opened, path, settings.queue))
        self._prepared = path, output

    def commit(self) -> None:
        """Write to the file that was prepared; the former file gets the lines that wait for it."""
        if self._prepared is None:
            return
        former = self._output
        (self._path, self._output), self._prepared = self._prepared, None
        if self._output is former:
            return
        self._lines.put = None if self._output is None else self._output.put
        if self._output is not None:
            self._output.start()
        if former is not None:
            former.end()

    def undo(self) -> None:
        """Close what was prepared."""
        prepared, self._prepared = self._prepared, None
        if prepared is not None and prepared[1] is not None and prepared[1] is not self._output:
            prepared[1].end()

    async def attempt(self, settings: LoggingSettings, blocking: Blocking) -> None:
        """Try to open the file, without an effect; see `IServicePart`."""
        if settings.transfers is not None:
            await blocking(partial(attempted, settings.transfers, key="transfers"))

    async def stop(self) -> None:
        """Close the file when its lines are written; the end of the process waits for them."""
        output, self._output, self._path = self._output, None, None
        self._lines.put = None
        if output is not None:
            output.end()

    def reopen(self) -> int:
        """Open the file anew; return how many files that are."""
        if self._output is None:
            return 0
        self._output.reopen()
        return 1

    def _opened(self, path: str, queue: int) -> Output:
        destination = opened(path, key="transfers", owner=self._owner)
        return Output(destination, dropped=partial(_tell_dropped, path), bounds=QueueBounds(lines=queue))


def _tell_dropped(path: str, number: int) -> bytes:
    """Say in the log how many lines are missing; the file itself has no form for that."""
    _log.error(
        "{number} lines are missing in {path}: its disk hung or was full (logging.transfers)", number=number, path=path
    )
    return b""
