"""An action while several events use it: a reload closes it only behind the last of them."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ftpd_service.hook_events import HookEvent
from ftpd_service.hook_interfaces import IAction
from ftpd_service.hooks.settings import ActionSettings
from ftpd_service.runtime.stepping import deferred

_log = Logger(namespace="ftpd")


class SharedAction:
    """An action of the configuration in force, or of an earlier one.

    :ivar name: its name in the log, without secrets.
    :ivar settings: the settings from which it was made.
    """

    def __init__(self, name: str, settings: ActionSettings, action: IAction) -> None:
        self.name = name
        self.settings = settings
        self._action = action
        self._running = 0
        self._retired = False
        self._closed: Deferred[None] | None = None

    async def run(self, event: HookEvent, attempt: int) -> None:
        """Carry the action out; see `IAction.run`."""
        self._running += 1
        try:
            await self._action.run(event, attempt)
        finally:
            self._running -= 1
            if self._retired:
                self.retire()

    def retire(self) -> None:
        """Close the action as soon as no event uses it."""
        self._retired = True
        if not self._running and self._closed is None:
            self._closed = self._end()

    async def close(self) -> None:
        """Close the action at once, and wait until it is closed."""
        self._retired = True
        if self._closed is None:
            self._closed = self._end()
        waiter: Deferred[None] = Deferred()
        self._closed.addCallback(waiter.callback)
        await waiter

    def _end(self) -> Deferred[None]:
        # The code may be another package's.
        return deferred(self._action.close()).addErrback(
            lambda failure: _log.failure("the action {action} could not be closed", failure=failure, action=self.name)
        )
