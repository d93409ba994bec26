"""The frozen settings of the database; this module imports no library of databases."""

from __future__ import annotations

from dataclasses import dataclass, field

SQLITE = "sqlite"
POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """One database."""

    url: str = field(repr=False)
    """``sqlite:////absolute/path`` or ``postgresql://...``, which may contain a password."""
    password_file: str | None = None
    """The file whose first line is the password, read for each new connection; None: the URL's password, if any."""
    connections: int = 4
    """The most connections, and the most threads that wait for the database."""
    timeout_seconds: float = 5.0
    """The time for each call, its wait for a thread included."""

    @property
    def kind(self) -> str:
        """Return `SQLITE` or `POSTGRESQL`."""
        return self.url.partition(":")[0]

    @property
    def path(self) -> str:
        """Return the path of an SQLite database."""
        return self.url.removeprefix("sqlite:///")
