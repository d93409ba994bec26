"""The version of the schema that the tables of a database have: alembic's table, read without alembic."""

from __future__ import annotations

from sqlalchemy import Connection, column, inspect, select, table

from ftpd_service.database.tables import SCHEMA_VERSION

_ALEMBIC = table("alembic_version", column("version_num"))


class WrongSchema(Exception):
    """The tables are not those of this version; the text tells the operator what to do."""


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


def check_schema(connection: Connection, *, command: str) -> None:
    """Refuse tables that are not those of this version.

    :param command: the command line that brings the tables to this version.
    :raises WrongSchema: for any other version.
    """
    found = found_schema(connection)
    check_not_newer(found)
    if found is None:
        raise WrongSchema(f"it has no tables yet: run {command}")
    if found < SCHEMA_VERSION:
        raise WrongSchema(
            f"its tables have version {found}, and this ftpd-service needs {SCHEMA_VERSION}: run {command}"
        )
