"""The incremental conversion of line ends for TYPE A: LF in files, CRLF on the network (RFC 959 section 3.1.1.1).

In a download, a LF after a CR stays unchanged, so a file with CRLF is sent unchanged.  In an upload, CRLF becomes LF; a
bare CR and a bare LF stay.  No other byte changes: character sets, the eighth bit and ^Z have no effect.
"""

from __future__ import annotations


class ToNetwork:
    """The conversion from LF to CRLF, in pieces of any size.  It provides `ftpd_service.interfaces.Translation`."""

    __slots__ = ("previous_cr",)

    def __init__(self, *, previous_cr: bool = False) -> None:
        self.previous_cr = previous_cr
        """Whether the byte before the next piece counts as CR."""

    def translate(self, data: bytes) -> bytes:
        """Return the converted form of the next bytes."""
        if not data:
            return b""
        behind_cr = self.previous_cr and data[0] == 0x0A
        self.previous_cr = data[-1] == 0x0D
        if behind_cr:
            return b"\n" + _expanded(data[1:])
        return _expanded(data)

    def finish(self) -> bytes:
        """Return no bytes, because this conversion never holds bytes back."""
        return b""


class FromNetwork:
    """The conversion from CRLF to LF, in pieces of any size.  It provides `ftpd_service.interfaces.Translation`."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = b""

    def translate(self, data: bytes) -> bytes:
        """Return the converted form of the next bytes; a CR at the end waits for the next piece."""
        data = self._held + data
        self._held = b"\r" if data.endswith(b"\r") else b""
        return data[: len(data) - len(self._held)].replace(b"\r\n", b"\n")

    def finish(self) -> bytes:
        """Return the CR at the very end of the data, if there is such a CR."""
        held, self._held = self._held, b""
        return held


class NetworkLength:
    """The count of bytes that `ToNetwork` would return, without making them (SIZE; RFC 3659 section 4)."""

    __slots__ = ("octets", "previous_cr")

    def __init__(self) -> None:
        self.octets = 0
        """The converted length of all data so far."""
        self.previous_cr = False

    def feed(self, data: bytes) -> None:
        """Count the next bytes."""
        self.octets += translated_length(data, previous_cr=self.previous_cr)
        if data:
            self.previous_cr = data[-1] == 0x0D


class NetworkPosition:
    """The search for the place in a local file that corresponds to an offset in its converted form (REST in TYPE A).

    Feed the local bytes in order until `found`.  An offset that equals the whole converted length is found too; a
    larger offset is never found.
    """

    __slots__ = ("_left", "found", "inside_line_end", "offset", "previous_cr")

    def __init__(self, converted: int) -> None:
        self._left = converted
        self.found = converted == 0
        self.offset = 0
        """The local bytes that lie wholly before the position."""
        self.previous_cr = False
        """The start state of `ToNetwork` at `offset`: whether the byte sent before counts as CR."""
        self.inside_line_end = False
        """Whether the position splits a CRLF that stands for one local LF, so that no upload can begin there."""

    def feed(self, data: bytes) -> bool:
        """Search the next local bytes; return True once the position is found."""
        if self.found or not data:
            return self.found
        length = translated_length(data, previous_cr=self.previous_cr)
        if length <= self._left:
            self._advance(data, len(data), length)
        else:
            self._advance(data, *self._cut(data))
            if not self.found:
                # One byte is left, and the next local byte is a LF that becomes two bytes, of which the CR is already
                # sent.
                self.found = self.inside_line_end = self.previous_cr = True
        return self.found

    def _advance(self, data: bytes, count: int, length: int) -> None:
        self._left -= length
        self.offset += count
        if count:
            self.previous_cr = data[count - 1] == 0x0D
        self.found = self._left == 0

    def _cut(self, data: bytes) -> tuple[int, int]:
        """Return the most local bytes whose converted length fits into the rest, and that length."""
        low, high = 0, min(len(data), self._left)
        while low < high:
            middle = (low + high + 1) // 2
            if translated_length(data[:middle], previous_cr=self.previous_cr) <= self._left:
                low = middle
            else:
                high = middle - 1
        return low, translated_length(data[:low], previous_cr=self.previous_cr)


def translated_length(data: bytes, *, previous_cr: bool = False) -> int:
    """Return the number of bytes that `ToNetwork` makes of these bytes."""
    behind_cr = previous_cr and data[:1] == b"\n"
    return len(data) + data.count(b"\n") - data.count(b"\r\n") - behind_cr


def _expanded(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
