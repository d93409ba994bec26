"""The parts of a service from which checkers are made, for tests."""

from __future__ import annotations

from functools import partial
from typing import cast

from twisted.cred.checkers import ICredentialsChecker
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.testing import MemoryReactorClock

from ftpd_service.auth.checker_parts import CheckerParts
from ftpd_service.auth.hashing import Hashing
from ftpd_service.auth.verified import VerifiedPasswords
from ftpd_service.config.account_text import read_account
from ftpd_service.testing.fakes import at_once
from tests.auth.strangers import Answering


def parts_with(accounts: ICredentialsChecker | None = None) -> CheckerParts:
    """Parts without a service; `accounts` is the checker for the accounts of the file."""
    reactor = MemoryReactorClock()
    own = Answering(lambda: None) if accounts is None else accounts
    return CheckerParts(
        reactor=cast(PosixReactorBase, reactor),  # it has what checkers use
        blocking=at_once,
        hashing=Hashing(at_once, interpreted=at_once, processors=1, budget_bytes=1),
        verified=VerifiedPasswords(now=reactor.seconds),
        read_account=partial(read_account, folder="/"),
        accounts=lambda seconds: own,
        database=lambda seconds: own,
        verified_seconds=300.0,
    )
