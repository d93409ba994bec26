"""Log lines as JSON: one object in each line, with the same first fields in every line.

The objects are ASCII, so no character of a client can end a line, or look like a line, in any program.  A byte of a
name that is not UTF-8 stands in its text as ``\\xNN``, because many readers of JSON refuse lone surrogates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timezone
from json.encoder import encode_basestring_ascii
from typing import Any

from ftpd_service.events import Event
from ftpd_service.observe.chatter import Chatter, shortened
from ftpd_service.observe.escapes import escaped
from ftpd_service.observe.event_table import COMMON, EVENT_TABLE, Telling
from ftpd_service.observe.event_texts import traceback_of
from ftpd_service.observe.line_forms import boolean_text, gap_chatter

LONGEST_BYTES = 256 * 1024
"""The longest line; a longer line gets shorter texts."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def _template(telling: Telling) -> str:
    """Return the line of an event with a place for the time and for each field."""
    missing = [name for name in COMMON if name not in telling.names]
    names = [*COMMON, *(name for name in telling.names if name not in COMMON)]
    fields = ",".join(f'"{name}":{"null" if name in missing else "%s"}' for name in names)
    return f'{{"time":"%s","level":"{telling.level}","event":"{telling.name}",{fields}}}\n'


_TEMPLATES = {kind: _template(telling) for kind, telling in EVENT_TABLE.items()}


def _number(value: object) -> str:
    return repr(value)


def _null(value: object) -> str:
    return "null"


def _other(value: object) -> str:
    if isinstance(value, BaseException):
        return encode_basestring_ascii(shortened(traceback_of(value)))
    if isinstance(value, tuple):
        return json.dumps(value, separators=(",", ":"))
    return encode_basestring_ascii(str(value))


_BY_TYPE: dict[type, Callable[[Any], str]] = {  # Any: a value of the type
    str: encode_basestring_ascii,
    int: _number,
    float: _number,
    bool: boolean_text,
    type(None): _null,
}


class JsonLines:
    """Makes lines of JSON; see `LineForm`."""

    def __init__(self) -> None:
        self._time = (-1, "")

    def event(self, telling: Telling, event: Event, seconds: float) -> bytes:
        """Return the object of an event."""
        values = telling.values(event)
        texts = [_BY_TYPE.get(type(value), _other)(value) for value in values]
        line = _TEMPLATES[telling.kind] % (self._stamp(seconds), *texts)
        if "\\ud" in line or len(line) > LONGEST_BYTES:
            # A character beyond U+FFFF also has this escape.
            texts = [_BY_TYPE.get(type(value), _other)(_safe(value)) for value in values]
            line = _TEMPLATES[telling.kind] % (self._stamp(seconds), *texts)
        return line.encode("ascii")

    def chatter(self, chatter: Chatter) -> bytes:
        """Return the object of a line of chatter."""
        return self._message(chatter, "message", part=chatter.part, message=_surrogates_escaped(chatter.text))

    def gap(self, number: int, seconds: float) -> bytes:
        """Return the object that stands in place of lines that are missing."""
        chatter = gap_chatter(number, seconds)
        return self._message(chatter, "lines_missing", part=chatter.part, missing=number, message=chatter.text)

    def _message(self, chatter: Chatter, name: str, **own: object) -> bytes:
        fields = {
            "time": None if chatter.seconds is None else f"{self._stamp(chatter.seconds)}",
            "level": "info" if chatter.level == "-" else chatter.level,
            "event": name,
            "session": chatter.session,
            "account": None if chatter.account is None else _surrogates_escaped(chatter.account),
            "address": chatter.address,
            **own,
        }
        return f"{json.dumps(fields, separators=(',', ':'))}\n".encode("ascii")

    def _stamp(self, seconds: float) -> str:
        """Return the time by RFC 3339, in UTC; the text is made once a second."""
        whole = int(seconds)
        known, text = self._time
        if known != whole:
            text = datetime.fromtimestamp(whole, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
            self._time = (whole, text)
        return f"{text}.{int((seconds - whole) * 1_000_000):06d}Z"


def _safe(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(map(_safe, value))
    return shortened(_surrogates_escaped(value)) if isinstance(value, str) else value


def _surrogates_escaped(text: str) -> str:
    return _SURROGATE.sub(lambda found: escaped(found[0]), text)
