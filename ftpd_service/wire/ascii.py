"""TYPE A: local line ends (LF) to those of the network (CRLF) and back, incrementally (RFC 959 section 3.1.1.1).

Going out, a LF that stands behind a CR already is left as it is, so that a file with CRLF goes out unchanged.  Coming
in, CRLF becomes LF; a bare CR and a bare LF stay.  Nothing else changes: no character sets, no eighth bit, no ^Z.
"""

from __future__ import annotations


class ToNetwork:
    """LF to CRLF, over any cuts of the data.  Provides `ftpd_service.interfaces.Translation`."""

    __slots__ = ("previous_cr",)

    def __init__(self, *, previous_cr: bool = False) -> None:
        self.previous_cr = previous_cr
        """Whether the octet before the next one counts as CR."""

    def translate(self, data: bytes) -> bytes:
        """The octets that stand for the next ones."""
        if not data:
            return b""
        behind_cr = self.previous_cr and data[0] == 0x0A
        self.previous_cr = data[-1] == 0x0D
        if behind_cr:
            return b"\n" + _expanded(data[1:])
        return _expanded(data)

    def finish(self) -> bytes:
        """Nothing is ever held back."""
        return b""


class FromNetwork:
    """CRLF to LF, over any cuts of the data.  Provides `ftpd_service.interfaces.Translation`."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = b""

    def translate(self, data: bytes) -> bytes:
        """The octets that stand for the next ones; a CR at the end waits for what follows."""
        data = self._held + data
        self._held = b"\r" if data.endswith(b"\r") else b""
        return data[: len(data) - len(self._held)].replace(b"\r\n", b"\n")

    def finish(self) -> bytes:
        """The CR at the very end of the data, if there is one."""
        held, self._held = self._held, b""
        return held


class NetworkLength:
    """Counts what `ToNetwork` would give, without making it (SIZE; RFC 3659 section 4)."""

    __slots__ = ("octets", "previous_cr")

    def __init__(self) -> None:
        self.octets = 0
        """What all data so far becomes."""
        self.previous_cr = False

    def feed(self, data: bytes) -> None:
        """Count the next octets."""
        self.octets += translated_length(data, previous_cr=self.previous_cr)
        if data:
            self.previous_cr = data[-1] == 0x0D


class NetworkPosition:
    """Finds where in a local file the octet with a given number in its converted form lies (REST in TYPE A).

    Feed it the local octets in order until `found`.  An offset that equals the whole converted length is found too;
    one beyond it never is.
    """

    __slots__ = ("_left", "found", "inside_line_end", "offset", "previous_cr")

    def __init__(self, converted: int) -> None:
        self._left = converted
        self.found = converted == 0
        self.offset = 0
        """Local octets that lie wholly before the position."""
        self.previous_cr = False
        """What `ToNetwork` begins with at `offset`: whether the octet sent before counts as CR."""
        self.inside_line_end = False
        """Whether the position splits a CRLF that stands for one local LF: no upload can begin there."""

    def feed(self, data: bytes) -> bool:
        """Look through the next local octets; True once the position is found."""
        if self.found or not data:
            return self.found
        length = translated_length(data, previous_cr=self.previous_cr)
        if length <= self._left:
            self._advance(data, len(data), length)
        else:
            self._advance(data, *self._cut(data))
            if not self.found:
                # One octet is left, and the next local one is a LF that becomes two: the CR is sent already.
                self.found = self.inside_line_end = self.previous_cr = True
        return self.found

    def _advance(self, data: bytes, count: int, length: int) -> None:
        self._left -= length
        self.offset += count
        if count:
            self.previous_cr = data[count - 1] == 0x0D
        self.found = self._left == 0

    def _cut(self, data: bytes) -> tuple[int, int]:
        """The most local octets that become no more than what is left, and what they become."""
        low, high = 0, min(len(data), self._left)
        while low < high:
            middle = (low + high + 1) // 2
            if translated_length(data[:middle], previous_cr=self.previous_cr) <= self._left:
                low = middle
            else:
                high = middle - 1
        return low, translated_length(data[:low], previous_cr=self.previous_cr)


def translated_length(data: bytes, *, previous_cr: bool = False) -> int:
    """How many octets `ToNetwork` makes of these."""
    behind_cr = previous_cr and data[:1] == b"\n"
    return len(data) + data.count(b"\n") - data.count(b"\r\n") - behind_cr


def _expanded(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
