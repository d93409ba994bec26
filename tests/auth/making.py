"""The parts of a service from which checkers are made, for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from twisted.cred.checkers import ICredentialsChecker
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.testing import MemoryReactorClock

from ftpd_service.auth.checker_parts import CheckerParts
from ftpd_service.auth.hashing import Hashing
from ftpd_service.auth.verified import VerifiedPasswords
from tests.auth.strangers import Answering

T = TypeVar("T")


async def at_once(call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
    """A `Blocking` that makes the call where it is."""
    return call()


def parts_with(accounts: ICredentialsChecker | None = None) -> CheckerParts:
    """Parts without a service; `accounts` is the checker for the accounts of the file."""
    reactor = MemoryReactorClock()
    own = Answering(lambda: None) if accounts is None else accounts
    return CheckerParts(
        reactor=cast(PosixReactorBase, reactor),  # it has what checkers use
        blocking=at_once,
        hashing=Hashing(at_once, interpreted=at_once, processors=1, budget_bytes=1),
        verified=VerifiedPasswords(now=reactor.seconds),
        accounts=lambda settings: own,
    )
