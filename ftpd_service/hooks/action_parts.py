"""The parts from which actions and stages are made, and the record of an action that can be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.hook_interfaces import IAction
from ftpd_service.hooks.settings import ActionSettings
from ftpd_service.interfaces import Blocking
from ftpd_service.runtime.bounded_runs import BoundedRuns
from ftpd_service.runtime.imported import built_in


@dataclass(frozen=True, slots=True, kw_only=True)
class HookParts:
    """The parts of the service that an action or a stage may use."""

    reactor: PosixReactorBase
    blocking: Blocking
    """The threads of the service; no client has a share of them."""
    runs: BoundedRuns
    """Bounds programs and requests to one URL by ``hooks.concurrency``; it outlives a reload, which changes it."""
    now: Callable[[], float]
    """Returns seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAction:
    """An action that can be made."""

    name: str
    """Its name in the log, without secrets."""
    settings: ActionSettings
    """The settings with the contents of the files that they name: an action whose settings are equal need not be made
    anew by a reload."""
    make: Callable[[HookParts], IAction]
    """Makes the action, on the reactor's thread; raises PluginProblem."""


def find_action(settings: ActionSettings) -> FoundAction:
    """Find an action, which may import modules and read files; it waits for disks.

    :raises PluginProblem: the action cannot be used; the text tells the operator.
    """
    find = built_in(settings.finder, needs="", told=settings.kind)
    found: FoundAction = find(settings)
    return found
