"""The table of all events that the log tells: name, level, part, text and fields of each; pure.

The fields of a line are ``session``, ``account`` and ``address``, then those of the event itself.  The forms of lines
(text, JSON, journald) take a `Telling` and an event, and docs/logging.rst is tested against this table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, TypeVar

from ftpd_service import events, hook_log_events
from ftpd_service.observe import event_texts as texts

E = TypeVar("E", bound=events.Event)

LEVELS = ("debug", "info", "warn", "error", "critical")
"""All levels, the lowest first."""

PARTS = (
    *("service", "control", "commands", "auth", "accounts", "data", "storage", "tls", "database", "admin", "hooks"),
    "twisted",
)
"""The parts of the server that can have levels of their own; ``twisted`` stands for all other libraries."""

COMMON = ("session", "account", "address")
"""The fields that come first in each line, after its time, its level and the name of the event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A row of the table: how the log tells the events of a class."""

    kind: type[events.Event]
    name: str
    level: str
    part: str
    text: Callable[[Any], str]  # Any: an event of `kind`
    """Returns the text for people; see ``event_texts.py``."""
    names: tuple[str, ...]
    """The names of its fields, in order, without those of `COMMON` that the class does not have."""
    values: Callable[[Any], tuple[object, ...]]  # Any: an event of `kind`
    """Returns the values of the fields, in the same order; texts among them may be a client's."""
    sampled: bool
    """Whether the log leaves out events whose `untold` is None."""
    audit: bool
    """Whether the audit has the event."""


def name_of(kind: type[events.Event]) -> str:
    """Return the name of a class of events: ``login_failed`` for LoginFailed."""
    return re.sub("(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


EVENT_TABLE: dict[type[events.Event], Telling] = {}
"""All events that have a line."""


def _tell(kind: type[E], where: str, text: Callable[[E], str], own: str = "", *, audit: bool = False) -> None:
    """Add a row.

    :param where: the part and the level.
    :param own: the event's own fields, as ``name``, or as ``name=attribute`` where they differ.
    """
    part, level = where.split()
    known = {field.name for field in fields(kind)}
    attributes = {"session": "session"} if "session" in known else {}
    if "account" in known:
        attributes["account"] = "account"
    if "peer" in known or "address" in known:
        attributes["address"] = "peer.address_text" if "peer" in known else "address"
    for word in own.split():
        name, _, attribute = word.partition("=")
        attributes[name] = attribute or name
    EVENT_TABLE[kind] = Telling(
        kind=kind,
        name=name_of(kind),
        level=level,
        part=part,
        text=text,
        names=tuple(attributes),
        values=_getter(tuple(attributes.values())),
        sampled="untold" in known and kind is not events.SessionEnded and kind is not events.ProxyRefused,
        audit=audit,
    )


def _getter(attributes: tuple[str, ...]) -> Callable[[Any], tuple[object, ...]]:  # Any: an event
    get = attrgetter(*attributes)
    if len(attributes) == 1:
        return lambda event: (get(event),)
    return get


_tell(events.SessionStarted, "control info", texts.started, "port=peer.port listener=peer.listener")
_tell(events.SessionRefused, "control warn", texts.refused_session, "cause=cause.value untold reason", audit=True)
_tell(events.SessionEnded, "control info", texts.ended, "seconds untold tls reason")
_tell(events.ConnectionIgnored, "control debug", texts.ignored, "reason")
_tell(events.ProxyRefused, "control warn", texts.no_proxy, "listener untold", audit=True)
_tell(events.BanMade, "auth warn", texts.banned, "kind seconds subject reason", audit=True)
_tell(events.BanLifted, "auth info", texts.unbanned, "kind subject", audit=True)
_tell(events.ConfigurationReloaded, "service info", texts.reloaded, "differences", audit=True)
_tell(events.ReloadFailed, "service error", texts.reload_failed, "mistakes", audit=True)
_tell(events.CertificatesReplaced, "tls info", texts.replaced, "file=path", audit=True)
_tell(events.CertificatesRefused, "tls error", texts.certificates_refused, "file=path reason", audit=True)
_tell(events.Administered, "admin info", texts.administered, "who verb argument outcome", audit=True)
_tell(events.TlsStarted, "tls info", texts.tls_started, "tls=text")
_tell(events.TlsEnded, "tls info", texts.tls_ended)
_tell(events.TlsFailed, "tls debug", texts.tls_failed)
_tell(events.NoSharedCipher, "tls warn", texts.no_shared_cipher, "reason=text")
_tell(events.LoginSucceeded, "auth info", texts.login, "checker", audit=True)
_tell(
    events.LoginFailed, "auth warn", texts.login_failed, "wrong outcome=outcome.value checker name reason", audit=True
)
_tell(events.CommandFinished, "commands debug", texts.command, "verb argument code seconds")
_tell(events.Refused, "commands info", texts.refused, "verb argument path code rule quota untold reason", audit=True)
_tell(events.ResourcesExhausted, "commands error", texts.exhausted, "verb reason")
_tell(events.UnexpectedError, "commands critical", texts.unexpected, "verb exception")
_tell(events.TransferStarted, "data debug", texts.transfer_started, "verb direction=direction.value path")
_tell(
    events.TransferFinished,
    "data info",
    texts.transfer_finished,
    "verb direction=direction.value path bytes=octets seconds outcome kind=kind.value protected ascii "
    "grade=grade_word evidence=evidence_word quarantined",
    audit=True,
)
_tell(events.DataConnectionFailed, "data info", texts.data_failed, "cause=cause.value reason")
_tell(events.QuarantineFailed, "storage warn", texts.quarantine_failed, "path reason")
_tell(events.FileRemoved, "storage info", texts.removed, "path", audit=True)
_tell(events.DirectoryChanged, "storage info", texts.changed, "verb path", audit=True)
_tell(events.TreeRemoved, "storage info", texts.tree_removed, "verb path files directories whole", audit=True)
_tell(events.AttributesChanged, "storage info", texts.changed, "verb path", audit=True)
_tell(events.Renamed, "storage info", texts.renamed, "path=source target", audit=True)
_tell(events.FileCopied, "storage info", texts.copied, "path=source target", audit=True)
_tell(
    hook_log_events.HookFinished,
    "hooks info",
    texts.hook_finished,
    "rule action trigger=trigger.value id attempt seconds path",
    audit=True,
)
_tell(
    hook_log_events.HookFailed,
    "hooks warn",
    texts.hook_failed,
    "rule action trigger=trigger.value id attempt seconds dead retry_seconds path reason",
    audit=True,
)
_tell(hook_log_events.HookEventsDropped, "hooks error", texts.hook_events_dropped, "count reason", audit=True)
_tell(
    hook_log_events.VerdictGiven,
    "hooks info",
    texts.verdict_given,
    "stage ruling=ruling.value seconds id path reason=text",
    audit=True,
)
_tell(
    hook_log_events.VerdictFailed,
    "hooks warn",
    texts.verdict_failed,
    "stage ruling=ruling.value timed_out seconds id path reason",
    audit=True,
)
