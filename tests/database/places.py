"""Databases for tests: SQLite files with all tables."""

from __future__ import annotations

import os

from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.database.upgrade import upgrade_database


def sqlite_settings(folder: str, **more: int | float) -> DatabaseSettings:
    """Return a database in a new folder, without a file."""
    os.makedirs(folder)
    return DatabaseSettings(url=f"sqlite:///{os.path.abspath(folder)}/ftpd.db", **more)  # type: ignore[arg-type]


def made_sqlite(folder: str, **more: int | float) -> DatabaseSettings:
    """Return a database in a new folder, with all tables."""
    settings = sqlite_settings(folder, **more)
    upgrade_database(settings)
    return settings
