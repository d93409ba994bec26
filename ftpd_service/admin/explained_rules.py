"""The rules that an imagined event fires, and the stages that judge it, with the reasons why others do not; pure.

No text shows a secret: of a URL only its host and path are told, and of a program only its path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from ftpd_service.hook_events import HookEvent, HookTrigger
from ftpd_service.hooks.event_json import readable
from ftpd_service.hooks.settings import ActionSettings, HooksSettings, HttpAction, ProgramAction, PythonAction
from ftpd_service.hooks.stage_settings import StageSettings
from ftpd_service.policy.triggers import Condition, HookRules

_OPTIONS = {"min_size": "--size", "max_size": "--size", "grade": "--grade", "outcome": "--outcome", "path": "FILE"}
"""The option of a fact that may not be given, by the key of the condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRule:
    """A rule with the reasons why it fires or not."""

    id: str
    unmet: tuple[str, ...]
    """The keys by which it does not fire; none if it fires."""
    lines: tuple[str, ...]
    """Its actions if it fires, or else the reasons."""
    actions: tuple[str, ...]
    """The kinds of its actions."""

    @property
    def fires(self) -> bool:
        """Whether it fires."""
        return not self.unmet


def explain_rules(settings: HooksSettings, event: HookEvent) -> tuple[ExplainedRule, ...]:
    """Return all rules, in the order of the configuration."""
    actions = {one.rule.id: one.actions for one in settings.rules}
    rules = HookRules(one.rule for one in settings.rules)
    return tuple(
        ExplainedRule(
            id=rule.id,
            unmet=unmet,
            lines=tuple(reasons(unmet, rule.when, event, (one.value for one in rule.on)))
            if unmet
            else tuple(map(action_line, actions[rule.id])),
            actions=tuple(one.kind for one in actions[rule.id]),
        )
        for rule, unmet in rules.explained(event)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedStage:
    """A stage of the verdict with the reasons why it judges an upload or not."""

    id: str
    kind: str
    unmet: tuple[str, ...]
    """The keys of conditions that the upload does not meet; none if the stage judges it."""
    lines: tuple[str, ...]

    @property
    def judges(self) -> bool:
        """Whether it judges the upload, if all stages before it accept."""
        return not self.unmet


def explain_stages(stages: Iterable[StageSettings], event: HookEvent) -> tuple[ExplainedStage, ...]:
    """Return all stages, in the order of the configuration; only uploads have a verdict."""
    if event.trigger is not HookTrigger.UPLOADED:
        return ()
    return tuple(
        ExplainedStage(
            id=stage.id, kind=stage.kind, unmet=unmet, lines=tuple(reasons(unmet, stage.when, event)) or (stage.kind,)
        )
        for stage in stages
        for unmet in (stage.when.unmet(event),)
    )


def reasons(unmet: Iterable[str], when: Condition, event: HookEvent, on: Iterable[str] = ()) -> Iterator[str]:
    """Yield a line for each key that does not fit: what it wants, and what the event has."""
    for key in unmet:
        wanted, found = _told(key, when, event, on)
        option = _OPTIONS.get(key)
        missing = f"not known; give {option}" if option is not None else "none"
        yield f"{key}: {wanted}; here {missing if found is None else found}"


def _told(key: str, when: Condition, event: HookEvent, on: Iterable[str]) -> tuple[str, object]:
    """Return the values of a condition, and the value of the event, or None."""
    origin = event.origin
    paths = " -> ".join(readable(path) for path in (event.from_path, event.path) if path is not None)
    told: dict[str, tuple[Iterable[object], object]] = {
        "on": (sorted(on), event.trigger.value),
        "account": (when.accounts, origin.account),
        "group": (when.groups, origin.group),
        "path": (when.paths, paths or None),
        "min_size": ((when.min_size,), event.size),
        "max_size": ((when.max_size,), event.size),
        "grade": ((grade.value for grade in when.grades), None if event.grade is None else event.grade.value),
        "listener": (when.listeners, origin.listener),
        "network": (("any" if one is None else one for one in when.networks), origin.address),
        "outcome": (when.outcomes, event.outcome),
    }
    wanted, found = told[key]
    return ", ".join(map(str, wanted)), found


def action_line(action: ActionSettings) -> str:
    """Return a line about an action."""
    if isinstance(action, HttpAction):
        url = urlsplit(action.url)
        return f"http: {url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"
    if isinstance(action, ProgramAction):
        return f"program: {action.command[0]}"
    return f"python: {action.path}" if isinstance(action, PythonAction) else action.kind
