"""The incremental line splitter: it removes Telnet, accepts CRLF or a bare LF, and stops after verbs that switch TLS.

The splitter does no I/O: `LineSplitter.feed` takes bytes and returns items.  The same bytes give the same items, in
pieces of any size.  No byte is examined twice, and no more than a line is kept, so a megabyte without a line end and
single bytes both cost little.

The Telnet layer only defends itself: it starts no negotiation, refuses each option once, and drops known sequences (RFC
854, RFC 1123 section 4.1.2.12).  A FF that begins no known sequence is a byte of a name, from a client that does not
double it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from ftpd_service.wire.request import verb_of


@dataclass(frozen=True, slots=True)
class Line:
    """A whole line without its end, in which Telnet is removed and CR NUL is CR (RFC 2640 section 3.1)."""

    text: bytes


@dataclass(frozen=True, slots=True)
class LineTooLong:
    """A line has too many bytes; this item comes once, and the rest of that line is dropped."""


@dataclass(frozen=True, slots=True)
class TelnetAnswer:
    """Bytes to be sent at once and unchanged: the refusal of a Telnet option."""

    data: bytes


Item = Line | LineTooLong | TelnetAnswer


class _Telnet(Enum):
    """The place of the next byte in a Telnet sequence."""

    TEXT = auto()
    COMMAND = auto()
    OPTION = auto()
    PARAMETERS = auto()
    PARAMETERS_COMMAND = auto()


_IAC, _DONT, _DO, _WONT, _WILL, _SB, _SE = 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0xFA, 0xF0
_REFUSALS = {_WILL: _DONT, _DO: _WONT}
_NONE_REFUSED: frozenset[tuple[int, int]] = frozenset()
"""The empty set of all sessions: an own set would take 216 bytes of each."""
_MOST_PARAMETERS = 512
"""The most bytes of a subnegotiation; after them the bytes are text again, so that it cannot swallow a session."""

_LONGEST_START = 64
"""The most bytes before the argument of a command, with what ABOR's urgent data leaves there."""

_LF = b"\n"
_PLAIN = re.compile(rb"([^\0\n\x80-\xff]*)\r\n")
"""One whole line with nothing to remove: nearly all that clients send."""


class LineSplitter:
    """The splitter of a client's bytes into lines.

    :param limit: the most bytes of a line without its end.
    :param strict: whether only CRLF ends a line; otherwise a bare LF does too.
    :param stop_verbs: verbs in upper case; after the line of such a verb no item is returned until `resume`.
    :ivar ff_in_names: whether FF is a character of the client's set.  Many such clients do not double it, so only FF FF
        is Telnet in an argument; before an argument Telnet is as usual.
    :ivar stopped: whether the line of such a verb has been returned.
    """

    __slots__ = (
        "_command",
        "_items",
        "_limit",
        "_line",
        "_parameters",
        "_refused",
        "_strict",
        "_telnet",
        "_too_long",
        "_waiting",
        "_waiting_from",
        "ff_in_names",
        "stop_verbs",
        "stopped",
    )

    def __init__(self, *, limit: int = 8192, strict: bool = False, stop_verbs: frozenset[bytes] = frozenset()) -> None:
        self.ff_in_names = False
        self.stop_verbs = stop_verbs
        self._limit = limit
        self._strict = strict
        self._line = bytearray()
        self._too_long = False
        self._telnet = _Telnet.TEXT
        self._command = 0
        self._parameters = 0
        self._refused = _NONE_REFUSED
        self._waiting = bytearray()
        self._waiting_from = 0
        self.stopped = False
        self._items: list[Item] = []

    @property
    def held(self) -> bool:
        """Return whether any byte has arrived that is not yet returned: after a stop, or in an unfinished line."""
        return bool(self._waiting or self._telnet is not _Telnet.TEXT or (self._line and not self._too_long))

    def feed(self, data: bytes) -> list[Item]:
        """Return the items that these bytes complete; while stopped, bytes only wait, and the caller bounds them."""
        if self.stopped:
            self._waiting += data
            return []
        plain = _PLAIN.fullmatch(data)
        if plain is not None and not self._line and self._telnet is _Telnet.TEXT and len(data) - 2 <= self._limit:
            text = plain[1]
            self.stopped = verb_of(text) in self.stop_verbs
            return [Line(text)]
        end = self._run(data, 0)
        if self.stopped:
            self._waiting += data[end:]
        return self._handed_over()

    def resume(self) -> list[Item]:
        """Continue after a stop verb that has been answered; the next stop verb stops again."""
        self.stopped = False
        self._waiting_from = self._run(self._waiting, self._waiting_from)
        if self._waiting_from * 2 >= len(self._waiting):
            # The buffer is cut only by halves, so that a thousand stops in a packet do not move its rest a thousand
            # times.
            del self._waiting[: self._waiting_from]
            self._waiting_from = 0
        return self._handed_over()

    def _handed_over(self) -> list[Item]:
        items, self._items = self._items, []
        return items

    def _run(self, data: bytes | bytearray, at: int) -> int:
        """Process the data to its end or to a stop, and return that position."""
        size, line_end = len(data), -1
        while at < size and not self.stopped:
            if self._telnet is not _Telnet.TEXT:
                at += self._telnet_byte(data[at])
                continue
            if line_end < at:
                # The line end is searched once for each line: a search after each FF would take quadratic time.
                line_end = data.find(_LF, at)
                line_end = size if line_end < 0 else line_end
            iac = data.find(b"\xff", at, line_end)
            self._text(data, at, line_end if iac < 0 else iac)
            if iac >= 0:
                self._telnet = _Telnet.COMMAND
                at = iac + 1
            elif line_end < size:
                self._line_feed()
                at = line_end + 1
            else:
                at = size
        return at

    def _text(self, data: bytes | bytearray, start: int, end: int) -> None:
        """Take bytes of a line.  Of a line that is too long the last two stay, because CR NUL before a LF must be
        known.
        """
        line = self._line
        if not self._too_long and len(line) + end - start <= self._limit + 1:
            line += data[start:end]
            # A CR may be the first byte of the line's end, and the end does not count.
            if len(line) <= self._limit + line.endswith(b"\r"):
                return
            start = end
        if not self._too_long:
            self._too_long = True
            self._items.append(LineTooLong())
        line += data[max(start, end - 2) : end]
        del line[:-2]

    def _line_feed(self) -> None:
        line = self._line
        if line.endswith(b"\r\0") or (self._strict and not line.endswith(b"\r")):
            self._text(_LF, 0, 1)
            return
        too_long, self._too_long = self._too_long, False
        text = bytes(line).removesuffix(b"\r").replace(b"\r\0", b"\r")
        line.clear()
        if not too_long:
            self._items.append(Line(text))
            self.stopped = verb_of(text) in self.stop_verbs

    def _telnet_byte(self, byte: int) -> int:
        """Take a byte of a Telnet sequence and return 1, or return 0 if the byte is text and stays."""
        state, self._telnet = self._telnet, _Telnet.TEXT
        if state is _Telnet.COMMAND:
            return self._telnet_command(byte)
        if state is _Telnet.OPTION:
            self._refuse(byte)
            return 1
        self._parameters += 1
        if state is _Telnet.PARAMETERS_COMMAND and byte == _SE:
            return 1
        if self._parameters < _MOST_PARAMETERS:
            begins = state is _Telnet.PARAMETERS and byte == _IAC
            self._telnet = _Telnet.PARAMETERS_COMMAND if begins else _Telnet.PARAMETERS
        return 1

    def _telnet_command(self, byte: int) -> int:
        if self.ff_in_names and byte != _IAC and self._line.find(b" ", 0, _LONGEST_START) >= 0:
            self._text(b"\xff", 0, 1)
            return 0
        if byte >= _WILL and byte != _IAC:
            self._command = byte
            self._telnet = _Telnet.OPTION
        elif byte == _SB:
            self._parameters = 0
            self._telnet = _Telnet.PARAMETERS
        elif byte == _IAC or byte < _SE:
            self._text(b"\xff", 0, 1)
            return 1 if byte == _IAC else 0
        return 1

    def _refuse(self, option: int) -> None:
        """Answer WILL with DONT and DO with WONT, once for each option, because further answers could loop for ever."""
        refusal = _REFUSALS.get(self._command)
        if refusal is not None and (refusal, option) not in self._refused:
            self._refused |= {(refusal, option)}
            self._items.append(TelnetAnswer(bytes((_IAC, refusal, option))))
