"""The place of lines beside the log: a file or the journal that the configuration names, or none."""

from __future__ import annotations

from functools import partial

from zope.interface import implementer

from ftpd_service.interfaces import Blocking
from ftpd_service.log_part import attempted
from ftpd_service.observe.outputs import Output
from ftpd_service.observe.settings import JOURNALD, LoggingSettings
from ftpd_service.running_service import IHasLogFile, IServicePart


@implementer(IServicePart, IHasLogFile)
class LogPlace:
    """The root of the parts with such a place.

    :cvar key: the key below ``logging`` that names the place.
    """

    key: str

    def __init__(self) -> None:
        self._path: str | None = None
        self._output: Output | None = None
        self._prepared: tuple[LoggingSettings, Output | None] | None = None

    def named(self, settings: LoggingSettings) -> str | None:
        """Return the place that settings name."""
        raise NotImplementedError

    def opened(self, path: str, settings: LoggingSettings) -> Output:
        """Open a place; the call waits for a disk.

        :raises CannotServe: it cannot be opened.
        """
        raise NotImplementedError

    def use(self, output: Output | None, settings: LoggingSettings) -> None:
        """Write to another output from now on, or nowhere."""
        raise NotImplementedError

    async def prepare(self, settings: LoggingSettings, blocking: Blocking) -> None:
        """Open the place, if it is another place than now; see `IServicePart`."""
        path, output = self.named(settings), self._output
        if path != self._path:
            output = None if path is None else await blocking(partial(self.opened, path, settings))
        self._prepared = settings, output

    def commit(self) -> None:
        """Write to what was prepared; the former output gets the lines that wait for it."""
        if self._prepared is None:
            return
        (settings, output), self._prepared = self._prepared, None
        former, self._output, self._path = self._output, output, self.named(settings)
        if output is former:
            return
        self.use(output, settings)
        if output is not None:
            output.start()
        if former is not None:
            former.end()

    def undo(self) -> None:
        """Close what was prepared."""
        prepared, self._prepared = self._prepared, None
        if prepared is not None and prepared[1] is not None and prepared[1] is not self._output:
            prepared[1].end()

    async def attempt(self, settings: LoggingSettings, blocking: Blocking) -> None:
        """Try to open the place, without an effect; see `IServicePart`."""
        path = self.named(settings)
        if path is not None:
            await blocking(partial(attempted, path, key=self.key))

    async def stop(self) -> None:
        """Close the place when its lines are written; the end of the process waits for them."""
        output, self._output, self._path = self._output, None, None
        self.use(None, LoggingSettings())
        if output is not None:
            output.end()

    def reopen(self) -> int:
        """Open the file anew; return how many files that are."""
        if self._output is None or self._path == JOURNALD:
            return 0
        self._output.reopen()
        return 1
