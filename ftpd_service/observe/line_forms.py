"""The interface of the forms of lines, and the text of gaps, which all forms tell."""

from __future__ import annotations

from typing import Protocol

from ftpd_service.events import Event
from ftpd_service.observe.chatter import Chatter
from ftpd_service.observe.event_table import Telling


class LineForm(Protocol):
    """A form of lines.  Its results are whole lines with their line ends, or whole datagrams."""

    def event(self, telling: Telling, event: Event, seconds: float) -> bytes:
        """Return the line of an event.

        :param seconds: the time of the event.
        """

    def chatter(self, chatter: Chatter) -> bytes:
        """Return the line of chatter."""

    def gap(self, number: int, seconds: float) -> bytes:
        """Return the line that stands in place of lines that are missing."""


def gap_text(number: int) -> str:
    """Return the text of a gap."""
    return (
        f"{number} lines are missing here: the log could not be written as fast as they came (its reader stopped, or "
        "its disk hung or was full); logging.queue says how many lines may wait"
    )


def gap_chatter(number: int, seconds: float) -> Chatter:
    """Return the line of a gap as chatter."""
    return error_chatter(gap_text(number), seconds)


def error_chatter(text: str, seconds: float) -> Chatter:
    """Return an error of the log itself as chatter."""
    return Chatter(text=text, level="error", part="service", system="ftpd#error", seconds=seconds)


def boolean_text(value: object) -> str:
    """Return true or false, as JSON and the journal have them."""
    return "true" if value else "false"
