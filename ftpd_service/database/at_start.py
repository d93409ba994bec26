"""The look at the database before a service starts, before a reload, and by ``--check``."""

from __future__ import annotations

import os

from ftpd_service.database.connecting import connect, location, reading
from ftpd_service.database.schema_state import WrongSchema, check_schema, upgrade_command
from ftpd_service.database.settings import SQLITE, DatabaseSettings
from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.runtime.imported import PluginProblem


def problem_at_start(settings: DatabaseSettings, source: str | None) -> str | None:
    """Return a warning if the database cannot be reached, which may be there later; waits for disks and networks.

    No connection is left open, as the process may fork.

    :param source: the configuration file, for the texts.
    :raises PluginProblem: the service cannot work with the database: its driver is missing, its file cannot be used, or
        its tables are not those of this version.
    """
    where = f"the database {location(settings)}"
    if settings.kind == SQLITE and not os.path.exists(settings.path):
        raise WrongSchema(f"{where}: there is no such file; to make the database, run: {upgrade_command(source)}")
    engine = connect(settings)
    try:
        with reading(engine) as connection:
            check_schema(connection, source)
    except DatabaseUnavailable as problem:
        if settings.kind == SQLITE:
            raise PluginProblem(f"{where}: {problem}") from problem
        return f"{where} does not answer ({problem}): until it does, logins that need it get 421"
    except WrongSchema as problem:
        raise WrongSchema(f"{where}: {problem}") from problem
    finally:
        engine.dispose()
    return None
