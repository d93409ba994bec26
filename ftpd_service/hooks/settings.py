"""The frozen settings of hooks, which the graph passes on: a record for each kind of action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar

from ftpd_service.hooks.stage_settings import StageSettings
from ftpd_service.policy.triggers import HookRule
from ftpd_service.values import Networks


class WhenFull(Enum):
    """The treatment of changes whose events cannot be kept."""

    REFUSE = "refuse"
    """The client gets 450."""
    DROP = "drop"
    """The event is dropped and counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSettings:
    """The settings that every action has."""

    kind: ClassVar[str]
    """The key of its kind in the file."""
    finder: ClassVar[str]
    """The dotted path of a function that takes these settings and returns a `FoundAction`."""
    timeout_seconds: float = 30.0
    """The time of each try."""
    retry_seconds: float = 86400.0
    """The time after the first failure in which it is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramAction(ActionSettings):
    """A program that reads the event on its standard input."""

    kind: ClassVar[str] = "program"
    finder: ClassVar[str] = "ftpd_service.hooks.programs:find_program"
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAction(ActionSettings):
    """A web service to which the event is posted."""

    kind: ClassVar[str] = "http"
    finder: ClassVar[str] = "ftpd_service.hooks.webhooks:find_webhook"
    url: str
    secret_file: str | None = None
    """A file whose first line is the key of the signature; None means that requests are not signed."""
    authorities: str | None = None
    """A PEM file with the authorities that may sign the server's certificate; None means those of the system."""
    networks: Networks = ()
    """Networks of loopback and link-local addresses to which the name may lead."""
    contents: tuple[object, ...] = field(default=(), repr=False)
    """The content of the files above, once they are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonAction(ActionSettings):
    """An importable action, as ``package.module:Name``, which is made with keyword arguments."""

    kind: ClassVar[str] = "python"
    finder: ClassVar[str] = "ftpd_service.hooks.python_actions:find_python"
    path: str
    options: Mapping[str, Any] = field(default_factory=dict)  # Any: what the action's author declares


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledAction(ActionSettings):
    """An action of another package that is installed, by the name of its entry point."""

    kind: ClassVar[str] = ""
    finder: ClassVar[str] = "ftpd_service.hooks.python_actions:find_installed_action"
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)  # Any: what the action's author declares


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """A rule with its actions."""

    rule: HookRule
    actions: tuple[ActionSettings, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HooksSettings:
    """The settings of hooks."""

    backlog: int = 100_000
    """The most rows of the outbox."""
    when_full: WhenFull = WhenFull.REFUSE
    concurrency: int = 4
    """The most programs that run at once, and the most requests to one URL at once."""
    rules: tuple[RuleSettings, ...] = ()
    stages: tuple[StageSettings, ...] = ()
