"""An outbox in memory, which notes the order of what it is told and of what happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpd_service.errors import FtpdError
from ftpd_service.hook_events import HookEvent, HookTrigger
from ftpd_service.hook_interfaces import IIntent, IntentProof, IOutbox
from ftpd_service.storage.change_recorder import CHANGES, Recording

NOW = 1_800_000_000.0


@implementer(IOutbox)
class FakeOutbox:
    """Keeps events in memory.

    :ivar wanted: the kinds of events with a rule.
    :ivar steps: what it was told, in words: the step, the kind of the event and the path.
    :ivar events: the events that have happened.
    :ivar proofs: the proofs of all intents.
    :ivar refusal: is raised instead of keeping anything.
    :ivar waiting: a Deferred for which every intent waits first; or None.
    :ivar meanwhile: is called when an intent is kept.
    """

    def __init__(self, *wanted: HookTrigger) -> None:
        self.wanted = frozenset(wanted)
        self.steps: list[str] = []
        self.events: list[HookEvent] = []
        self.proofs: list[IntentProof | None] = []
        self.refusal: FtpdError | None = None
        self.waiting: Deferred[None] | None = None
        self.meanwhile: Callable[[], object] = lambda: None
        self.asked = 0

    def wants(self, *triggers: HookTrigger) -> bool:
        """Return what the test says."""
        self.asked += 1
        return not self.wanted.isdisjoint(triggers)

    async def intend(self, event: HookEvent, proof: IntentProof | None) -> IIntent | None:
        """Keep an intent."""
        self._demand()
        if self.waiting is not None:
            await self.waiting
        if event.trigger not in self.wanted:
            return None
        self.note("intend", event)
        self.proofs.append(proof)
        self.meanwhile()
        return FakeIntent(self, event)

    async def flush(self) -> None:
        """Note it."""
        self._demand()
        self.steps.append("flush")

    def happened(self, event: HookEvent) -> None:
        """Keep an event."""
        if event.trigger in self.wanted:
            self.note("told", event)
            self.events.append(event)

    def note(self, step: str, event: HookEvent) -> None:
        """Note a step."""
        self.steps.append(f"{step} {event.trigger.value} {event.path}")

    def _demand(self) -> None:
        if self.refusal is not None:
            raise self.refusal


@implementer(IIntent)
class FakeIntent:
    """An intent, which is ended once."""

    def __init__(self, outbox: FakeOutbox, event: HookEvent) -> None:
        self._outbox = outbox
        self._event = event
        self._ended = False

    def happened(self, event: HookEvent) -> None:
        """The change has happened."""
        self._end("happened")
        assert event.id == self._event.id
        self._outbox.events.append(event)

    def failed(self) -> None:
        """It has not."""
        self._end("failed")

    def _end(self, step: str) -> None:
        assert not self._ended, "an intent ends once"
        self._ended = True
        self._outbox.note(step, self._event)


def recording(*wanted: HookTrigger) -> tuple[Recording, FakeOutbox]:
    """A recording with rules about these events, or about all changes."""
    outbox = FakeOutbox(*(wanted or CHANGES))
    numbers = iter(range(1, 1_000_000))
    return Recording(outbox=outbox, now=lambda: NOW, new_id=lambda: f"id-{next(numbers)}"), outbox
