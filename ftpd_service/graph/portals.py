"""The Portal of a configuration: its checkers, accounts and storages."""

from __future__ import annotations

import os
import time
from functools import partial

from twisted.cred.portal import Portal

from ftpd_service.accounts.configured import ConfiguredAccounts
from ftpd_service.auth.checker_parts import CheckerParts
from ftpd_service.auth.checkers.configured import ConfiguredChecker, Recent
from ftpd_service.auth.ordered import CheckerEntry, OrderedChecker
from ftpd_service.auth.plugins import build_checkers
from ftpd_service.auth.realm import Realm
from ftpd_service.auth.sources import Sources
from ftpd_service.auth.totp import TotpCodes
from ftpd_service.config.account_text import read_account
from ftpd_service.graph.codes import giving, threads_for_secrets
from ftpd_service.graph.databases import database_accounts
from ftpd_service.graph.kept import Kept
from ftpd_service.graph.prepared import Prepared
from ftpd_service.local_homes import LocalHomes
from ftpd_service.login_interfaces import IAccounts
from ftpd_service.login_storages import LoginStorages


def portal_of(prepared: Prepared, kept: Kept) -> tuple[Portal, tuple[CheckerEntry, ...]]:
    """Make the Portal of a configuration and its checkers, whose constructors run on the reactor's thread.

    :raises PluginProblem: a checker of the configuration cannot be made.
    """
    config, clock = prepared.config, kept.reactor
    accounts = ConfiguredAccounts(config.accounts)

    def checker_of(accounts: IAccounts, seconds: float) -> ConfiguredChecker:
        recent = Recent(passwords=kept.verified, seconds=seconds)
        return ConfiguredChecker(accounts, kept.hashing, recent=recent)

    def database_checker(seconds: float) -> ConfiguredChecker:
        return checker_of(database_accounts(kept, config.accounts, config.source), seconds)

    parts = CheckerParts(
        reactor=kept.reactor,
        blocking=kept.pool.service,
        hashing=kept.hashing,
        verified=kept.verified,
        read_account=partial(read_account, folder=os.path.dirname(os.path.abspath(config.source or "/"))),
        accounts=partial(checker_of, accounts),
        database=database_checker,
        verified_seconds=config.auth.verified_seconds,
    )
    entries = build_checkers(prepared.checkers, parts, kept.checkers)
    homes = LocalHomes(config.storage, kept.pool, hidden=kept.uploads)
    storages = LoginStorages(
        homes,
        prepared.storages,
        ledgers=kept.ledgers,
        copies=kept.copies,
        clock=clock,
        recording=kept.recording,
    )
    sources = Sources(accounts, accounts.otherwise, entries, clock)
    threads = threads_for_secrets(kept.pool)
    codes = TotpCodes(kept.codes, threads=threads, now=time.time, again_seconds=config.auth.verified_seconds)
    realm = Realm(
        sources,
        storages.at_home,
        adopt=storages.adopted,
        clock=clock,
        live=kept.live.of,
        named=storages.named,
        require_code=codes.require,
    )
    return Portal(realm, [OrderedChecker(entries, clock, give=giving(sources, codes))]), entries
