"""Actions of other packages: importable classes, and entry points of installed packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import EntryPoint
from typing import Any

from zope.interface import implementer

from ftpd_service.hook_events import HookEvent
from ftpd_service.hook_interfaces import ActionFailed, IAction
from ftpd_service.hooks.action_parts import FoundAction, HookParts
from ftpd_service.hooks.isolated import CodeFailed, isolated
from ftpd_service.hooks.settings import ActionSettings, InstalledAction, PythonAction
from ftpd_service.runtime.imported import PluginProblem, demand_signature, explained, imported, load_offered, offered

ACTION_GROUP = "ftpd_service.actions"
"""The group of entry points by which an installed package offers actions."""

ACTION_CLOSING_SECONDS = 5.0
"""The time that an action gets to close."""

Options = Mapping[str, Any]  # Any: what the action's author declares


def find_python(settings: PythonAction) -> FoundAction:
    """Import the class or function of a dotted path.

    :raises PluginProblem: it cannot be imported, is no action, or does not take the options.
    """
    name = f"python:{settings.path}"
    return _found(name, imported(settings.path), settings, settings.options)


def find_installed_action(settings: InstalledAction) -> FoundAction:
    """Import the class or function that an installed package offers as an entry point.

    :raises PluginProblem: no package offers it, or as for `find_python`.
    """
    made = load_offered(ACTION_GROUP, settings.name, "an action")
    return _found(settings.name, made, settings, settings.options)


def installed_actions() -> tuple[EntryPoint, ...]:
    """Return the actions that installed packages offer, without importing them."""
    return offered(ACTION_GROUP)


def _found(name: str, made: object, settings: ActionSettings, options: Options) -> FoundAction:
    if not callable(made):
        raise PluginProblem(f"{name}: is no class or function; name one that makes an action")
    if isinstance(made, type) and not IAction.implementedBy(made):
        raise PluginProblem(f"{name}: does not provide ftpd_service.hook_interfaces.IAction")
    demand_signature(made, (), options, name=name)
    return FoundAction(
        name=name,
        settings=settings,
        make=partial(_make, made, name, settings.timeout_seconds, options),
    )


def _make(
    made: Callable[..., object], name: str, timeout_seconds: float, options: Options, parts: HookParts
) -> PluggedAction:
    given = ", ".join(sorted(options)) or "none"
    with explained(f"{name}: cannot be made with the options given ({given})", options):
        action = made(**options)
    if not IAction.providedBy(action):
        raise PluginProblem(f"{name}: does not provide ftpd_service.hook_interfaces.IAction")
    return PluggedAction(IAction(action), name, timeout_seconds=timeout_seconds, options=options, parts=parts)


@implementer(IAction)
class PluggedAction:
    """An action of another package, kept apart: its exceptions and its time do not spread.

    :param options: the options by which it was made.
    """

    def __init__(self, action: IAction, name: str, timeout_seconds: float, options: Options, parts: HookParts) -> None:
        self._action = action
        self._timeout_seconds = timeout_seconds
        self._isolated = partial(
            isolated, label=f"action {name}", clock=parts.reactor, answers=(ActionFailed,), values=options
        )

    async def run(self, event: HookEvent, attempt: int) -> None:
        """Carry the action out.

        :raises ActionFailed: its own, or of everything else that it raises, or of its time.
        """
        call = partial(self._action.run, event, attempt)
        try:
            await self._isolated(call, timeout_seconds=self._timeout_seconds)
        except CodeFailed as problem:
            raise ActionFailed(str(problem)) from None

    async def close(self) -> None:
        """Close the action; its failure is logged."""
        try:
            await self._isolated(self._action.close, timeout_seconds=ACTION_CLOSING_SECONDS)
        except (CodeFailed, ActionFailed):
            return
