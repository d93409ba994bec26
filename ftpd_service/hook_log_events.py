"""Events of hooks for the log, the audit and the metrics; the operator's rules are not about them.

They have the id and the place of the event that a rule or a stage was about.  Texts in them may be those of clients and
of others' programs.
"""

from __future__ import annotations

from dataclasses import dataclass

from ftpd_service.events import Event
from ftpd_service.hook_events import HookTrigger
from ftpd_service.verdict_interfaces import Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionTried:
    """The facts of a try of an action."""

    rule: str
    action: str
    """The kind of the action: its key in the file."""
    trigger: HookTrigger
    id: str
    """The idempotency key of the event."""
    attempt: int
    """The number of the try, from 1 on."""
    seconds: float
    """The duration of this try."""
    session: str | None = None
    account: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HookFinished(ActionTried, Event):
    """An action of a rule was carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookFailed(ActionTried, Event):
    """An action of a rule failed; it is tried again, or its event is a dead letter now."""

    dead: bool
    """Whether the event is a dead letter, as `retry_for` is over or no further try can succeed."""
    reason: str
    """Why, for the operator."""
    retry_seconds: float | None = None
    """The time until the next try, or None if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookEventsDropped(Event):
    """Events could not be kept and were dropped, as `hooks.when_full` says, or as no reply could refuse them."""

    count: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadJudged:
    """The facts of a judgment about an upload."""

    stage: str
    ruling: Ruling
    """The ruling by which the upload is treated."""
    seconds: float
    id: str
    """The idempotency key of the event that the commit would be."""
    session: str | None = None
    account: str | None = None
    address: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictGiven(UploadJudged, Event):
    """A stage judged an upload."""

    text: str
    """Why, for a refusal, or the new path of a rename."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictFailed(UploadJudged, Event):
    """A stage could not judge an upload, or not in time, and `on_error` or `on_timeout` decided."""

    timed_out: bool
    reason: str
