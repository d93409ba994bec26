"""An action while several events use it: a reload closes it only behind the last of them."""

from __future__ import annotations

from ftpd_service.hook_events import HookEvent
from ftpd_service.hook_interfaces import IAction
from ftpd_service.hooks.retiring import Retiring
from ftpd_service.hooks.settings import ActionSettings


class SharedAction(Retiring):
    """An action of the configuration in force, or of an earlier one.

    :ivar name: its name in the log, without secrets.
    :ivar settings: the settings from which it was made.
    """

    def __init__(self, name: str, settings: ActionSettings, action: IAction) -> None:
        super().__init__(f"the action {name}", action.close)
        self.name = name
        self.settings = settings
        self._action = action

    async def run(self, event: HookEvent, attempt: int) -> None:
        """Carry the action out; see `IAction.run`."""
        with self.used():
            await self._action.run(event, attempt)
