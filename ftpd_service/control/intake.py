"""From octets to requests: lines are cut, parsed and handed on; behind AUTH nothing is before it has been answered.

A verb that begins TLS must be the last thing that came in clear: what an attacker puts behind it would else be taken
for the client's own, said under TLS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftpd_service.control.settings import ControlSettings
from ftpd_service.control.transport import Pause, Reading
from ftpd_service.errors import BadArgument, BadSyntax
from ftpd_service.wire import replies
from ftpd_service.wire.lines import Item, Line, LineSplitter, LineTooLong, TelnetAnswer
from ftpd_service.wire.reply import Final
from ftpd_service.wire.request import Request, parse_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """What the intake asks of its connection."""

    request: Callable[[Request, int], None]
    """A command, and the octets of its line."""
    refusal: Callable[[Final, int], None]
    """The reply to a line that was none."""
    telnet: Callable[[bytes], None]
    closing: Callable[[], bool]
    """Whether what follows is thrown away."""


class Intake:
    """The input of one control connection.

    :param stop_verbs: the verbs behind whose lines nothing is looked at until `go_on` or `begin_anew`.
    """

    __slots__ = ("_all_handed_over", "_behind", "_reading", "_settings", "_splitter", "_stop_verbs", "_taker")

    def __init__(
        self, settings: ControlSettings, *, stop_verbs: frozenset[bytes], reading: Reading, taker: Taker
    ) -> None:
        self._settings = settings
        self._stop_verbs = stop_verbs
        self._reading = reading
        self._taker = taker
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget every octet that is not handed over, and where in a line or in Telnet the next one would stand."""
        self._behind = 0
        self._all_handed_over = True
        self._splitter = LineSplitter(
            limit=self._settings.line_octets,
            strict=self._settings.strict_line_ends,
            stop_verbs=self._stop_verbs,
        )

    @property
    def stopped(self) -> bool:
        """Whether a verb was handed over behind which nothing is."""
        return self._all_handed_over and self._splitter.stopped

    @property
    def held(self) -> bool:
        """Whether anything has come that is not handed over."""
        return self._splitter.held

    def feed(self, data: bytes) -> None:
        """Hand over what these octets complete."""
        if self._splitter.stopped:
            self._behind += len(data)
            if self._behind > self._settings.queued_octets:
                self._reading.pause(Pause.SPLITTER)
        self._hand_over(self._splitter.feed(data))

    def go_on(self) -> None:
        """The verb that stopped it has been answered, and TLS does not begin."""
        self._behind = 0
        self._hand_over(self._splitter.resume())
        if not self._splitter.stopped:
            self._reading.resume(Pause.SPLITTER)

    def _hand_over(self, items: list[Item]) -> None:
        last = len(items) - 1
        for position, item in enumerate(items):
            if self._taker.closing():
                return
            # The splitter has stopped for the last one: what is answered before it goes on with nothing.
            self._all_handed_over = position == last
            if isinstance(item, Line):
                self._line(item.text)
            elif isinstance(item, LineTooLong):
                self._taker.refusal(replies.line_too_long(), self._settings.line_octets)
            elif isinstance(item, TelnetAnswer):
                self._taker.telnet(item.data)

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
                self._taker.request(request, len(text))
