"""The time that a service asks for before the next request (RFC 9110 section 10.2.3)."""

from __future__ import annotations

import re
from datetime import timezone
from email.utils import parsedate_to_datetime

from twisted.web.http_headers import Headers

LONGEST_RETRY_AFTER_SECONDS = 3600.0
"""The longest time that is granted, because a mistaken service may ask for years."""

_SECONDS = re.compile(r"[0-9]{1,15}")


def retry_after(headers: Headers, now: float) -> float | None:
    """Return the seconds until the next request, or None if the answer does not ask for any.

    :param now: seconds since 1970, for the form with a date.
    """
    values = headers.getRawHeaders(b"retry-after") or []
    text = values[0].decode("latin-1").strip() if values else ""
    if not text:
        return None
    asked = float(text) if _SECONDS.fullmatch(text) else _until(text, now)
    return None if asked is None else min(max(asked, 0.0), LONGEST_RETRY_AFTER_SECONDS)


def _until(date: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
        # A date of HTTP is in GMT, also in the form that does not say so.
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp() - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
