"""The lines of the protocol: a JSON object each way, with the version of the protocol.

A request is ``{"version": 1, "verb": "kick", "id": "s7"}``: beside version and verb it has the verb's own arguments.
The answer has ``result`` or ``error``.  An error is an object with ``code``, a word, and ``text``, for people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

PROTOCOL_VERSION = 1

REQUEST_BYTES = 64 * 1024
"""The longest line of a request."""

A = TypeVar("A", str, bool, int)

encoded = json.JSONEncoder(separators=(",", ":")).encode
"""Returns a value as JSON, in ASCII, so that no text of a client reaches a terminal raw, whatever reads the line."""


class BadRequest(Exception):
    """The line is no request of the protocol; the connection ends after the answer.

    :ivar code: the word of the error.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class NotDone(Exception):
    """The service has understood the request and does not do it; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRequest:
    """One request."""

    verb: str
    arguments: Mapping[str, object]

    def get(self, name: str, kind: type[A]) -> A | None:
        """Return an argument, whose kind was checked, or None if it is absent."""
        value = self.arguments.get(name)
        return value if isinstance(value, kind) else None

    def demand(self, kinds: Mapping[str, type]) -> None:
        """Check the names and kinds of the arguments.

        :raises BadRequest: an argument is unknown, or of another kind.
        """
        for name, value in self.arguments.items():
            kind = kinds.get(name)
            if kind is None:
                raise BadRequest("bad-argument", f"{self.verb} has no argument {_shown(name)}")
            # In Python true is an int, too.
            if type(value) is not kind and not (value is None and kind is int):
                raise BadRequest("bad-argument", f"the argument {name} of {self.verb} must be {_KINDS[kind]}")


_KINDS: Mapping[type, str] = {str: "a text", bool: "true or false", int: "a whole number or null"}


def parsed(line: bytes) -> AdminRequest:
    """Return the request of a line.

    :raises BadRequest: the line is no request.
    """
    try:
        told = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadRequest("no-json", "expected a line with a JSON object in UTF-8") from None
    if not isinstance(told, dict):
        raise BadRequest("no-json", "expected a JSON object")
    version, verb = told.pop("version", None), told.pop("verb", None)
    if type(version) is not int or version != PROTOCOL_VERSION:
        raise BadRequest("version", f'this service speaks version {PROTOCOL_VERSION}: "version": {PROTOCOL_VERSION}')
    if not isinstance(verb, str):
        raise BadRequest("no-verb", 'expected the name of a verb: "verb": "status"')
    return AdminRequest(verb=verb, arguments=told)


def result_line(result: object) -> bytes:
    """Return the answer with a result."""
    return f"{ANSWER_BEGIN}{encoded(result)}{ANSWER_END}".encode("ascii")


ANSWER_BEGIN = f'{{"version":{PROTOCOL_VERSION},"result":'
"""The text before the result of an answer that is written in pieces."""

ANSWER_END = "}\n"
"""The text behind such a result."""


def traced_line(told: Mapping[str, object]) -> bytes:
    """Return a line of a trace, which follows the answer."""
    return f"{encoded({'version': PROTOCOL_VERSION, 'traced': told})}\n".encode("ascii")


def error_line(code: str, text: str) -> bytes:
    """Return the answer with an error."""
    told = {"version": PROTOCOL_VERSION, "error": {"code": code, "text": text}}
    return f"{encoded(told)}\n".encode("ascii")


def unknown_verb(name: str, known: Mapping[str, object]) -> BadRequest:
    """Return the error of a verb that is not there."""
    return BadRequest("unknown-verb", f"there is no verb {_shown(name)}; there are {', '.join(sorted(known))}")


def _shown(name: str) -> str:
    """Return the beginning of a text of the request, for a message."""
    return encoded(name[:40])
