"""Makes the objects that outlive a reload, at the start of the service."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.account import LiveAccount
from ftpd_service.accounts.live import LiveAccounts
from ftpd_service.auth.ban_keeper import BanKeeper
from ftpd_service.auth.hashing import Hashing
from ftpd_service.config.schema import Config
from ftpd_service.data.pace import Pacing
from ftpd_service.data.placement import Load
from ftpd_service.graph.databases import ban_store, open_database, totals_store, watch_of
from ftpd_service.graph.digest_parts import digests_of
from ftpd_service.graph.hook_parts import hooks_of
from ftpd_service.graph.kept import Kept
from ftpd_service.graph.limits import entrance_of
from ftpd_service.graph.verdict_parts import stages_of
from ftpd_service.hooks.observed import HookObserver, group_in
from ftpd_service.interfaces import Emit, IObserver
from ftpd_service.observe.event_log import EventLog
from ftpd_service.observe.memory import Crowds, memory_for_hashes
from ftpd_service.observe.publisher import Publisher
from ftpd_service.policy.bans import Bans
from ftpd_service.policy.per_second import CommandRate
from ftpd_service.policy.throttles import Throttles, ThrottleSettings
from ftpd_service.runtime.health import Health
from ftpd_service.runtime.pool import BlockingPool, processors
from ftpd_service.runtime.turns import Turns
from ftpd_service.session.registry import Sessions
from ftpd_service.storage.change_recorder import Recording
from ftpd_service.storage.copying import Copies
from ftpd_service.storage.ledgers import Ledgers


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """The calls by which these objects tell the service something."""

    crowded: Callable[[int], None]
    """So many calls wait, as all threads of the pool wait for disks."""
    rested: Callable[[], None]
    """No password is hashed any more."""
    left: Callable[[], IDelayedCall]
    """A crowd of sessions has left."""
    emit: Emit
    ended: Callable[[LiveAccount], None]
    """An account is gone, and its sessions must end."""
    changed: Callable[[], None]
    """Accounts with sessions have changed."""


def keep(
    config: Config, reactor: PosixReactorBase, *, log: EventLog, observers: Iterable[IObserver], hooks: Hooks
) -> Kept:
    """Make the objects for the configuration of the start.

    :raises PluginProblem: a library of the database is missing.
    """
    database = None if config.database is None else open_database(config.database, reactor)
    pool = BlockingPool(reactor, crowded=hooks.crowded)
    bans = BanKeeper(
        Bans(config.limits.bans, config.limits.subnets),
        emit=hooks.emit,
        clock=reactor,
        now=time.time,
        store=ban_store(database),
    )
    crowds = Crowds(hooks.left)
    load = Load(Turns(reactor), processors=processors())
    rules = hooks_of(config.hooks, reactor, database=database, pool=pool, emit=hooks.emit)
    sessions = Sessions()
    hook_observer = HookObserver(rules.outbox, node=rules.node, group_of=partial(group_in, sessions), now=time.time)
    return Kept(
        reactor=reactor,
        pool=pool,
        emit=hooks.emit,
        health=Health(pool, config.service.watchdog, reactor),
        hashing=Hashing(
            pool.hashes,
            interpreted=pool.service,
            processors=processors(),
            budget_bytes=memory_for_hashes(),
            rested=hooks.rested,
        ),
        entrance=entrance_of(config.limits, bans.refusal),
        bans=bans,
        commands=CommandRate(config.limits.commands_per_second),
        pacing=Pacing(Throttles(ThrottleSettings()), reactor),
        load=load,
        publisher=Publisher(log, crowds, hook_observer, *observers),
        sessions=sessions,
        database=database,
        revisions=None if database is None else watch_of(database, reactor),
        copies=Copies(reactor),
        stages=stages_of(config, reactor, pool, hooks.emit),
        ledgers=Ledgers(reactor, totals_store(database)),
        digests=digests_of(config, reactor, database=database, pool=pool, load=load),
        hooks=rules,
        recording=None if database is None else Recording(outbox=rules.outbox, now=time.time),
        live=LiveAccounts(ended=hooks.ended, changed=hooks.changed),
    )
