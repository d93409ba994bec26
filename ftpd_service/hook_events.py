"""Events for the operator's rules: what happened, as programs, web services and ``events list`` are told."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from enum import Enum

from ftpd_service.reasons import UploadGrade
from ftpd_service.values import VirtualPath


def new_event_id() -> str:
    """Return an idempotency key, which no other event has."""
    return secrets.token_hex(16)


class HookTrigger(Enum):
    """The kinds of events to which a rule can be bound; the values are the configuration's words."""

    UPLOADED = "uploaded"
    DOWNLOADED = "downloaded"
    DELETED = "deleted"
    RENAMED = "renamed"
    MADE_DIRECTORY = "made_directory"
    REMOVED_DIRECTORY = "removed_directory"
    LOGIN = "login"
    LOGIN_FAILED = "login_failed"
    SESSION_ENDED = "session_ended"
    QUOTA_REFUSED = "quota_refused"
    BANNED = "banned"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookOrigin:
    """The session that caused an event, as far as there is one."""

    node: str
    """The name of the host that runs the service."""
    session: str | None = None
    account: str | None = None
    group: str | None = None
    address: str | None = None
    """The client's address, without a port; of a ban, the host or the network (``192.0.2.0/24``)."""
    tls: bool = False
    """Whether the control connection is protected by TLS."""
    listener: str | None = None
    """The endpoint of the listener."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookEvent:
    """An event that a rule may match."""

    id: str
    """The idempotency key: the same at every try and for every rule, and that of no other event."""
    trigger: HookTrigger
    time: float
    """Seconds since 1970, UTC."""
    origin: HookOrigin
    path: VirtualPath | None = None
    host_path: str | None = None
    """The path on this host, where the storage has one."""
    size: int | None = None
    """The size of the file in bytes."""
    grade: UploadGrade | None = None
    digest: str | None = None
    """The algorithm, a colon, and the digest in lower-case hexadecimal digits, if it is known without reading."""
    from_path: VirtualPath | None = None
    """The former path of a renamed file or directory."""
    outcome: str | None = None
    """A word for the outcome, for conditions: of a failed login, an ended session, a refusal or a ban."""

    def at(self, path: VirtualPath, host_path: str | None) -> HookEvent:
        """Return the event with other paths."""
        return replace(self, path=path, host_path=host_path)
