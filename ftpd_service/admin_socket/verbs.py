"""The verbs of the admin socket, and the arguments of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ftpd_service.admin_socket.service_verbs import drain, reload, status, upgrade
from ftpd_service.admin_socket.session_verbs import kick, limit, rights, sessions, trace
from ftpd_service.admin_socket.task import Task
from ftpd_service.runtime.stepping import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminVerb:
    """One verb."""

    run: Callable[[Task], Work[object | None]]
    """Returns the result, or None after it has written the answer itself; raises NotDone."""
    arguments: Mapping[str, type] = field(default_factory=dict)
    """The kinds of its arguments; all may be left out."""
    told: bool = True
    """Whether the log tells who has asked, also for a refusal; verbs that only look are not told."""


VERBS: Mapping[str, AdminVerb] = {
    "status": AdminVerb(run=status, told=False),
    "sessions": AdminVerb(run=sessions, told=False),
    "rights": AdminVerb(run=rights, arguments={"id": str}, told=False),
    "kick": AdminVerb(run=kick, arguments={"id": str, "account": str, "address": str}),
    "trace": AdminVerb(run=trace, arguments={"id": str}),
    "limit": AdminVerb(run=limit, arguments={"id": str, "account": str, "upload": int, "download": int}),
    "reload": AdminVerb(run=reload, arguments={"dry_run": bool}),
    "drain": AdminVerb(run=drain, arguments={"keep_listening": bool}),
    "upgrade": AdminVerb(run=upgrade),
}
