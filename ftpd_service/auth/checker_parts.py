"""The parts from which checkers are made, and the record of a checker that can be made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from twisted.cred.checkers import ICredentialsChecker
from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.account import AccountSettings
from ftpd_service.auth.hashing import Hashing
from ftpd_service.auth.settings import CheckerSettings, Remembering
from ftpd_service.auth.verified import VerifiedPasswords
from ftpd_service.interfaces import Blocking

ReadAccount = Callable[[Mapping[str, object]], AccountSettings]
"""Reads settings of an account from outside the file; raises ValueError with a text for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerParts:
    """The parts of the service that a built-in checker may use."""

    reactor: PosixReactorBase
    blocking: Blocking
    """The threads of the service; no client has a share of them."""
    hashing: Hashing
    verified: VerifiedPasswords
    read_account: ReadAccount
    accounts: Callable[[float], ICredentialsChecker]
    """Makes the checker of the accounts in the file, which remembers right passwords for some seconds."""
    database: Callable[[float], ICredentialsChecker]
    """Makes the checker of the accounts in the database in the same way; raises PluginProblem without a database."""
    verified_seconds: float
    """The time for which accepted logins are remembered, unless an entry has its own."""

    def remembered_seconds(self, settings: CheckerSettings) -> float:
        """Return how long the logins of an entry are remembered outside its checker; 0 means not at all."""
        if settings.remembering is Remembering.ITSELF:
            return 0.0
        default = self.verified_seconds if settings.remembering is Remembering.ALWAYS else 0.0
        return default if settings.verified_seconds is None else settings.verified_seconds

    def own_seconds(self, settings: CheckerSettings) -> float:
        """Return how long a checker that remembers right passwords itself does so."""
        return self.verified_seconds if settings.verified_seconds is None else settings.verified_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundChecker:
    """A checker that can be made."""

    name: str
    """Its name in the log, without secrets."""
    settings: CheckerSettings
    make: Callable[[CheckerParts], object]
    """Calls the constructor, on the reactor's thread; raises PluginProblem."""
    proof: Callable[[], object] | None = None
    """Makes the checker for `--check`, without any part of a service; None if nothing more can be proved."""
