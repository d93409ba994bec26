"""The checkers in force, and the parts of them that outlive a reload.

A reload makes new entries.  An entry that the configuration left as it was keeps the state of its breaker, and its
checker too if that is an `ILastingChecker`; a lasting checker whose entry has gone is ended.
"""

from __future__ import annotations

from collections.abc import Iterable

from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.logger import Logger

from ftpd_service.auth.credentials import ILastingChecker
from ftpd_service.auth.ordered import CheckerEntry
from ftpd_service.auth.settings import CheckerSettings

_log = Logger()


class CheckersInForce:
    """The entries of the configuration in force."""

    def __init__(self) -> None:
        self._entries: tuple[CheckerEntry, ...] = ()

    def former(self, settings: CheckerSettings, taken: Iterable[CheckerEntry]) -> CheckerEntry | None:
        """Return the entry in force with the same settings, unless it is among those whose breaker is taken already."""
        breakers = {id(entry.breaker) for entry in taken}
        same = (entry for entry in self._entries if entry.settings == settings)
        return next((entry for entry in same if id(entry.breaker) not in breakers), None)

    def use(self, entries: tuple[CheckerEntry, ...]) -> None:
        """Put entries into force, and end the lasting checkers that are gone."""
        before, self._entries = self._entries, entries
        self.discard(before)

    def discard(self, entries: Iterable[CheckerEntry]) -> list[Deferred[object]]:
        """End the lasting checkers of entries that are not in force."""
        kept = {id(entry.checker) for entry in self._entries}
        return [_ended(entry) for entry in entries if id(entry.checker) not in kept]

    async def end(self) -> None:
        """End all lasting checkers, and wait until they have ended."""
        before, self._entries = self._entries, ()
        await DeferredList(self.discard(before))


def _ended(entry: CheckerEntry) -> Deferred[object]:
    lasting = ILastingChecker(entry.checker, None)
    # The answer may be a coroutine, and the code may be another package's.
    ended = maybeDeferred((lambda: None) if lasting is None else lasting.end)
    return ended.addErrback(
        lambda failure: _log.failure("{checker} could not be ended", failure=failure, checker=entry.label)
    )
