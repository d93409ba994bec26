"""What tests of accounts in SQL share: a database, and an operator's tool that changes it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection

from ftpd_service.accounts.rows import AccountRow, add_account
from ftpd_service.database.connecting import connect, reading, writing
from ftpd_service.database.settings import DatabaseSettings
from tests.cases import SynchronousTestCase

T = TypeVar("T")

HOSTILE = (
    *("' OR '1'='1", "x'; DROP TABLE accounts; --", '"', "%", "_____", "al\\ice", ":name", "%(name)s", "%s", "{name}"),
    *("alice\0", "\0", "\udcff\udcfe", "\ud800", "alice\n", "\u202ealice", "alice ", "ALICE", "", "a" * 4096),
)
"""Names that are no account's, some of which a careless query would take for one."""


class DatabaseCase(SynchronousTestCase):
    """A test with a database that has all tables.

    :ivar settings: the database, set by a subclass.
    """

    settings: DatabaseSettings

    def change(self, call: Callable[[Connection], T]) -> T:
        """The result of a transaction of an operator's tool."""
        engine = connect(self.settings)
        try:
            with writing(engine) as connection:
                return call(connection)
        finally:
            engine.dispose()

    def look(self, call: Callable[[Connection], T]) -> T:
        """The result of a look."""
        engine = connect(self.settings)
        try:
            with reading(engine) as connection:
                return call(connection)
        finally:
            engine.dispose()

    def add(self, name: str, **more: Any) -> None:  # Any: the fields of a row
        """Add an account, in the year 1970."""
        self.change(partial(add_account, row=AccountRow(name=name, **more), now=1.0))
