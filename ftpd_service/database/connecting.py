"""Connections to the database: how SQLAlchemy makes them, and the transactions in which parts use them.

The database knows two ways to use a connection.  `reading` is for looks: PostgreSQL answers in one round trip, and
SQLite shows one state of its file.  `writing` is one transaction, which SQLite begins with its lock for writers:
otherwise a transaction that has read could not write once another one has written.
"""

from __future__ import annotations

import math
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool

from ftpd_service.database.settings import POSTGRESQL, SQLITE, DatabaseSettings
from ftpd_service.errors import DatabaseFull, DatabaseUnavailable
from ftpd_service.runtime.imported import require

_WRITES = "ftpd_writes"
_FILE = "ftpd_file"
_LAZY = "ftpd_lazy"

_FULL_STATE = "53100"
"""PostgreSQL's code for a full disk (its manual, appendix A)."""

_FULL_TEXT = "database or disk is full"
"""SQLite's words for it; its codes are known to Python from 3.11 on."""


def connect(settings: DatabaseSettings, *, create: bool = False) -> Engine:
    """Return SQLAlchemy's source of connections, without a connection yet; `dispose` closes them.

    :param create: whether a missing SQLite file is made.
    :raises PluginProblem: the database's driver is not installed.
    """
    if settings.kind == SQLITE:
        made = create_engine(
            "sqlite+pysqlite://",
            creator=partial(_open_file, settings, create=create),
            poolclass=QueuePool,
            **_pool(settings),
        )
        event.listen(made, "begin", _begin)
        event.listen(made, "connect", partial(_note_file, settings.path))
        event.listen(made, "checkout", partial(_check_file, settings.path))
        return made
    require("psycopg", needs=POSTGRESQL, told=POSTGRESQL)
    made = create_engine(
        make_url(settings.url).set(drivername="postgresql+psycopg"),
        connect_args=_postgresql_options(settings),
        **_pool(settings),
    )
    if settings.password_file is not None:
        event.listen(made, "do_connect", partial(_give_password, settings.password_file))
    return made


def _pool(settings: DatabaseSettings) -> dict[str, Any]:  # Any: as create_engine takes them
    return {
        "pool_size": settings.connections,
        "max_overflow": 0,
        "pool_timeout": settings.timeout_seconds,
        "pool_use_lifo": True,
        "hide_parameters": True,
    }


def _open_file(settings: DatabaseSettings, *, create: bool) -> sqlite3.Connection:
    mode = "rwc" if create else "rw"
    # Without "create" a wrong path is an error, where SQLite would make an empty database.
    return sqlite3.connect(
        f"file:{quote(os.path.abspath(settings.path))}?mode={mode}",
        uri=True,
        timeout=settings.timeout_seconds,
        isolation_level=None,
        check_same_thread=False,
    )


def _note_file(path: str, driver: object, record: ConnectionPoolEntry) -> None:
    """Note which file a new connection has opened."""
    record.info[_FILE] = _file_at(path)


def _check_file(path: str, driver: object, record: ConnectionPoolEntry, proxy: object) -> None:
    """Let the pool make a new connection if a restored backup has replaced the file, or if the file is gone."""
    if record.info.get(_FILE) != _file_at(path):
        raise DisconnectionError("the file has been replaced")


def is_replaced(connection: Connection, settings: DatabaseSettings) -> bool:
    """Return whether a connection has another file of SQLite than its path leads to now."""
    return settings.kind == SQLITE and connection.connection.info.get(_FILE) != _file_at(settings.path)


def _file_at(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _begin(connection: Connection) -> None:
    """Begin a transaction of SQLite: the module sqlite3 would begin one only before a change, and without the lock."""
    sync_to_disk(connection.connection, lazily=False)
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def sync_to_disk(pooled: PoolProxiedConnection, *, lazily: bool) -> None:
    """Say whether the next transactions of a connection to SQLite are on the disk at their end.

    Without that they outlive this process whatever happens to it, but a power failure may undo them.
    """
    if pooled.info.get(_LAZY, False) is not lazily:
        pooled.cursor().execute(f"PRAGMA synchronous = {'NORMAL' if lazily else 'FULL'}")
        pooled.info[_LAZY] = lazily


def _postgresql_options(settings: DatabaseSettings) -> dict[str, object]:
    milliseconds = math.ceil(settings.timeout_seconds * 1000)
    return {
        "application_name": "ftpd-service",
        "connect_timeout": max(2, math.ceil(settings.timeout_seconds)),
        "tcp_user_timeout": milliseconds,
        "options": f"-c statement_timeout={milliseconds}",
    }


def _give_password(path: str, *given: Any) -> None:  # Any: SQLAlchemy's event
    """Put the password of a file into the parameters of a new connection."""
    with open(path, encoding="utf-8") as file:
        given[-1]["password"] = file.readline().rstrip("\r\n")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Lend a connection for looks, outside of a running service.

    :raises DatabaseUnavailable: the database cannot be reached, or refuses.
    """
    with explained_failures(), engine.connect() as connection, looks(connection):
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Lend a connection for one transaction, outside of a running service; an exception of the block undoes it.

    :raises DatabaseUnavailable: the database cannot be reached, or refuses; nothing was changed unless the connection
        broke at the very end.
    """
    with explained_failures(), engine.connect() as connection, changes(connection):
        yield connection


@contextmanager
def looks(connection: Connection) -> Iterator[None]:
    """Use a connection for looks."""
    if connection.dialect.name != SQLITE:
        connection.execution_options(isolation_level="AUTOCOMMIT")
    yield


@contextmanager
def changes(connection: Connection) -> Iterator[None]:
    """Use a connection for one transaction."""
    with connection.execution_options(**{_WRITES: True}).begin():
        yield


@contextmanager
def explained_failures() -> Iterator[None]:
    """Turn the exceptions of SQLAlchemy, and of files, into DatabaseUnavailable, whose text is for the log."""
    try:
        yield
    except SQLAlchemyError as problem:
        text = _text(problem)
        full = text == _FULL_TEXT or getattr(getattr(problem, "orig", None), "sqlstate", None) == _FULL_STATE
        raise (DatabaseFull if full else DatabaseUnavailable)(text) from problem
    except OSError as problem:
        raise DatabaseUnavailable(f"{problem.filename}: {problem.strerror}") from problem


def _text(problem: SQLAlchemyError) -> str:
    """Return the driver's words in one line, without the statement and its values."""
    original = getattr(problem, "orig", None) or problem
    return " ".join(str(original).split())


def location(settings: DatabaseSettings) -> str:
    """Return the database in the words of a log line, without a password."""
    if settings.kind == SQLITE:
        return settings.path
    found: URL = make_url(settings.url).set(query={})
    return found.render_as_string(hide_password=True)


def cut(connection: object) -> None:
    """End the running call of a driver's connection from another thread, which gets an exception.

    A connection to PostgreSQL is closed to both sides, because the server may hang; an SQLite call is interrupted.
    """
    with suppress(OSError, sqlite3.Error):
        if isinstance(connection, sqlite3.Connection):
            connection.interrupt()
        else:
            number: int = connection.fileno()  # type: ignore[attr-defined]  # psycopg's, which is not imported here
            with socket.socket(fileno=os.dup(number)) as same:
                same.shutdown(socket.SHUT_RDWR)
