"""The rows of ``sessions``: what each session does, from its live entry."""

from __future__ import annotations

import time

from ftpd_service.session.registry import LiveSession


def row_of(live: LiveSession) -> dict[str, object]:
    """Return the fields of a session; ``bytes``, ``size`` and ``rate`` are about its running transfer."""
    session, running, progress = live.session, live.connection.running, live.data.progress()
    return {
        "id": session.id,
        "account": session.account_name,
        "address": session.peer.address_text,
        "since": told_time(session.started),
        "verb": None if running is None else running.verb,
        "path": None if running is None else running.path,
        "bytes": None if progress is None else progress.octets,
        "size": None if progress is None else progress.total,
        "rate": None if progress is None else round(progress.rate),
        "tls": session.peer.secure,
    }


def told_time(seconds: float) -> str:
    """Return a time, in seconds since 1970, in the form of RFC 3339."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
