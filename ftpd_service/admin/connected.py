"""The connection of a sub-command to the database of a configuration file, which turns mistakes into one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Connection

from ftpd_service.accounts.rows import NoSuchRow
from ftpd_service.admin.database_of_file import opened
from ftpd_service.config.problems import ConfigError
from ftpd_service.database.connecting import reading, writing
from ftpd_service.errors import DatabaseUnavailable


@contextmanager
def connected(path: str, *, change: bool) -> Iterator[Connection]:
    """Yield a connection in a transaction.

    :param change: whether the transaction writes.
    :raises click.ClickException: the file or the database cannot be used, or the block raised NoSuchRow or ValueError.
    """
    try:
        engine = opened(path)
        try:
            with writing(engine) if change else reading(engine) as connection:
                yield connection
        finally:
            engine.dispose()
    except (NoSuchRow, ValueError) as problem:
        raise click.ClickException(str(problem)) from problem
    except ConfigError as problem:
        raise click.ClickException("; ".join(problem.lines())) from problem
    except DatabaseUnavailable as problem:
        raise click.ClickException(f"the database gave no answer: {problem}") from problem
