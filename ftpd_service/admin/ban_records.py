"""The bans of the database, for the sub-command ``bans``, which gets them from ``database_of_file.py``."""

from __future__ import annotations

import time

from ftpd_service.admin.ban_subjects import is_named, keeps_out
from ftpd_service.admin.connected import connected
from ftpd_service.database.ban_rows import all_bans, lift_ban, put_ban
from ftpd_service.policy.bans import Ban, BanKind


class BanRecords:
    """The bans in the database of a configuration file."""

    def __init__(self, config: str) -> None:
        self._config = config

    def told(self) -> list[dict[str, object]]:
        """Return the bans in force for a reader, the newest first."""
        with connected(self._config, change=False) as connection:
            return [_told(ban) for ban in all_bans(connection, time.time())]

    def put(self, kind: BanKind, subject: str, *, seconds: float | None, reason: str) -> None:
        """Ban a subject; None seconds means until somebody lifts the ban."""
        now = time.time()
        until = None if seconds is None else now + seconds
        with connected(self._config, change=True) as connection:
            put_ban(connection, Ban(kind=kind, subject=subject, since=now, until=until, reason=reason))

    def lift(self, text: str) -> tuple[list[str], list[str]]:
        """Lift the bans that a text names; return their subjects, and the networks that keep the address out still."""
        with connected(self._config, change=True) as connection:
            bans = all_bans(connection, time.time())
            lifted = [ban for ban in bans if is_named(ban, text)]
            for ban in lifted:
                lift_ban(connection, ban.kind, ban.subject)
        left = [ban for ban in bans if ban not in lifted and keeps_out(ban, text)]
        return [ban.subject for ban in lifted], [ban.subject for ban in left]


def _told(ban: Ban) -> dict[str, object]:
    return {
        "kind": ban.kind.value,
        "subject": ban.subject,
        "since": _time(ban.since),
        "until": None if ban.until is None else _time(ban.until),
        "reason": ban.reason,
        "automatic": ban.automatic,
    }


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
