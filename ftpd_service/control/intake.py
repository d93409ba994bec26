"""From bytes to requests: lines are cut, parsed and handed on; behind AUTH nothing is before it has been answered.

What comes is kept as it is and cut a little at a time, so that nobody waits for one client's lines (``turns.py``).

A verb that begins TLS must be the last thing that came in clear: what an attacker puts behind it would else be taken
for the client's own, said under TLS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftpd_service.control.settings import ControlSettings
from ftpd_service.control.stranger import WASTE_OCTETS
from ftpd_service.errors import BadArgument, BadSyntax
from ftpd_service.wire import replies
from ftpd_service.wire.lines import Item, Line, LineSplitter, LineTooLong
from ftpd_service.wire.reply import Final
from ftpd_service.wire.request import Request, parse_request

_PIECE_OCTETS = 256
"""What is cut at once: as many empty lines, or eighty Telnet sequences, take some 0.3 ms (measured)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """What the intake asks of its connection."""

    request: Callable[[Request, int], None]
    """A command, and the bytes of its line."""
    refusal: Callable[[Final, int], None]
    """The reply to a line that was none."""
    telnet: Callable[[bytes], None]
    wasted: Callable[[], None]
    """So much came that belongs to no command that a client who has not logged in is not worth it."""


class Intake:
    """The input of one control connection.

    :param stop_verbs: the verbs behind whose lines nothing is looked at until `release` or `begin_anew`.
    :ivar full: set while nothing is to be handed over.
    """

    __slots__ = (
        "_at",
        "_came",
        "_closed",
        "_items",
        "_position",
        "_settings",
        "_splitter",
        "_stop_verbs",
        "_taker",
        "_waste",
        "full",
    )

    def __init__(self, settings: ControlSettings, *, stop_verbs: frozenset[bytes], taker: Taker) -> None:
        self._settings = settings
        self._stop_verbs = stop_verbs
        self._taker = taker
        self._closed = False
        self._waste = 0
        self.full = False
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget every byte that is not handed over, and where in a line or in Telnet the next one would stand."""
        self._forget()
        self._splitter = LineSplitter(
            limit=self._settings.line_octets,
            strict=self._settings.strict_line_ends,
            stop_verbs=self._stop_verbs,
        )

    def _forget(self) -> None:
        self._came, self._at = b"", 0
        self._items: list[Item] = []
        self._position = 0

    def close(self) -> None:
        """From here on everything is thrown away."""
        self._closed = True
        self._forget()

    @property
    def stopped(self) -> bool:
        """Whether a verb was handed over behind which nothing is."""
        return self._splitter.stopped and self._position == len(self._items)

    @property
    def held(self) -> bool:
        """Whether anything has come that is not handed over."""
        return self.pending or self._splitter.held

    @property
    def pending(self) -> bool:
        """Whether anything waits to be looked at."""
        return self._at < len(self._came) or self._position < len(self._items)

    def pending_text(self) -> bytes:
        """What waits to be looked at, as it came but for Telnet."""
        cut = [item.text for item in self._items[self._position :] if isinstance(item, Line)]
        return b"\n".join((*cut, self._came[self._at :]))

    def take(self, data: bytes) -> bool:
        """Keep what has come, for `go_on`; whether something waited before it."""
        if self._closed:
            return False
        waited = self._at < len(self._came)
        self._came = self._came[self._at :] + data if waited else data
        self._at = 0
        return waited or self._position < len(self._items)

    def release(self) -> None:
        """The verb that stopped it has been answered, and TLS does not begin: `go_on` will."""
        self._items, self._position = self._splitter.resume(), 0

    def go_on(self, enough: Callable[[], bool]) -> bool:
        """Hand over what has come, line by line, while that may be; True: it was `enough` before the end."""
        done = False
        while not self.full:
            if self._position < len(self._items):
                if done and enough():
                    return True
                item = self._items[self._position]
                # The splitter has stopped for the last one: what is answered before it goes on with nothing.
                self._position += 1
                if isinstance(item, Line):
                    self._line(item.text)
                elif isinstance(item, LineTooLong):
                    self._taker.refusal(replies.line_too_long(), self._settings.line_octets)
                else:
                    self._taker.telnet(item.data)
                done = True
            elif self._at >= len(self._came) or self._splitter.stopped:
                return False
            elif done and enough():
                return True
            else:
                self._cut()
                # A piece without a line, all Telnet perhaps, is work as well.
                done = done or not self._items
        return False

    def _cut(self) -> None:
        """Cut the next piece of what has come."""
        end = self._at + _PIECE_OCTETS
        piece = self._came if len(self._came) <= _PIECE_OCTETS else self._came[self._at : end]
        self._at = min(end, len(self._came))
        self._items, self._position = self._splitter.feed(piece), 0
        self._waste += len(piece)
        if self._waste > WASTE_OCTETS:
            self._waste = 0
            self._taker.wasted()

    def _line(self, text: bytes) -> None:
        try:
            request = parse_request(text)
        except BadArgument as error:
            self._taker.refusal(replies.bad_argument(str(error)), len(text))
        except BadSyntax as error:
            self._taker.refusal(replies.bad_syntax(str(error)), len(text))
        else:
            # A stray line end is no activity: a client in a loop of them would never be idle.
            if request is not None:
                self._waste = max(0, self._waste - len(text) - 2)
                self._taker.request(request, len(text))
