"""The Portal's only checker, which asks the configured checkers in order, each with its own timeout.

A Portal keeps a single checker for each interface.  An avatar id ends the search.  After a refusal the next checker is
asked, unless the checker knows the name or its entry is final.  An exception or a timeout of a checker ends the search
as LoginUnavailable: such a failure never counts as a wrong password, and no further checker is asked.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Protocol, TypeVar

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import CancelledError, Deferred, TimeoutError, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.account import AccountSettings
from ftpd_service.auth.credentials import Accepted, HeldName
from ftpd_service.auth.waiting import abandonable
from ftpd_service.errors import LoginsSaturated, LoginUnavailable
from ftpd_service.runtime.stepping import deferred

T = TypeVar("T")

_log = Logger()


class Asked(Protocol):
    """Strangers' code that a login asks for something."""

    @property
    def label(self) -> str:
        """The words of the log for it."""

    @property
    def timeout_seconds(self) -> float:
        """How long an answer may take."""

    @property
    def refusals(self) -> tuple[type[Exception], ...]:
        """The exceptions that are answers; all others are failures of the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerEntry:
    """One checker of the configuration."""

    refusals: ClassVar[tuple[type[Exception], ...]] = (UnauthorizedLogin, LoginsSaturated)
    name: str
    """Its name in the log."""
    checker: ICredentialsChecker
    timeout_seconds: float
    final: bool = False
    """Whether a refusal of this checker ends the search."""

    @property
    def label(self) -> str:
        """The words of the log for the checker."""
        return f"checker {self.name}"


class AvatarId(bytes):
    """An avatar id with the entry of the checker that returned it, and the settings of the answer."""

    entry: CheckerEntry | None = None
    settings: AccountSettings | None = None


@implementer(ICredentialsChecker)
class OrderedChecker:
    """A checker that asks several checkers in order."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, entries: Sequence[CheckerEntry], clock: IReactorTime) -> None:
        self._entries = tuple(entries)
        self._clock = clock

    def requestAvatarId(self, credentials: IUsernamePassword) -> Deferred[bytes | tuple[()]]:
        """Return the AvatarId of the first checker that accepts, or fail with UnauthorizedLogin or LoginUnavailable."""
        return deferred(self._ask_all(credentials))

    async def _ask_all(self, credentials: IUsernamePassword) -> bytes:
        for entry in self._entries:
            try:
                answer = await answer_of(
                    entry,
                    maybeDeferred(entry.checker.requestAvatarId, credentials),
                    clock=self._clock,
                    shown=partial(_without_secret, secret=credentials.password),
                )
                return _avatar_id(answer, entry)
            # The text of another package's refusal may contain the password, so it is not passed on.
            except HeldName:
                raise UnauthorizedLogin(f"checker {entry.name}: wrong password") from None
            except UnauthorizedLogin:
                if entry.final:
                    raise UnauthorizedLogin(f"checker {entry.name} refuses and is final") from None
        raise UnauthorizedLogin("no checker accepts this name and password")


async def answer_of(
    asked: Asked,
    attempt: Deferred[T],
    *,
    clock: IReactorTime,
    shown: Callable[[BaseException], str],
    discard: Callable[[T], object] | None = None,
) -> T:
    """Return the result of another package's Deferred, within the timeout of that code; pass its refusals on.

    :param shown: returns the text of an exception for the log, without secrets.
    :param discard: takes a result that comes too late.
    :raises LoginUnavailable: the code failed or timed out, which is logged here.
    """
    try:
        outcome = abandonable(attempt, discard=discard)
        # A timer costs more than most immediate answers.
        return await (outcome if outcome.called else outcome.addTimeout(asked.timeout_seconds, clock))
    except CancelledError:
        raise
    except TimeoutError as problem:
        _log.error("{asked}: no answer within {seconds} s", asked=asked.label, seconds=asked.timeout_seconds)
        raise LoginUnavailable(f"{asked.label}: no answer within {asked.timeout_seconds:g} s") from problem
    except (Exception, SystemExit) as problem:  # a program's own code may leave by sys.exit
        if isinstance(problem, asked.refusals):
            raise
        _log.error("{asked} failed: {text}", asked=asked.label, text=shown(problem))
        # The exception is not chained, so that later log lines cannot show the code's own text.
        raise LoginUnavailable(f"{asked.label} failed: {type(problem).__name__}") from None


def _avatar_id(answer: object, entry: CheckerEntry) -> AvatarId:
    name = _encoded(answer) if isinstance(answer, str) else answer
    if not isinstance(name, bytes) or not name:
        _log.error(
            "checker {checker} answered no avatar id but {kind}: refused", checker=entry.name, kind=_kind_of(answer)
        )
        raise UnauthorizedLogin(f"checker {entry.name} answered no avatar id")
    avatar_id = AvatarId(name)
    avatar_id.entry = entry
    avatar_id.settings = answer.settings if isinstance(answer, Accepted) else None
    return avatar_id


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return b""


def _kind_of(answer: object) -> str:
    return f"an empty {type(answer).__name__}" if not answer else f"a value of type {type(answer).__name__}"


def traceback_of(problem: BaseException) -> str:
    """The traceback of an exception with its causes."""
    return "".join(traceback.format_exception(type(problem), problem, problem.__traceback__))


def _without_secret(problem: BaseException, *, secret: bytes) -> str:
    """The traceback with its causes, or without any exception's text where one of them holds the password."""
    text = traceback_of(problem)
    decoded = secret.decode("utf-8", "replace")
    spellings = {decoded, secret.decode("latin-1"), repr(decoded)[1:-1], repr(secret)[2:-1]} - {""}
    if not any(spelling in text for spelling in spellings):
        return text
    frames = "".join(traceback.format_tb(problem.__traceback__))
    return f"{frames}{type(problem).__name__} (its text held the password and is left out)"
