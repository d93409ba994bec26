"""The values of an account's keys about when and from where it may log in.

Every function takes a value as YAML gave it, and returns None for ``null``, which is the same as a key that is left
out.  It raises ValueError with a text that names the expected and the found value.
"""

from __future__ import annotations

import re
from datetime import date

from pydantic import ValidationInfo

from ftpd_service.account import AccountSettings
from ftpd_service.config import networks, words
from ftpd_service.config.problems import found
from ftpd_service.login_hours import AT_ANY_TIME, EACH_DAY, MINUTES_OF_DAY, WEEK_DAYS, HourSpan, LoginHours
from ftpd_service.values import Networks

NEVER = date.max
"""The last day of an account that never expires."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_SPAN = re.compile(
    r"(?:(?P<first>[a-z]+)(?:\s*-\s*(?P<last>[a-z]+))?\s+)?"
    r"(?P<begins>[0-9]{1,2}:[0-9]{2})\s*-\s*(?P<ends>[0-9]{1,2}:[0-9]{2})\Z"
)


def from_networks(value: object) -> Networks | None:
    """Return the networks from which an account may log in."""
    if value is None:
        return None
    if value == []:
        raise ValueError("expected at least one network, or any for all; found an empty list")
    return networks.networks_or_any(value)


def last_day(value: object) -> date | None:
    """Return the last day of an account."""
    if value is None:
        return None
    if value == "never":
        return NEVER
    if isinstance(value, str) and _DATE.match(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"expected a day of the calendar, found {found(value)}") from None
    raise ValueError(f"expected a date such as 2027-01-31, or never; found {found(value)}")


def totp_file(value: object, info: ValidationInfo) -> str | None:
    """Return the path of a secret, in which ``{name}`` may stand, or an empty text for ``none``."""
    if value is None:
        return None
    return "" if value == "none" else words.template_path(value, info, "the path of a file")


def shared_secret(settings: AccountSettings) -> str | None:
    """Return the mistake in the path of a group or of the defaults, which would be that of many accounts."""
    if not settings.totp_file or "{name}" in settings.totp_file:
        return None
    return "expected {name} in the path: each account needs a secret of its own"


def hours(value: object) -> LoginHours | None:
    """Return the hours in which an account may log in, such as ``mon-fri 06:00-20:00, sat 08:00-12:00``."""
    if value is None:
        return None
    if value == "any":
        return AT_ANY_TIME
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f'expected hours such as "mon-fri 06:00-20:00", or any; found {found(value)}')
    spans = [part.strip().lower() for part in value.split(",")]
    return LoginHours(text=", ".join(spans), spans=tuple(_span(span) for span in spans))


def _span(text: str) -> HourSpan:
    match = _SPAN.match(text)
    if match is None:
        raise ValueError(f'expected hours such as "mon-fri 06:00-20:00", and commas between several; found {text!r}')
    begins, ends = _minute(match["begins"]), _minute(match["ends"])
    if begins in (ends, MINUTES_OF_DAY):
        raise ValueError(f"expected hours that end after they begin, perhaps on the next day; found {text!r}")
    return HourSpan(days=_days(match["first"], match["last"]), begins=begins, ends=ends)


def _days(first: str | None, last: str | None) -> frozenset[int]:
    if first is None:
        return EACH_DAY
    begins = _day(first)
    ends = begins if last is None else _day(last)
    return frozenset((begins + more) % len(WEEK_DAYS) for more in range((ends - begins) % len(WEEK_DAYS) + 1))


def _day(word: str) -> int:
    if word not in WEEK_DAYS:
        raise ValueError(f"expected one of the days {', '.join(WEEK_DAYS)}; found {word!r}")
    return WEEK_DAYS.index(word)


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > MINUTES_OF_DAY:
        raise ValueError(f"expected a time from 00:00 to 24:00, found {text!r}")
    return total
