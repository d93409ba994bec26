"""An event of each class, with texts that try to forge lines and fields."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from ftpd_service.events import Event
from ftpd_service.hook_events import HookTrigger
from ftpd_service.observe.event_table import EVENT_TABLE
from ftpd_service.reasons import DataFailure, LoginOutcome, SessionRefusal, TransferOutcome, UploadEvidence, UploadGrade
from ftpd_service.testing.fakes import peer
from ftpd_service.values import Direction, SessionId
from ftpd_service.verdict_interfaces import Ruling

HOSTILE = (
    'x","event":"login_succeeded","account":"root"}\n{"time":"2026-11-28T00:00:00Z","level":"info","event":"forged',
    "x\nFTPD_EVENT=forged\nMESSAGE=forged\nPRIORITY=0",
    "x\n2026-11-28T00:00:00+0000 [ftpd#warn] s1 192.0.2.9 forged",
    "x\r\n[ftpd#warn] forged\x1b[2J\x85\u2028\u2029\u202e\x00\x7f",
    "bytes that are no UTF-8: \udce9\udc80 and a character beyond U+FFFF: \U0001f600",
    'a quote " a backslash \\ a brace {session} a per cent %s %(name)s %',
)

_VALUES: dict[str, object] = {
    "SessionId": SessionId("s1"),
    "Peer": peer(),
    "Direction": Direction.UPLOAD,
    "int": 7,
    "int | None": 7,
    "float": 0.25,
    "float | None": 0.25,
    "bool": True,
    "SessionRefusal": SessionRefusal.BANS,
    "LoginOutcome": LoginOutcome.WRONG,
    "DataFailure": DataFailure.OTHER,
    "TransferOutcome": TransferOutcome.COMPLETE,
    "HookTrigger": HookTrigger.UPLOADED,
    "Ruling": Ruling.REFUSE,
    "UploadGrade | None": UploadGrade.DOUBTFUL,
    "UploadEvidence | None": UploadEvidence.NO_CLOSE_NOTIFY,
}


def event_of(kind: type[Event], text: str) -> Event:
    """An event whose every text is this text."""
    values: dict[str, Any] = {}  # Any: the values of all fields
    for field in fields(kind):
        if field.type in ("str", "str | None"):
            values[field.name] = text
        elif field.type == "tuple[str, ...]":
            values[field.name] = (text, text)
        elif field.type == "BaseException":
            values[field.name] = ValueError(text)
        else:
            values[field.name] = _VALUES[str(field.type)]
    return kind(**values)


def hostile_events() -> list[Event]:
    """Each event of the table with each text."""
    return [event_of(kind, text) for kind in EVENT_TABLE for text in HOSTILE]


def least_event(kind: type[Event]) -> Event:
    """An event with the fields that it must have."""
    full = event_of(kind, "text")
    needed = {field.name: getattr(full, field.name) for field in fields(kind) if field.default is MISSING}
    return kind(**needed)
