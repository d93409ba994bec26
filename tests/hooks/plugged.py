"""An action of another package, as its author would write it, and things that are none."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpd_service.hook_events import HookEvent
from ftpd_service.hook_interfaces import ActionFailed, IAction

made: list[Publish] = []


@implementer(IAction)
class Publish:
    """Publishes events, in a way that its topic names."""

    def __init__(self, topic: str, *, password: str = "") -> None:
        if topic == "refused":
            raise ValueError(f"no topic for {password}")
        self.topic = topic
        self.password = password
        self.published: list[tuple[HookEvent, int]] = []
        self.cancelled = 0
        self.closed = False
        made.append(self)

    async def run(self, event: HookEvent, attempt: int) -> None:
        """Publish an event."""
        self.published.append((event, attempt))
        if self.topic == "hangs":
            await Deferred(self._cancel)
        if self.topic == "raises":
            raise KeyError(f"with {self.password}")
        if self.topic == "exits":
            raise SystemExit(1)
        if self.topic == "later":
            raise ActionFailed("the broker is busy", retry_after=7.0)

    def _cancel(self, waiting: Deferred[None]) -> None:
        self.cancelled += 1

    async def close(self) -> None:
        """Close."""
        self.closed = True
        if self.topic == "raises":
            raise KeyError


def make(topic: str) -> object:
    """Make an action, or something else."""
    return Publish(topic) if topic != "other" else object()


class NoAction:
    """A class that provides nothing."""


number = 7
