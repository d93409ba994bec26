"""The database of a service: every module that imports SQLAlchemy is loaded here by its name, and only if needed."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.auth.ban_keeper import BanStore
from ftpd_service.config.account_text import read_account, read_group
from ftpd_service.config.schema import Config
from ftpd_service.database.outbox_changes import OutboxStore
from ftpd_service.database.revision_watch import RevisionWatch
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.graph.kept import Kept
from ftpd_service.hooks.outbox import Outbox
from ftpd_service.interfaces import Blocking
from ftpd_service.policy.triggers import HookRules
from ftpd_service.runtime.imported import PluginProblem, built_in
from ftpd_service.runtime.process_identity import own_identity
from ftpd_service.storage.totals_store import TotalsStore

if TYPE_CHECKING:
    from ftpd_service.accounts.database import DatabaseAccounts
    from ftpd_service.database.queries import Database

_TOLD = "database"


def database_problem(config: Config) -> str | None:
    """Return a warning if the database of a configuration cannot be reached now; waits for disks and networks.

    :raises PluginProblem: the service cannot work with the database.
    """
    if config.database is None:
        return None
    look = built_in("ftpd_service.database.at_start:problem_at_start", needs="", told=_TOLD)
    warning: str | None = look(config.database, config.source)
    return warning


def open_database(settings: DatabaseSettings, reactor: PosixReactorBase) -> Database:
    """Return the database of a service.

    :raises PluginProblem: a library is missing.
    """
    opened = built_in("ftpd_service.database.queries:open_database", needs="", told=_TOLD)
    database: Database = opened(settings, reactor)
    return database


def ban_store(database: Database | None) -> BanStore | None:
    """Return what keeps bans over a restart, or None without a database."""
    if database is None:
        return None
    store: BanStore = built_in("ftpd_service.database.ban_rows:SqlBans", needs="", told=_TOLD)(database)
    return store


def totals_store(database: Database | None) -> TotalsStore | None:
    """Return what keeps the totals of accounts with a quota, or None without a database."""
    if database is None:
        return None
    store: TotalsStore = built_in("ftpd_service.database.kept_totals:KeptTotals", needs="", told=_TOLD)(database)
    return store


def open_outbox(
    database: Database,
    reactor: PosixReactorBase,
    *,
    node: str,
    blocking: Blocking,
    told: Callable[[], object],
    dropped: Callable[[int, str], object],
) -> Outbox:
    """Return the outbox of a service.

    :param node: the name of this host, whose rows the service makes and delivers.
    :param told: is called when rows have become ready; `dropped`, when events are dropped: their number, and why.
    """
    kind = built_in("ftpd_service.database.outbox_rows:SqlOutbox", needs="", told=_TOLD)
    store: OutboxStore = kind(database, node=node, owner=own_identity())
    return Outbox(store, HookRules(), reactor, blocking=blocking, told=told, dropped=dropped)


def watch_of(database: Database, reactor: PosixReactorBase) -> RevisionWatch:
    """Return the watch of the accounts of a database."""
    return RevisionWatch(database.revision, reactor, random.random)


def database_accounts(kept: Kept, settings: AccountsSettings, source: str | None) -> DatabaseAccounts:
    """Return the accounts of the database, above the groups and defaults of a configuration.

    :param source: the configuration file, from whose directory relative paths are taken.
    :raises PluginProblem: the service was started without a database.
    """
    if kept.database is None or kept.revisions is None:
        raise PluginProblem("database: it is new in the configuration; a new database needs a restart")
    kind = built_in("ftpd_service.accounts.database:DatabaseAccounts", needs="", told=_TOLD)
    revisions, folder = kept.revisions, os.path.dirname(os.path.abspath(source or ""))
    accounts: DatabaseAccounts = kind(
        kept.database,
        partial(read_account, folder=folder),
        settings,
        read_group=partial(read_group, folder=folder),
        now=kept.reactor.seconds,
        revision=lambda: revisions.revision,
    )
    return accounts
