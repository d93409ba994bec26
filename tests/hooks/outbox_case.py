"""An outbox with a table in memory."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ftpd_service.database.outbox_changes import MarkedRow, OutboxChange
from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger
from ftpd_service.hook_interfaces import IIntent
from ftpd_service.hooks.outbox import Outbox, OutboxLimits
from ftpd_service.hooks.outbox_writer import MARK_SECONDS
from ftpd_service.policy.triggers import Condition, HookRule, HookRules
from ftpd_service.testing.fakes import at_once
from ftpd_service.values import VirtualPath
from tests.cases import SynchronousTestCase
from tests.hooks.fake_store import FakeStore


def event(key: str, path: str = "/in/a") -> HookEvent:
    """An upload."""
    origin = HookOrigin(node="n", account="alice")
    return HookEvent(id=key, trigger=HookTrigger.UPLOADED, time=5.0, origin=origin, path=VirtualPath(path))


class OutboxCase(SynchronousTestCase):
    """An outbox with two rules about uploads, one of them below ``/in``."""

    def setUp(self) -> None:
        self.store = FakeStore()
        self.clock = Clock()
        self.told: list[float] = []
        self.drops: list[tuple[int, str]] = []
        uploads = frozenset({HookTrigger.UPLOADED})
        rules = HookRules(
            [HookRule(id="all", on=uploads), HookRule(id="in", on=uploads, when=Condition(paths=("/in/**",)))]
        )
        self.outbox = Outbox(
            self.store,
            rules,
            self.clock,
            blocking=at_once,
            told=lambda: self.told.append(self.clock.seconds()),
            dropped=lambda count, reason: self.drops.append((count, reason)),
        )
        self.limit()

    def limit(self, backlog: int = 100, *, refuses: bool = True) -> None:
        """Set the limits."""
        self.outbox.use(self.outbox.rules, OutboxLimits(backlog=backlog, refuses=refuses))

    def intend(self, key: str, path: str = "/in/a") -> Deferred[IIntent | None]:
        """Keep an intent."""
        return Deferred.fromCoroutine(self.outbox.intend(event(key, path), None))

    def intent(self, key: str) -> IIntent:
        """A kept intent."""
        intent = self.successResultOf(self.intend(key))
        assert intent is not None
        return intent

    def later(self) -> None:
        """Let the time pass in which marks wait for company."""
        self.clock.advance(MARK_SECONDS)

    def words(self) -> list[list[str]]:
        """The transactions in a few words."""

        def key(change: OutboxChange) -> str:
            return change.row.id if isinstance(change, MarkedRow) else getattr(change, "id", "")

        return [[f"{type(one).__name__} {key(one)}" for one in some] for some in self.store.written]
