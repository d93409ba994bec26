"""Replies as a client reads them, free of input and output (RFC 959 section 4.2, RFC 2428 section 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_EPSV = re.compile(r"\((.)\1\1([0-9]{1,5})\1\)")
_PASV = re.compile(r"[0-9]{1,3}(?:,[0-9]{1,3}){5}")
_FIRST = re.compile(rb"([1-6][0-9][0-9])([ -])(.*)", re.DOTALL)


class BadReply(Exception):
    """The server said what no FTP server says, or not what was needed; the text is its reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply; of more than one line, the text is the last one's."""

    code: int
    text: str

    @property
    def preliminary(self) -> bool:
        """Whether another reply follows."""
        return self.code < 200

    @property
    def positive(self) -> bool:
        """Whether it is none that refuses."""
        return self.code < 400

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class ReplySplitter:
    """Cuts what a server sends into replies."""

    def __init__(self) -> None:
        self._rest = b""
        self._open: bytes | None = None

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that these bytes complete.

        :raises BadReply: a line that begins no reply.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [reply for reply in map(self._line, lines) if reply is not None]

    def _line(self, line: bytes) -> Reply | None:
        found = _FIRST.fullmatch(line.rstrip(b"\r"))
        if self._open is not None:
            if found is None or found[1] != self._open or found[2] == b"-":
                return None
        elif found is None:
            raise BadReply(f"no reply begins with {line[:80]!r}")
        elif found[2] == b"-":
            self._open = found[1]
            return None
        self._open = None
        return Reply(int(found[1]), found[3].decode("utf-8", "replace"))


def epsv_port(text: str) -> int:
    """The port of a 229 reply.

    :raises BadReply: there is none in it.
    """
    found = _EPSV.search(text)
    if found is None:
        raise BadReply(f"no port in {text!r}")
    return int(found[2])


def pasv_port(text: str) -> int:
    """The port of a 227 reply.  Its address is not used: behind NAT it is often wrong.

    :raises BadReply: there is none in it.
    """
    found = _PASV.search(text)
    if found is None:
        raise BadReply(f"no port in {text!r}")
    high, low = found[0].split(",")[-2:]
    return int(high) * 256 + int(low)
