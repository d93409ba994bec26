"""Log entries as native fields of systemd's journal, a datagram for each.

A value that contains a line end is sent with its length, so no text of a client can begin a field.  Bytes of names that
are not UTF-8 are sent as they are.  systemd documents the protocol as "Native Journal Protocol".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from struct import pack
from typing import Any

from ftpd_service.events import Event
from ftpd_service.observe.chatter import Chatter, shortened
from ftpd_service.observe.event_table import EVENT_TABLE, Telling
from ftpd_service.observe.event_texts import traceback_of
from ftpd_service.observe.line_forms import boolean_text, gap_text

PREFIX = "FTPD_"
"""The beginning of the names of our fields; a name in capitals follows."""

IDENTIFIER = "ftpd"
"""The name before the messages in ``journalctl``."""

_PRIORITIES = {"debug": 7, "info": 6, "warn": 4, "error": 3, "critical": 2}


def _head(level: str, name: str) -> str:
    priority = _PRIORITIES.get(level, 6)
    return f"PRIORITY={priority}\nSYSLOG_IDENTIFIER={IDENTIFIER}\n{PREFIX}EVENT={name}\n"


_HEADS = {kind: _head(telling.level, telling.name) for kind, telling in EVENT_TABLE.items()}
_NAMES = {kind: tuple(f"{PREFIX}{name.upper()}" for name in telling.names) for kind, telling in EVENT_TABLE.items()}
_TEMPLATES = {
    kind: f"{_HEADS[kind]}MESSAGE=%s\n" + "".join(f"{name}=%s\n" for name in names) for kind, names in _NAMES.items()
}
"""The datagrams of events whose every field has a value, and no value has a line end."""


class JournalFields:
    """Makes datagrams for the journal; see `LineForm`."""

    def event(self, telling: Telling, event: Event, seconds: float) -> bytes:
        """Return the fields of an event; a field without a value is left out."""
        kind, text, values = telling.kind, shortened(telling.text(event)), telling.values(event)
        if None not in values:
            template = _TEMPLATES[kind]
            shown = [_BY_TYPE.get(type(value), _shown)(value) for value in values]
            datagram = template % (text, *shown)
            if datagram.count("\n") == template.count("\n"):
                return _encoded(datagram)
        return _datagram(_HEADS[kind], text, zip(_NAMES[kind], values, strict=True))

    def chatter(self, chatter: Chatter) -> bytes:
        """Return the fields of a line of chatter."""
        fields = {"PART": chatter.part, "SESSION": chatter.session, "ACCOUNT": chatter.account}
        return _datagram(
            _head(chatter.level, "message"),
            chatter.text,
            ((f"{PREFIX}{name}", value) for name, value in fields.items()),
        )

    def gap(self, number: int, seconds: float) -> bytes:
        """Return the entry that stands in place of entries that are missing."""
        return _datagram(_head("error", "lines_missing"), gap_text(number), ((f"{PREFIX}MISSING", number),))


def _datagram(head: str, message: str, fields: Iterable[tuple[str, object]]) -> bytes:
    text = [head]
    binary = b""
    if "\n" in message:
        binary = _with_length("MESSAGE", message)
    else:
        text.append(f"MESSAGE={message}\n")
    for name, value in fields:
        if value is None:
            continue
        shown = _BY_TYPE.get(type(value), _shown)(value)
        if "\n" in shown:
            binary += _with_length(name, shown)
        else:
            text.append(f"{name}={shown}\n")
    return _encoded("".join(text)) + binary


def _shown(value: object) -> str:
    if isinstance(value, BaseException):
        return shortened(traceback_of(value))
    return "\n".join(map(str, value)) if isinstance(value, tuple) else str(value)


_BY_TYPE: dict[type, Callable[[Any], str]] = {  # Any: a value of the type
    str: str,
    int: repr,
    float: repr,
    bool: boolean_text,
}


def _with_length(name: str, text: str) -> bytes:
    data = _encoded(text)
    return b"%s\n%s%s\n" % (name.encode("ascii"), pack("<Q", len(data)), data)


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # A surrogate that stands for no byte; no name of a client has it.
        return text.encode("utf-8", "backslashreplace")
