"""Verdict stages that can be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftpd_service.hooks.action_parts import HookParts
from ftpd_service.hooks.stage_settings import StageSettings
from ftpd_service.runtime.imported import built_in
from ftpd_service.verdict_interfaces import IStage


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStage:
    """A stage that can be made."""

    name: str
    """Its name in the log, without secrets."""
    settings: StageSettings
    make: Callable[[HookParts], IStage]
    """Makes the stage, on the reactor's thread; raises PluginProblem."""


def find_stage(settings: StageSettings) -> FoundStage:
    """Find a stage, which may import modules and read files; it waits for disks.

    :raises PluginProblem: the stage cannot be used; the text tells the operator.
    """
    find = built_in(settings.finder, needs="", told=settings.kind)
    found: FoundStage = find(settings)
    return found
