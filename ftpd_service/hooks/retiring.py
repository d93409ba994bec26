"""Actions and stages across reloads: one that is not in force any more is closed behind its last use."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ftpd_service.runtime.stepping import deferred

_log = Logger(namespace="ftpd.hooks")


class Retiring:
    """Something that is closed once, when it is retired and nobody uses it.

    :param label: the words of the log for it, without secrets.
    :param close: closes it; the code may be another package's, so a failure is logged.
    """

    def __init__(self, label: str, close: Callable[[], Coroutine[Any, Any, None]]) -> None:  # Any: as Twisted's
        self._label = label
        self._close = close
        self._uses = 0
        self._retired = False
        self._closed: Deferred[None] | None = None

    @contextmanager
    def used(self) -> Iterator[None]:
        """Use it."""
        self._uses += 1
        try:
            yield
        finally:
            self._uses -= 1
            if self._retired:
                self.retire()

    def retire(self) -> None:
        """Close it as soon as nobody uses it."""
        self._retired = True
        if not self._uses:
            self._end()

    async def close(self) -> None:
        """Close it at once, and wait until it is closed."""
        waiter: Deferred[None] = Deferred()
        self._end().addCallback(waiter.callback)
        await waiter

    def _end(self) -> Deferred[None]:
        if self._closed is None:
            self._closed = deferred(self._close())
            self._closed.addErrback(
                lambda failure: _log.failure("{label} could not be closed", failure=failure, label=self._label)
            )
        return self._closed


def retire_others(former: Iterable[Retiring], *, kept: Iterable[Retiring]) -> None:
    """Retire those that are not among the others."""
    staying = {id(one) for one in kept}
    for one in former:
        if id(one) not in staying:
            one.retire()
