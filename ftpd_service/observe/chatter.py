"""Chatter: all lines of the log that are no events of the server, as they come from `twisted.logger`."""

from __future__ import annotations

from dataclasses import dataclass

from twisted.logger import LogEvent, eventAsText

from ftpd_service.observe.event_table import PARTS

LONGEST_LINE = 16 * 1024
"""The most characters of an entry, including tracebacks; the middle of a longer entry is left out."""

_OURS = ("ftpd", "ftpd_service")
"""The first words of our namespaces; the second word is the part of the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chatter:
    """A line of chatter."""

    text: str
    """The text with its traceback, of bounded length."""
    level: str
    """The name of its level, or ``-`` where it has none."""
    part: str
    system: str
    """The origin as the text log shows it."""
    seconds: float | None
    """The time, or None where it has none."""
    session: str | None = None
    account: str | None = None
    address: str | None = None


def chatter_of(event: LogEvent) -> Chatter | None:
    """Return the line of a log event, or None if it has no text."""
    text = text_of(event)
    if not text:
        return None
    constant = event.get("log_level")
    level = "-" if constant is None else constant.name
    return Chatter(
        text=text,
        level=level,
        part=part_of(event),
        system=_system(event, level),
        seconds=event.get("log_time"),
        session=_text_field(event, "session"),
        account=_text_field(event, "account"),
        address=_text_field(event, "address"),
    )


def part_of(event: LogEvent) -> str:
    """Return the part of the server that a log event comes from."""
    first, _, rest = str(event.get("log_namespace", "")).partition(".")
    if first not in _OURS:
        return "twisted"
    second = rest.partition(".")[0]
    return second if second in PARTS else "service"


def text_of(event: LogEvent) -> str:
    """Return the text of an event with its traceback, of bounded length; empty if the event has no text."""
    text = event.get("log_format")
    # Most texts of this package are already formatted; Twisted's formatting takes ten times as long.
    if not isinstance(text, str) or "{" in text or "}" in text or "log_failure" in event or "log_flattened" in event:
        text = eventAsText(event, includeTimestamp=False, includeSystem=False)
    return shortened(text)


def shortened(text: str) -> str:
    """Return a text without the middle that exceeds `LONGEST_LINE`."""
    if len(text) <= LONGEST_LINE:
        return text
    half = LONGEST_LINE // 2
    return f"{text[:half]} [{len(text) - 2 * half} characters are left out] {text[-half:]}"


def _text_field(event: LogEvent, name: str) -> str | None:
    value = event.get(name)
    return value if isinstance(value, str) else None


def _system(event: LogEvent, level: str) -> str:
    system = event.get("log_system")
    if system is None:
        namespace = str(event.get("log_namespace", "-"))
        return f"{'ftpd' if namespace.startswith('ftpd.') else namespace}#{level}"
    try:
        return str(system)
    except Exception:  # a stranger's object; Twisted's observer takes the same care
        return "UNFORMATTABLE"
