"""The bans of the database, for the sub-command ``bans``, which loads this module by its name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Connection

from ftpd_service.admin.ban_subjects import is_named, keeps_out
from ftpd_service.admin.database_of_file import opened
from ftpd_service.config.problems import ConfigError
from ftpd_service.database.ban_rows import all_bans, lift_ban, put_ban
from ftpd_service.database.connecting import reading, writing
from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.policy.bans import Ban, BanKind


class BanRecords:
    """The bans in the database of a configuration file."""

    def __init__(self, config: str) -> None:
        self._config = config

    @contextmanager
    def _connection(self, *, change: bool) -> Iterator[Connection]:
        try:
            engine = opened(self._config)
            try:
                with writing(engine) if change else reading(engine) as connection:
                    yield connection
            finally:
                engine.dispose()
        except ConfigError as problem:
            raise click.ClickException("; ".join(problem.lines())) from problem
        except DatabaseUnavailable as problem:
            raise click.ClickException(f"the database gave no answer: {problem}") from problem
        except ValueError as problem:
            raise click.ClickException(str(problem)) from problem

    def told(self) -> list[dict[str, object]]:
        """Return the bans in force for a reader, the newest first."""
        with self._connection(change=False) as connection:
            return [_told(ban) for ban in all_bans(connection, time.time())]

    def put(self, kind: BanKind, subject: str, *, seconds: float | None, reason: str) -> None:
        """Ban a subject; None seconds means until somebody lifts the ban."""
        now = time.time()
        until = None if seconds is None else now + seconds
        with self._connection(change=True) as connection:
            put_ban(connection, Ban(kind=kind, subject=subject, since=now, until=until, reason=reason))

    def lift(self, text: str) -> tuple[list[str], list[str]]:
        """Lift the bans that a text names; return their subjects, and the networks that keep the address out still."""
        with self._connection(change=True) as connection:
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
