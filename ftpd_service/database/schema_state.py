"""The version of the schema that the tables of a database have: alembic's table, read without alembic."""

from __future__ import annotations

import shlex

from sqlalchemy import Connection, column, inspect, select, table

from ftpd_service.database.tables import SCHEMA_VERSION
from ftpd_service.runtime.imported import PluginProblem

_ALEMBIC = table("alembic_version", column("version_num"))


class WrongSchema(PluginProblem):
    """The tables are not those of this version; the text tells the operator what to do."""


def upgrade_command(source: str | None) -> str:
    """Return the command line that brings the tables of a configuration file to this version."""
    return f"ftpd-service -c {shlex.quote(source or 'FILE')} database upgrade"


def found_schema(connection: Connection) -> str | None:
    """Return the version of the tables, or None if there are none."""
    if not inspect(connection).has_table(_ALEMBIC.name):
        return None
    return connection.execute(select(_ALEMBIC.c.version_num)).scalar()


def check_not_newer(found: str | None) -> None:
    """Refuse tables that a newer version of the server has made.

    :raises WrongSchema: their version is unknown to this one.
    """
    if found is not None and found > SCHEMA_VERSION:
        raise WrongSchema(
            f"its tables have version {found}, and this ftpd-service knows {SCHEMA_VERSION} at most: install the"
            " ftpd-service that made them, or a newer one"
        )


def check_schema(connection: Connection, source: str | None = None) -> None:
    """Refuse tables that are not those of this version.

    :param source: the configuration file, for the text of the exception.
    :raises WrongSchema: for any other version.
    """
    found = found_schema(connection)
    check_not_newer(found)
    if found is None:
        raise WrongSchema(f"it has no tables yet; run: {upgrade_command(source)}")
    if found < SCHEMA_VERSION:
        text = f"its tables have version {found}, and this ftpd-service needs {SCHEMA_VERSION}"
        raise WrongSchema(f"{text}; run: {upgrade_command(source)}")
