"""`ServiceHooks`: rules, their events and their actions in a running service; a reload changes them in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall
from zope.interface import implementer

from ftpd_service.hook_events import HookEvent, HookTrigger
from ftpd_service.hook_interfaces import IIntent, IntentProof, IOutbox
from ftpd_service.hooks.action_parts import FoundAction, HookParts
from ftpd_service.hooks.action_runs import ActionRun, DeliveryParts
from ftpd_service.hooks.delivery import Delivery
from ftpd_service.hooks.found_hooks import FoundHooks
from ftpd_service.hooks.outbox import Outbox, OutboxLimits
from ftpd_service.hooks.outbox_figures import OldestRow
from ftpd_service.hooks.retiring import retire_others
from ftpd_service.hooks.settings import WhenFull
from ftpd_service.hooks.shared_action import SharedAction
from ftpd_service.policy.triggers import HookRules
from ftpd_service.runtime.imported import PluginProblem

STOP_SECONDS = 5.0
"""The time in which running actions may end when the service stops, or when another process takes over."""

TAKEOVER_SECONDS = STOP_SECONDS + 3.0
"""The time after which a process that has replaced another begins to deliver: the other has stopped by then."""

Actions = Mapping[str, tuple[SharedAction, ...]]
"""The actions of each rule, by its id."""


class OpenOutbox(Protocol):
    """Returns the outbox of the service."""

    def __call__(self, *, told: Callable[[], object]) -> Outbox:
        """Return it.

        :param told: is to be called when rows are ready.
        """


@implementer(IOutbox)
class NoOutbox:
    """The outbox of a service without a database, which has no rules."""

    def wants(self, *triggers: HookTrigger) -> bool:
        return False

    async def intend(self, event: HookEvent, proof: IntentProof | None) -> IIntent | None:
        return None

    async def flush(self) -> None:
        return None

    def happened(self, event: HookEvent) -> None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeHooks:
    """The hooks of a configuration that may come into force."""

    found: FoundHooks
    actions: Actions


class ServiceHooks:
    """The hooks of a service, which outlive a reload.

    :ivar parts: the parts from which actions are made.
    :ivar node: the name of this host in events.
    :ivar outbox: keeps events.
    :ivar oldest: the oldest event that waits, for the metrics, or None without a database.
    """

    def __init__(
        self,
        parts: HookParts,
        node: str,
        open_outbox: OpenOutbox | None,
        *,
        chance: Callable[[], float],
        finished: Callable[[ActionRun], object],
    ) -> None:
        """Take the parts.

        :param open_outbox: returns the outbox, or None if the service has no database.
        :param chance: returns a number from 0 to 1.
        :param finished: is told each try of an action.
        """
        self.parts = parts
        self.node = node
        self.outbox: IOutbox = NoOutbox()
        self._kept: Outbox | None = None
        self._delivery: Delivery | None = None
        self._actions: Actions = {}
        self._timer: IDelayedCall | None = None
        self.oldest: OldestRow | None = None
        if open_outbox is not None:
            kept = self._kept = open_outbox(told=self._told)
            self.outbox = kept
            self.oldest = OldestRow(kept.oldest, parts.reactor)
            self._delivery = Delivery(
                DeliveryParts(
                    rows=kept,
                    clock=parts.reactor,
                    now=parts.now,
                    chance=chance,
                    finished=finished,
                    concurrency=lambda: parts.runs.most,
                )
            )

    @property
    def waiting(self) -> int:
        """Return the number of events that wait for delivery or for an operator, counted for each rule."""
        return 0 if self._kept is None else self._kept.waiting

    def made(self, found: FoundHooks) -> MadeHooks:
        """Make the actions of a configuration on the reactor's thread; those with the settings in force are kept.

        :raises PluginProblem: an action cannot be made, or the service was started without a database.
        """
        if found.settings.rules and self._kept is None:
            raise PluginProblem("database: it is new in the configuration; a new database needs a restart")
        actions: dict[str, tuple[SharedAction, ...]] = {}
        try:
            for rule, those in found.actions.items():
                # Each is in the list as soon as it is made, so that a mistake in a later one closes it.
                actions[rule] = ()
                for position, one in enumerate(those):
                    actions[rule] = (*actions[rule], self._made(rule, position, one))
        except PluginProblem:
            self._retire(actions, kept=self._actions)
            raise
        return MadeHooks(found=found, actions=actions)

    def _made(self, rule: str, position: int, found: FoundAction) -> SharedAction:
        former = self._actions.get(rule, ())
        if position < len(former) and former[position].settings == found.settings:
            return former[position]
        return SharedAction(found.name, found.settings, found.make(self.parts))

    def use(self, made: MadeHooks) -> None:
        """Put the rules of a configuration into force: they count for the next event and the next try."""
        settings = made.found.settings
        self.parts.runs.most = settings.concurrency
        if self._kept is not None and self._delivery is not None:
            limits = OutboxLimits(backlog=settings.backlog, refuses=settings.when_full is WhenFull.REFUSE)
            self._kept.use(HookRules(one.rule for one in settings.rules), limits)
            self._delivery.use(made.actions)
        former, self._actions = self._actions, made.actions
        self._retire(former, kept=made.actions)

    @staticmethod
    def _retire(former: Actions, *, kept: Actions) -> None:
        """Close the actions that are not in force, each one as soon as no event uses it."""
        retire_others(chain.from_iterable(former.values()), kept=chain.from_iterable(kept.values()))

    def _told(self) -> None:
        if self._delivery is not None:
            self._delivery.told()

    # Start and stop

    def start(self) -> None:
        """Settle what dead processes have left open, whose rows become ready."""
        if self._kept is not None:
            self._kept.start()

    def deliver(self, *, successor: bool) -> None:
        """Begin to deliver.

        :param successor: whether the process replaces another, whose running actions have some time to end.
        """
        if self._delivery is not None:
            self._timer = self.parts.reactor.callLater(TAKEOVER_SECONDS if successor else 0.0, self._delivery.start)

    def leave(self) -> None:
        """Leave the delivery to another process; the events of the last sessions are kept all the same."""
        Deferred.fromCoroutine(self._left())

    async def stop(self) -> None:
        """End the delivery, write everything that was told, and close the actions; the sessions are over."""
        await self._left()
        if self._kept is not None:
            await self._kept.stop()
        former, self._actions = self._actions, {}
        await DeferredList([Deferred.fromCoroutine(one.close()) for one in chain.from_iterable(former.values())])

    async def _left(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
        if self._delivery is not None:
            self._delivery.leave()
            await self._delivery.ended(STOP_SECONDS)
