"""The objects that outlive a reload: counters, failed logins, running uploads, live accounts, the pool."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.accounts.live import LiveAccounts
from ftpd_service.auth.ban_keeper import BanKeeper
from ftpd_service.auth.hashing import Hashing
from ftpd_service.auth.lasting import CheckersInForce
from ftpd_service.auth.verified import VerifiedPasswords
from ftpd_service.data.opening.passive import PortsInUse
from ftpd_service.data.pace import Pacing
from ftpd_service.data.placement import Load
from ftpd_service.database.revision_watch import RevisionWatch
from ftpd_service.digests.service_digests import ServiceDigests
from ftpd_service.hooks.service_hooks import ServiceHooks
from ftpd_service.hooks.stages_in_force import StagesInForce
from ftpd_service.interfaces import Emit
from ftpd_service.observe.publisher import Publisher
from ftpd_service.policy.connections import AccountSessions
from ftpd_service.policy.entrance import Entrance
from ftpd_service.policy.guesses import Guesses
from ftpd_service.policy.logins import FailedLogins
from ftpd_service.policy.one_time_codes import OneTimeCodes
from ftpd_service.policy.per_second import CommandRate
from ftpd_service.policy.resumption_tally import ResumptionTally
from ftpd_service.runtime.health import Health
from ftpd_service.runtime.pool import BlockingPool
from ftpd_service.session.registry import Sessions
from ftpd_service.storage.change_recorder import Recording
from ftpd_service.storage.copying import Copies
from ftpd_service.storage.holds import RunningUploads
from ftpd_service.storage.ledgers import Ledgers
from ftpd_service.tls.handshake_tally import HandshakeTally

if TYPE_CHECKING:
    from ftpd_service.database.queries import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The objects that outlive a reload."""

    reactor: PosixReactorBase
    pool: BlockingPool
    emit: Emit
    """Passes an event to the observers of the configuration in force."""
    health: Health
    entrance: Entrance
    commands: CommandRate
    bans: BanKeeper
    pacing: Pacing
    load: Load
    hashing: Hashing
    verified: VerifiedPasswords = field(default_factory=lambda: VerifiedPasswords(now=time.monotonic))
    checkers: CheckersInForce = field(default_factory=CheckersInForce)
    account_sessions: AccountSessions = field(default_factory=AccountSessions)
    live: LiveAccounts
    codes: OneTimeCodes = field(default_factory=OneTimeCodes)
    guesses: Guesses = field(default_factory=lambda: Guesses(FailedLogins()))
    resumptions: ResumptionTally = field(default_factory=ResumptionTally)
    handshakes: HandshakeTally = field(default_factory=HandshakeTally)
    uploads: RunningUploads = field(default_factory=RunningUploads)
    copies: Copies
    stages: StagesInForce
    """The stages that judge uploads."""
    ledgers: Ledgers
    digests: ServiceDigests
    hooks: ServiceHooks
    passive_ports: PortsInUse = field(default_factory=PortsInUse)
    sessions: Sessions = field(default_factory=Sessions)
    recording: Recording | None = None
    """Records the changes of files in the outbox; None without a database."""
    database: Database | None = None
    """The database that the configuration named at the start."""
    revisions: RevisionWatch | None = None
    """The watch of its accounts."""
    publisher: Publisher
    """Passes events to the log, and to the observers of the service and of the program that embeds it."""
