"""The declaration of ``database``: where accounts are kept in SQL."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator

from ftpd_service.config import forms, urls
from ftpd_service.config.forms import Form
from ftpd_service.config.section import Section, key, required


class DatabaseSection(Section):
    """The database."""

    url: Annotated[
        str, PlainValidator(urls.database), Form("sqlite:///PATH or postgresql://...", {"type": "string"}, told=None)
    ] = required(
        "``sqlite:///ftpd.db`` (a relative path) or ``sqlite:////var/lib/ftpd/ftpd.db`` (an absolute path, with four "
        "slashes), or ``postgresql://user@host/name``, whose parameters libpq knows, as in ``?sslmode=verify-full``. "
        "``ftpd-service -c FILE database upgrade`` makes the tables.",
        to="database.url",
    )
    password_file: forms.FilePathOrNull = key(
        None,
        "Only with PostgreSQL: a file whose first line is the password. The server reads it for each new connection.",
        to="database.password_file",
        example="/etc/ftpd/database.password",
    )
    connections: forms.Count = key(
        4,
        "The most connections. SQLite gets no more than there are processors.",
        to="database.connections",
    )
    timeout: forms.Duration = key(
        "5s",
        "The time for each call. A login that needs the database and gets no answer in this time fails for now (421).",
        to="database.timeout_seconds",
    )


def section_of(value: object) -> object:
    """Return the section of a value, which may be the URL alone."""
    return {"url": value} if not isinstance(value, dict) else value
