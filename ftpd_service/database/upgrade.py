"""The tables are brought to the version of this server: the only module that imports alembic.

A single transaction runs all missing migrations, behind a lock, so that two upgrades at once are safe: the second finds
nothing to do.  PostgreSQL and SQLite both undo the tables of a transaction that fails.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from ftpd_service.database import migrations
from ftpd_service.database.connecting import connect, explained_failures, writing
from ftpd_service.database.schema_state import check_not_newer, found_schema
from ftpd_service.database.settings import SQLITE, DatabaseSettings
from ftpd_service.database.tables import SCHEMA_VERSION

_LOCK = 0x66747064
"""The key of the advisory lock in PostgreSQL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgraded:
    """The result of an upgrade: the versions of the schema before (None: no tables) and after."""

    before: str | None
    after: str


def scripts() -> ScriptDirectory:
    """Return the migrations of this version."""
    folder = str(Path(migrations.__file__).parent)
    return ScriptDirectory(folder, version_locations=[folder])


def upgrade_database(settings: DatabaseSettings) -> Upgraded:
    """Bring the tables to the version of this server, and make an SQLite file that is missing.

    :raises DatabaseUnavailable: the database cannot be reached, or refuses; nothing has changed.
    :raises WrongSchema: the tables are those of a newer version.
    """
    if settings.kind == SQLITE:
        with explained_failures():
            _make_file(settings.path)
    engine = connect(settings)
    try:
        if settings.kind == SQLITE:
            _keep_log(engine)
        with writing(engine) as connection:
            return _upgraded(connection)
    finally:
        engine.dispose()


def _upgraded(connection: Connection) -> Upgraded:
    if connection.dialect.name != SQLITE:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    before = found_schema(connection)
    check_not_newer(before)
    directory = scripts()
    context = MigrationContext.configure(connection)
    with Operations.context(context):
        for script in reversed(list(directory.iterate_revisions(SCHEMA_VERSION, before or "base"))):
            script.module.upgrade()
            context.stamp(directory, script.revision)
    return Upgraded(before=before, after=SCHEMA_VERSION)


def _keep_log(engine: Engine) -> None:
    """Let an SQLite file keep a log of changes, so that readers never wait for writers; the file remembers this."""
    with explained_failures(), engine.connect() as connection:
        # Outside of a transaction, where SQLAlchemy would have begun one.
        driver = connection.connection.dbapi_connection
        if isinstance(driver, sqlite3.Connection):
            driver.execute("PRAGMA journal_mode = WAL")


def _make_file(path: str) -> None:
    """Make an empty SQLite file that only its owner may read, since it will contain the hashes of passwords.

    If root makes the file, it belongs to the owner of its directory, which is mostly the user of the service.
    """
    try:
        made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    try:
        if os.geteuid() == 0:
            directory = os.stat(os.path.dirname(path))
            os.fchown(made, directory.st_uid, directory.st_gid)
    finally:
        os.close(made)
