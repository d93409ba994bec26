"""Actions `http` with a web service on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.hook_events import HookEvent
from ftpd_service.hook_interfaces import ActionFailed, IAction
from ftpd_service.hooks.action_parts import HookParts, find_action
from ftpd_service.hooks.settings import HttpAction
from tests.integration.hooking import EVENT, action_parts
from tests.integration.web import WebCase


class WebhookCase(WebCase):
    """Webhooks of the service."""

    def webhook(self, url: str, parts: HookParts | None = None, **more: Any) -> IAction:  # Any: of the settings
        """The action of a URL."""
        action = find_action(HttpAction(url=url, **more)).make(parts or action_parts())
        self.addCleanup(self.closed, action)
        return action

    def closed(self, action: IAction) -> Deferred[None]:
        """The end of an action."""
        return Deferred.fromCoroutine(action.close())

    def plain(self, parts: HookParts | None = None, **more: Any) -> IAction:  # Any: as above
        """The action of the service without TLS."""
        return self.webhook(f"http://127.0.0.1:{self.listen()}/in?from=ftp", parts, **more)

    def started(self, action: IAction, event: HookEvent = EVENT) -> Deferred[Any]:  # Any: for assertFailure
        """A try that runs."""
        return Deferred.fromCoroutine(action.run(event, 1))

    async def failed(self, action: IAction) -> ActionFailed:
        """The failure of a try."""
        failure = await self.assertFailure(self.started(action), ActionFailed)
        assert isinstance(failure, ActionFailed)
        return failure

    def written(self, text: str) -> str:
        """The path of a new file."""
        path = str(self.mktemp())
        self.write(path, text)
        return path

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        Path(path).write_text(text)

    async def turn(self) -> None:
        """Let the reactor turn once."""
        turned: Deferred[None] = Deferred()
        cast(PosixReactorBase, reactor).callLater(0, turned.callback, None)
        await turned

    async def until_asked(self, count: int) -> None:
        """Wait for requests."""
        while len(self.logins.asked) < count:
            await self.turn()
