"""Replies as values, and their only encoder, which knows hyphens, line ends and forbidden characters.

Interior lines of a multi-line reply always get exactly one leading space: clients end a reply at lines that begin with
digits, each by its own rule, and no client ends a reply at a space.  A line that must show two spaces (MLST without
facts) begins with a space itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from ftpd_service.wire import names
from ftpd_service.wire.charsets import UTF8, Charset
from ftpd_service.wire.paths import display, tellable

FINAL_CODES = frozenset(
    {
        *(200, 202, 211, 212, 213, 214, 215, 220, 221, 225, 226, 227, 229, 230, 232, 234, 250, 251, 252, 257),
        *(331, 350),
        *(421, 425, 426, 431, 450, 451, 452),
        *(500, 501, 502, 503, 504, 522, 530, 533, 534, 536, 550, 551, 552, 553, 554),
    }
)
"""The codes of all final replies of the catalogue."""


class After(Enum):
    """The action of the control connection after a Final is sent."""

    CONTINUE = "continue"
    CLOSE = "close"
    START_TLS = "start TLS"
    END_TLS = "end TLS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preliminary:
    """A 1yz reply, which a Final of the same command follows."""

    code: int
    lines: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 100 <= self.code <= 199:
            raise ValueError(f"{self.code} is no preliminary code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """The reply that completes a command, 2yz to 5yz."""

    code: int
    lines: tuple[str, ...]
    after: After = After.CONTINUE
    rows: bytes = b""
    """Interior lines before the last line, from `interior_rows`, so that the reactor need not make thousands of lines.
    """

    def __post_init__(self) -> None:
        if not 200 <= self.code <= 599:
            raise ValueError(f"{self.code} is no final code")

    def summary(self) -> str:
        """The code and the first line, for the log."""
        return f"{self.code} {self.lines[0].removesuffix('.')}"


def encode(reply: Preliminary | Final, charset: Charset = UTF8) -> bytes:
    """Return the bytes of a reply in a set, with CRLF at the end of each line and each FF doubled for Telnet.

    Control characters never get through: CR or LF in a name would end the line, and NUL ends it for FileZilla.

    RFC 959 section 4.2; RFC 854 (IAC IAC); RFC 2389 section 3.2 (the space before interior lines).
    """
    code, lines = reply.code, reply.lines
    if len(lines) < 2:
        line = lines[0] if lines else ""
        if line and line.isascii() and line.isprintable() and (charset is UTF8 or "=" not in line):
            # In nearly all replies no character has to be changed.
            return f"{code} {line}\r\n".encode("ascii")
        return _octets(f"{code} {_text(line)}\r\n", charset)
    interior = _interior(lines[1:-1])
    last = f"{code} {_text(lines[-1])}\r\n"
    rows = reply.rows if isinstance(reply, Final) else b""
    if not rows:
        return _octets(f"{code}-{_text(lines[0])}\r\n{interior}{last}", charset)
    return b"".join((_octets(f"{code}-{_text(lines[0])}\r\n{interior}", charset), rows, _octets(last, charset)))


def interior_rows(rows: bytes, charset: Charset = UTF8) -> bytes:
    """Return rows of a listing, in UTF-8 and with CRLF at their ends, as interior lines of a reply in a set.

    Any thread may call this.  A row with a control character in its name is left out, because no reply can contain it.
    """
    return _octets(_interior(filter(tellable, names.decode(rows).split("\r\n")[:-1])), charset)


def _interior(lines: Iterable[str]) -> str:
    return "".join([f" {display(line)}\r\n" for line in lines])


def _octets(text: str, charset: Charset) -> bytes:
    return charset.encode(text).replace(b"\xff", b"\xff\xff")


def _text(line: str) -> str:
    # Several clients look at the fifth byte of a line even if the line is shorter.
    return display(line) or "."
