"""The JSON object of an event: the same for programs, web services, the table of the outbox and ``events list``.

The text is ASCII, so that no name can end a line.  A byte of a name that is not UTF-8 stands in its text as ``\\xNN``,
because many readers of JSON refuse lone surrogates; the table keeps such names in a form that can be read back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timezone

from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger
from ftpd_service.reasons import UploadGrade
from ftpd_service.values import VirtualPath

_ENCODER = json.JSONEncoder(separators=(",", ":"))

_SURROGATE = re.compile("[\udc80-\udcff]")
_OTHER_SURROGATE = re.compile("[\ud800-\udfff]")


def event_facts(event: HookEvent, attempt: int) -> dict[str, object]:
    """Return the keys and values of the object, in their order.

    :param attempt: the number of the try, from 1 on.
    """
    origin = event.origin
    facts: dict[str, object] = {
        "id": event.id,
        "event": event.trigger.value,
        "time": rfc3339(event.time),
        "node": origin.node,
        "session": origin.session,
        "account": origin.account,
        "group": origin.group,
        "address": origin.address,
        "tls": origin.tls,
        "path": event.path,
        "host_path": event.host_path,
        "size": event.size,
        "grade": None if event.grade is None else event.grade.value,
        "digest": event.digest,
        "from_path": event.from_path,
        "try": attempt,
    }
    return {key: readable(value) if isinstance(value, str) else value for key, value in facts.items()}


def facts_without_event() -> dict[str, object]:
    """Return the keys of the object without values, for an event that cannot be read."""
    nothing = HookEvent(id="", trigger=HookTrigger.UPLOADED, time=0.0, origin=HookOrigin(node=""))
    return dict.fromkeys(event_facts(nothing, 1))


def event_json(event: HookEvent, attempt: int) -> bytes:
    """Return the object as one line of ASCII without its line end."""
    return _ENCODER.encode(event_facts(event, attempt)).encode("ascii")


def readable(text: str) -> str:
    """Return a text without lone surrogates: each stands as ``\\xNN``, the byte that is not UTF-8."""
    plain = _SURROGATE.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)
    return _OTHER_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", plain)


def rfc3339(seconds: float) -> str:
    """Return a time in UTC with milliseconds (RFC 3339)."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stored_text(event: HookEvent) -> str:
    """Return the text from which `event_of_stored` makes the same event."""
    origin = event.origin
    kept = {
        "id": event.id,
        "event": event.trigger.value,
        "time": event.time,
        "origin": {name: getattr(origin, name) for name in HookOrigin.__slots__},
        "path": event.path,
        "host_path": event.host_path,
        "size": event.size,
        "grade": None if event.grade is None else event.grade.value,
        "digest": event.digest,
        "from_path": event.from_path,
        "outcome": event.outcome,
    }
    return _ENCODER.encode(kept)


def event_of_stored(text: str) -> HookEvent:
    """Return the event of a row.

    :raises ValueError: the text is not that of an event.
    """
    try:
        kept = json.loads(text)
        return _event(kept)
    except (KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ValueError(f"no event: {problem}") from problem


def _event(kept: Mapping[str, object]) -> HookEvent:
    origin = kept["origin"]
    if not isinstance(origin, dict):
        raise ValueError("no event: its origin is no object")
    grade, path, from_path = kept["grade"], _text(kept["path"]), _text(kept["from_path"])
    size, time = kept["size"], kept["time"]
    if not isinstance(time, float | int) or not isinstance(size, int | None):
        raise ValueError("no event: its time or its size is no number")
    return HookEvent(
        id=str(kept["id"]),
        trigger=HookTrigger(kept["event"]),
        time=float(time),
        origin=HookOrigin(**origin),
        path=None if path is None else VirtualPath(path),
        host_path=_text(kept["host_path"]),
        size=size,
        grade=None if grade is None else UploadGrade(grade),
        digest=_text(kept["digest"]),
        from_path=None if from_path is None else VirtualPath(from_path),
        outcome=_text(kept["outcome"]),
    )


def _text(value: object) -> str | None:
    if not isinstance(value, str | None):
        raise ValueError("no event: a value is no text")
    return value
