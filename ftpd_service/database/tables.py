"""The tables of the database, and the version of their schema.

Times are seconds since 1970, UTC, as both databases store and compare them alike.  No table refers to another by a
foreign key: an account may name a group of the configuration file, and bans and quotas are for accounts of the file
too.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    select,
    update,
)

SCHEMA_VERSION = "0003"
"""The revision of the newest migration, with which this version of the server works.  Revisions sort as text."""

LONGEST_NAME = 255
"""The most characters in the name of an account or a group."""


class Settings(TypeDecorator[object]):
    """A JSON object; a text that is no JSON, as other programs may write it into SQLite, comes back as it is."""

    impl = JSON
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[object], object]:
        """Return the function that reads a value of a row: without it a single row would break the reading of all."""
        read = super().result_processor(dialect, coltype)

        def read_or_leave(value: object) -> object:
            try:
                return value if read is None else read(value)
            except (ValueError, RecursionError):
                return str(value)

        return read_or_leave


METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

accounts = Table(
    "accounts",
    METADATA,
    Column("name", String(LONGEST_NAME), primary_key=True),
    Column("password", Text),
    Column("group_name", String(LONGEST_NAME), index=True),
    Column("enabled", Boolean, nullable=False),
    Column("settings", Settings, nullable=False),
    Column("created", Double, nullable=False),
    Column("changed", Double, nullable=False),
)
"""The accounts: the hash of the password, or null for none, and the keys of an entry of `accounts` in the file."""

groups = Table(
    "groups",
    METADATA,
    Column("name", String(LONGEST_NAME), primary_key=True),
    Column("settings", Settings, nullable=False),
)
"""The groups: the keys of an entry of `groups` in the file."""

revision = Table(
    "revision",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""The counter of changes of accounts and groups, in one row: a running service sees by it that they have changed."""

bans = Table(
    "bans",
    METADATA,
    Column("kind", String(16), primary_key=True),
    Column("subject", String(LONGEST_NAME), primary_key=True),
    Column("since", Double, nullable=False),
    Column("until", Double, index=True),
    Column("reason", Text, nullable=False),
    CheckConstraint("kind IN ('host', 'subnet', 'account')", name="kind"),
)
"""The bans of hosts, subnets and accounts, one for each; without an end (`until` is null) until somebody lifts it."""

quotas = Table(
    "quotas",
    METADATA,
    Column("name", String(LONGEST_NAME), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("files", BigInteger, nullable=False),
    Column("dirty", Boolean, nullable=False),
)
"""The stored bytes and files of accounts by name; dirty totals are counted again."""

digests = Table(
    "digests",
    METADATA,
    Column("boot", String(64), primary_key=True),
    Column("device", BigInteger, primary_key=True, autoincrement=False),
    Column("inode", BigInteger, primary_key=True, autoincrement=False),
    Column("algorithm", String(16), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("ctime_ns", BigInteger, nullable=False),
    Column("digest", String(128), nullable=False),
    Column("kept", Double, nullable=False, index=True),
)
"""The digests of files, each of the version with these times on a host since a boot; `kept` says when it was kept."""


outbox = Table(
    "outbox",
    METADATA,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", String(64), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("node", String(LONGEST_NAME), nullable=False),
    Column("owner", String(128), nullable=False),
    Column("state", String(8), nullable=False),
    Column("account", String(LONGEST_NAME)),
    Column("path", Text),
    Column("event", Text, nullable=False),
    Column("proof", Text),
    Column("step", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due", Double, nullable=False),
    Column("failing_since", Double),
    Column("reason", Text, nullable=False),
    Column("created", Double, nullable=False),
    UniqueConstraint("id", "rule", name="uq_outbox_id"),
    Index("ix_outbox_rule", "node", "rule", "state", "sequence"),
    CheckConstraint("state IN ('intent', 'ready', 'dead')", name="state"),
)
"""The events that wait for delivery, one row for each rule: `ftpd_service.database.outbox_changes` has their states.

`node` is the host whose service made the row, and `owner` its process."""


def current_revision(connection: Connection) -> int:
    """Return the counter of changes of accounts and groups."""
    counter: int = connection.execute(select(revision.c.value)).scalar_one()
    return counter


def bump_revision(connection: Connection) -> None:
    """Count a change of accounts or groups.  In a transaction, call it first: it makes later changes wait."""
    connection.execute(update(revision).values(value=revision.c.value + 1))
