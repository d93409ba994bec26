"""The database of a configuration file, for the operator's commands; no reactor is needed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ftpd_service.config.load import load
from ftpd_service.config.problems import ConfigError, Problem
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.runtime.imported import built_in

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ftpd_service.admin.account_store import AccountStore
    from ftpd_service.admin.ban_records import BanRecords
    from ftpd_service.admin.event_records import EventRecords
    from ftpd_service.database.upgrade import Upgraded

_TOLD = "database"


def upgraded(path: str) -> str:
    """Bring the database of a configuration file to this version, and return a line about it.

    :raises ConfigError: the file has mistakes, or names no database.
    :raises ValueError: the database cannot be used; the text says why.
    """
    settings = database_of(path)
    upgrade = built_in("ftpd_service.database.upgrade:upgrade_database", needs="", told=_TOLD)
    where = built_in("ftpd_service.database.connecting:location", needs="", told=_TOLD)(settings)
    try:
        done: Upgraded = upgrade(settings)
    except DatabaseUnavailable as problem:
        raise ValueError(f"the database {where}: {problem}") from problem
    if done.before == done.after:
        return f"{where}: the tables have version {done.after} already"
    return f"{where}: the tables have version {done.after} now" + (f", and had {done.before}" if done.before else "")


def opened(path: str) -> Engine:
    """Return the database of a configuration file, whose tables are those of this version.

    :raises ConfigError: the file has mistakes, or names no database.
    :raises ValueError: the database cannot be used, or does not answer; the text says why.
    """
    settings = database_of(path)
    warning = built_in("ftpd_service.database.at_start:problem_at_start", needs="", told=_TOLD)(settings, path)
    if warning is not None:
        raise ValueError(warning)
    engine: Engine = built_in("ftpd_service.database.connecting:connect", needs="", told=_TOLD)(settings)
    return engine


def account_store(path: str) -> AccountStore:
    """Return the accounts and groups in the database of a configuration file."""
    store: AccountStore = built_in("ftpd_service.admin.account_store:AccountStore", needs="", told=_TOLD)(path)
    return store


def ban_records(path: str) -> BanRecords:
    """Return the bans in the database of a configuration file."""
    records: BanRecords = built_in("ftpd_service.admin.ban_records:BanRecords", needs="", told=_TOLD)(path)
    return records


def event_records(path: str) -> EventRecords:
    """Return the events in the database of a configuration file."""
    records: EventRecords = built_in("ftpd_service.admin.event_records:EventRecords", needs="", told=_TOLD)(path)
    return records


def database_of(path: str) -> DatabaseSettings:
    """Return the database that a configuration file names.

    :raises ConfigError: the file has mistakes, or names no database.
    """
    config = load(path, os.environ)
    if config.database is None:
        raise ConfigError(path, [Problem(0, "database", "is missing, as in  database: sqlite:///ftpd.db")])
    return config.database
