"""Actions that the section ``hooks`` names: read and imported from disks before anything is made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ftpd_service.hooks.action_parts import FoundAction, find_action
from ftpd_service.hooks.settings import HooksSettings
from ftpd_service.runtime.imported import PluginProblem

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundHooks:
    """The settings of hooks, with the actions that can be made."""

    settings: HooksSettings = field(default_factory=HooksSettings)
    actions: Mapping[str, tuple[FoundAction, ...]] = field(default_factory=dict)
    """The actions of each rule, by its id."""


def find_hooks(settings: HooksSettings) -> FoundHooks:
    """Find the actions of all rules, which may import modules and read files; waits for disks.

    :raises PluginProblem: for the first action that cannot be used; the text begins with its key.
    """
    actions: dict[str, tuple[FoundAction, ...]] = {}
    for number, rule in enumerate(settings.rules):
        found = []
        for position, action in enumerate(rule.actions):
            try:
                found.append(find_action(action))
            except PluginProblem as problem:
                raise PluginProblem(f"hooks.rules.{number}.do.{position} ({rule.rule.id}): {problem}") from None
        actions[rule.rule.id] = tuple(found)
    return FoundHooks(settings=settings, actions=actions)


def hook_problems(settings: HooksSettings) -> Iterator[tuple[KeyPath, str]]:
    """Yield the key and the mistake of each action that cannot be used; waits for disks."""
    for number, rule in enumerate(settings.rules):
        for position, action in enumerate(rule.actions):
            try:
                find_action(action)
            except PluginProblem as problem:
                yield ("hooks", "rules", number, "do", position), str(problem)
