"""Replies as values, and the one place that knows hyphens, line ends and what may not stand in a reply.

Interior lines of a multi-line reply get exactly one leading space, always: clients end a reply at lines that begin
with digits, each by a rule of its own, and none at a space.  A line that shall show two spaces (MLST without facts)
begins with one itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from ftpd_service.wire import names
from ftpd_service.wire.paths import display, tellable


class After(Enum):
    """What the control connection does once a Final is sent."""

    CONTINUE = "continue"
    CLOSE = "close"
    START_TLS = "start TLS"
    END_TLS = "end TLS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preliminary:
    """A 1yz reply: a Final of the same command follows."""

    code: int
    lines: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 100 <= self.code <= 199:
            raise ValueError(f"{self.code} is no preliminary code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """The reply that completes a command: 2yz to 5yz."""

    code: int
    lines: tuple[str, ...]
    after: After = After.CONTINUE
    rows: bytes = b""
    """Interior lines before the last one, made by `interior_rows`: thousands of them are not made on the reactor."""

    def __post_init__(self) -> None:
        if not 200 <= self.code <= 599:
            raise ValueError(f"{self.code} is no final code")

    def summary(self) -> str:
        """The code and the first line, for the log."""
        return f"{self.code} {self.lines[0].removesuffix('.')}"


def encode(reply: Preliminary | Final) -> bytes:
    """The reply as it is sent, each line ended by CRLF and each FF doubled for Telnet.

    Control characters never leak: CR or LF in a name would end the line, and NUL ends it for FileZilla.

    RFC 959 section 4.2; RFC 854 (IAC IAC); RFC 2389 section 3.2 (the space before interior lines).
    """
    code, lines = reply.code, reply.lines
    if len(lines) < 2:
        line = lines[0] if lines else ""
        if line and line.isascii() and line.isprintable():
            # Nearly all replies: nothing in them is to be changed.
            return f"{code} {line}\r\n".encode("ascii")
        return _octets(f"{code} {_text(line)}\r\n")
    interior = _interior(lines[1:-1])
    last = f"{code} {_text(lines[-1])}\r\n"
    rows = reply.rows if isinstance(reply, Final) else b""
    if not rows:
        return _octets(f"{code}-{_text(lines[0])}\r\n{interior}{last}")
    return b"".join((_octets(f"{code}-{_text(lines[0])}\r\n{interior}"), rows, _octets(last)))


def interior_rows(rows: bytes) -> bytes:
    """Rows of a listing, each ended by CRLF, as interior lines of a reply; called on any thread.

    A row with a control character in its name is left out, as no reply can hold it.
    """
    return _octets(_interior(filter(tellable, names.decode(rows).split("\r\n")[:-1])))


def _interior(lines: Iterable[str]) -> str:
    return "".join([f" {display(line)}\r\n" for line in lines])


def _octets(text: str) -> bytes:
    return names.encode(text).replace(b"\xff", b"\xff\xff")


def _text(line: str) -> str:
    # Several clients look at the fifth byte of a line without asking whether there is one.
    return display(line) or "."
