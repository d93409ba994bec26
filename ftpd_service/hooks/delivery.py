"""The delivery of events by the rules of the configuration in force."""

from __future__ import annotations

from collections.abc import Mapping

from twisted.internet.defer import Deferred, DeferredList
from twisted.logger import Logger

from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.hooks.action_runs import DeliveryParts
from ftpd_service.hooks.rule_delivery import RuleDelivery
from ftpd_service.hooks.shared_action import SharedAction
from ftpd_service.runtime.repeated import Repeated

_log = Logger(namespace="ftpd.hooks")

REGULAR_LOOK_SECONDS = 5.0
"""The time between two regular looks at the table, which operators and other processes change, too."""

LOOK_WITHOUT_RULES_SECONDS = 60.0
"""The same while the configuration has no rules: rows of rules that are gone become dead letters."""

BURIED_AT_ONCE = 256
"""The rows of a rule that is gone which become dead letters together."""

CANCELLED_SECONDS = 2.0
"""The time in which cancelled actions may end what they have begun."""

_GONE = "the rule is gone from the configuration; replay the event when it is back"


class Delivery:
    """Delivers the rows of all rules, from `start` until `leave`."""

    def __init__(self, parts: DeliveryParts) -> None:
        self._parts = parts
        self._actions: Mapping[str, tuple[SharedAction, ...]] = {}
        self._rules: dict[str, RuleDelivery] = {}
        self._delivers = False
        self._looks = Repeated(
            self._look,
            lambda: REGULAR_LOOK_SECONDS if self._actions else LOOK_WITHOUT_RULES_SECONDS,
            clock=parts.clock,
            fault="the outbox could not be looked through",
        )

    def use(self, actions: Mapping[str, tuple[SharedAction, ...]]) -> None:
        """Take the rules of another configuration, by their ids."""
        self._actions = actions
        if self._delivers:
            self._share_out()
            self._look_soon()

    def start(self) -> None:
        """Begin to deliver."""
        if not self._delivers:
            self._delivers = True
            self._share_out()
            self._looks.start()

    def told(self) -> None:
        """Note that rows have become ready."""
        if not self._delivers:
            return
        for rule in self._actions:
            self._rules[rule].look()

    def leave(self) -> None:
        """Begin nothing more; what runs goes on."""
        if self._delivers:
            self._delivers = False
            self._looks.stop()
            self._share_out()

    async def ended(self, seconds: float) -> None:
        """Wait until nothing runs; actions that run longer are cancelled, and their rows stay."""
        if await self._ended_within(seconds):
            return
        for rule in self._rules.values():
            rule.cancel()
        if not await self._ended_within(CANCELLED_SECONDS):
            _log.warn("actions of rules do not end although they were cancelled; they are left behind")

    async def _ended_within(self, seconds: float) -> bool:
        ends = [Deferred.fromCoroutine(rule.ended()) for rule in self._rules.values() if not rule.idle]
        if not ends:
            return True
        over: Deferred[bool] = Deferred()
        timer = self._parts.clock.callLater(seconds, over.callback, False)

        def all_ended(result: object) -> None:
            if timer.active():
                timer.cancel()
                over.callback(True)

        DeferredList(ends).addCallback(all_ended)
        return await over

    def _share_out(self) -> None:
        """Give each rule its actions."""
        in_force = self._actions if self._delivers else {}
        for rule in in_force:
            self._rules.setdefault(rule, RuleDelivery(rule, self._parts))
        for rule, delivery in self._rules.items():
            delivery.use(in_force.get(rule))

    def _look_soon(self) -> None:
        self._looks.stop()
        self._looks.start()

    async def _look(self) -> None:
        self.told()
        try:
            for rule in sorted(await self._parts.rows.rules_with_rows() - set(self._actions)):
                await self._bury(rule)
        except DatabaseUnavailable:
            # The watch of the accounts tells the log; the next look comes in a few seconds.
            pass

    async def _bury(self, rule: str) -> None:
        """Make dead letters of the rows of a rule that is gone."""
        count = 0
        while self._is_gone(rule):
            rows = await self._parts.rows.ready(rule, 0, BURIED_AT_ONCE)
            if not rows:
                break
            count += len(rows)
            await DeferredList([Deferred.fromCoroutine(self._parts.rows.dead(row, _GONE)) for row in rows])
        if count:
            text = (
                "rule {rule}: it is gone from the configuration, and {count} events that waited for it are dead letters"
            )
            _log.warn(text, rule=rule, count=count)

    def _is_gone(self, rule: str) -> bool:
        """Return whether a rule is gone and nothing of it runs any more."""
        delivery = self._rules.get(rule)
        if rule in self._actions or not self._delivers or (delivery is not None and not delivery.idle):
            return False
        self._rules.pop(rule, None)
        return True
