"""Batches of statements, each a transaction that the driver gets in one piece.

The outbox commits one with every upload.  SQLAlchemy and its four calls to PostgreSQL would take most of the time, so
its statements are compiled once, and go to the driver as they are.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ftpd_service.database.connecting import sync_to_disk
from ftpd_service.database.settings import SQLITE

# Without a listener, Python prints its warnings on standard error: an error in a pipeline has one beside its exception.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

Statements = Sequence[tuple[str, Sequence[Any]]]  # Any: values as the driver takes them
"""Statements in the words of the driver, each with its rows of values."""

_USED = "ftpd_batches"


def commit_batch(connection: Connection, statements: Statements, *, lazily: bool) -> bool:
    """Carry out all statements in a transaction, or none.

    :param lazily: whether a power failure, or a crash of PostgreSQL, may undo the transaction.
    :return: whether the connection is new to batches: behind a crash it is.
    :raises DBAPIError: the database refused, or broke off; the transaction may have been committed nevertheless.
    """
    if connection.in_transaction():
        connection.rollback()
    pooled = connection.connection
    is_file = connection.dialect.name == SQLITE
    try:
        if is_file:
            sync_to_disk(pooled, lazily=lazily)
            _to_sqlite(pooled.driver_connection, statements)
        else:
            _to_postgresql(pooled.driver_connection, statements, lazily=lazily)
    except connection.dialect.loaded_dbapi.Error as problem:
        if not is_file:
            # The state of a pipeline that broke is unknown.
            connection.invalidate(problem)
        raise DBAPIError(None, None, problem, connection_invalidated=not is_file) from problem
    new = _USED not in pooled.info
    pooled.info[_USED] = True
    return new


def _to_sqlite(driver: Any, statements: Statements) -> None:  # Any: sqlite3's connection
    driver.execute("BEGIN IMMEDIATE")
    try:
        for text, rows in statements:
            driver.executemany(text, rows)
        driver.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            driver.execute("ROLLBACK")
        raise


def _to_postgresql(driver: Any, statements: Statements, *, lazily: bool) -> None:  # Any: psycopg's connection
    cursor = driver.cursor()
    with driver.pipeline():
        cursor.execute("BEGIN")
        if lazily:
            cursor.execute("SET LOCAL synchronous_commit TO off")
        for text, rows in statements:
            cursor.executemany(text, rows)
        cursor.execute("COMMIT")
