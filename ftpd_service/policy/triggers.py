"""The events to which the operator's rules and verdict stages are bound, by their conditions; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from ftpd_service.hook_events import HookEvent, HookTrigger
from ftpd_service.policy.path_patterns import PathAutomaton, parse_pattern
from ftpd_service.reasons import UploadGrade
from ftpd_service.values import Networks, VirtualPath


@dataclass(frozen=True, kw_only=True)
class Condition:
    """The conditions of a rule, all of which an event has to meet; an empty tuple or None is no condition."""

    accounts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """Patterns in the forms of `ftpd_service.policy.path_patterns`; a rename meets them by either path."""
    min_size: int | None = None
    max_size: int | None = None
    grades: tuple[UploadGrade, ...] = ()
    listeners: tuple[str, ...] = ()
    networks: Networks = ()
    outcomes: tuple[str, ...] = ()

    def failing(self, event: HookEvent) -> str | None:
        """Return the key of the first condition that an event does not meet, or None."""
        return next((key for key, met in self._looks(event) if not met), None)

    def unmet(self, event: HookEvent) -> tuple[str, ...]:
        """Return the keys of all conditions that an event does not meet."""
        return tuple(key for key, met in self._looks(event) if not met)

    def may_concern(self, event: HookEvent) -> bool:
        """Return whether an upload meets all conditions that are known before its first byte."""
        return all(met for key, met in self._looks(event) if key not in _KNOWN_AT_THE_END)

    def _looks(self, event: HookEvent) -> Iterator[tuple[str, bool]]:
        origin, size = event.origin, event.size
        if self.accounts:
            yield "account", origin.account in self.accounts
        if self.groups:
            yield "group", origin.group in self.groups
        if self.paths:
            yield "path", self._takes(event.path) or self._takes(event.from_path)
        if self.min_size is not None:
            yield "min_size", size is not None and size >= self.min_size
        if self.max_size is not None:
            yield "max_size", size is not None and size <= self.max_size
        if self.grades:
            yield "grade", event.grade in self.grades
        if self.listeners:
            yield "listener", origin.listener in self.listeners
        if self.networks:
            yield "network", self._holds(origin.address)
        if self.outcomes:
            yield "outcome", event.outcome in self.outcomes

    @cached_property
    def _patterns(self) -> tuple[PathAutomaton, int]:
        automaton = PathAutomaton(parse_pattern(text) for text in self.paths)
        finals = 0
        for final in automaton.finals:
            finals |= final
        return automaton, finals

    def _takes(self, path: VirtualPath | None) -> bool:
        if path is None:
            return False
        automaton, finals = self._patterns
        return bool(automaton.after(path) & finals)

    def _holds(self, address: str | None) -> bool:
        if address is None:
            return False
        if "/" in address:
            banned = ip_network(address, strict=False)
            return any(network is None or _within(banned, network) for network in self.networks)
        client = ip_address(address.partition("%")[0])
        return any(network is None or client in network for network in self.networks)


def _within(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    """Return whether all addresses of a banned network are in the network of a condition."""
    # A network cannot be compared with a network of the other version.
    same = inner.version == outer.version
    return same and inner.network_address in outer and inner.prefixlen >= outer.prefixlen


_KNOWN_AT_THE_END = frozenset({"min_size", "max_size", "grade", "outcome"})


@dataclass(frozen=True, kw_only=True)
class HookRule:
    """A rule: the events that it is about, and the conditions that they have to meet."""

    id: str
    on: frozenset[HookTrigger]
    when: Condition = field(default_factory=Condition)


class HookRules:
    """The rules of a configuration, by the events that they are about."""

    def __init__(self, rules: Iterable[HookRule] = ()) -> None:
        self._rules = tuple(rules)
        self._by_trigger: Mapping[HookTrigger, tuple[HookRule, ...]] = {
            trigger: tuple(rule for rule in self._rules if trigger in rule.on)
            for trigger in {trigger for rule in self._rules for trigger in rule.on}
        }

    def wants(self, *triggers: HookTrigger) -> bool:
        """Return whether any rule is about any of these kinds of events."""
        # Without rules nothing is looked up, as small uploads feel it.
        return bool(self._by_trigger) and not self._by_trigger.keys().isdisjoint(triggers)

    def matching(self, event: HookEvent) -> tuple[str, ...]:
        """Return the ids of the rules that an event fires, in the order of the configuration."""
        rules = self._by_trigger.get(event.trigger, ())
        return tuple(rule.id for rule in rules if rule.when.failing(event) is None)

    def explained(self, event: HookEvent) -> Iterator[tuple[HookRule, tuple[str, ...]]]:
        """Yield each rule with the keys by which it does not fire (``on``, conditions); it fires if there are none."""
        for rule in self._rules:
            yield rule, (() if event.trigger in rule.on else ("on",)) + rule.when.unmet(event)
