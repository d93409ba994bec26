"""The Portal's one checker: it asks the configured ones in order, each with its own time.

A Portal keeps one checker an interface, hence this one.  An avatar id decides.  A refusal means "not mine" and the next
is asked, unless the checker holds the name or its entry is final.  Anything else that a checker does (an exception,
silence) ends the search as LoginUnavailable: never as a wrong password, and never as somebody else's turn.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import CancelledError, Deferred, TimeoutError, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.auth.credentials import HeldName
from ftpd_service.auth.waiting import abandonable
from ftpd_service.errors import LoginsSaturated, LoginUnavailable
from ftpd_service.runtime.stepping import deferred

T = TypeVar("T")

_log = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerEntry:
    """One checker of the configuration, ready to be asked."""

    name: str
    """What the log calls it."""
    checker: ICredentialsChecker
    timeout_seconds: float
    final: bool = False
    """Whether its refusal ends the search."""


class AvatarId(bytes):
    """An avatar id that knows which entry's checker answered it."""

    entry: CheckerEntry | None = None


@implementer(ICredentialsChecker)
class OrderedChecker:
    """Asks several checkers in order."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, entries: Sequence[CheckerEntry], clock: IReactorTime) -> None:
        self._entries = tuple(entries)
        self._clock = clock

    def requestAvatarId(self, credentials: IUsernamePassword) -> Deferred[bytes | tuple[()]]:
        """The AvatarId of the first checker that accepts, or the failures UnauthorizedLogin and LoginUnavailable."""
        return deferred(self._ask_all(credentials))

    async def _ask_all(self, credentials: IUsernamePassword) -> bytes:
        for entry in self._entries:
            try:
                answer = await answer_of(
                    entry,
                    maybeDeferred(entry.checker.requestAvatarId, credentials),
                    clock=self._clock,
                    secret=credentials.password,
                )
                return _avatar_id(answer, entry)
            # The text of a stranger's refusal may hold the password, so it ends here.
            except HeldName:
                raise UnauthorizedLogin(f"checker {entry.name}: wrong password") from None
            except UnauthorizedLogin:
                if entry.final:
                    raise UnauthorizedLogin(f"checker {entry.name} refuses and is final") from None
        raise UnauthorizedLogin("no checker accepts this name and password")


async def answer_of(
    entry: CheckerEntry,
    attempt: Deferred[T],
    *,
    clock: IReactorTime,
    secret: bytes = b"",
    discard: Callable[[T], object] | None = None,
) -> T:
    """What a stranger's Deferred gives within the entry's time.

    :param secret: what the log must never show.
    :param discard: takes a result that comes too late.
    :raises UnauthorizedLogin: as the checker raised it.
    :raises LoginsSaturated: likewise.
    :raises LoginUnavailable: the checker failed or was silent; logged here.
    """
    try:
        outcome = abandonable(attempt, discard=discard)
        # A timer costs more than most answers that are there at once.
        return await (outcome if outcome.called else outcome.addTimeout(entry.timeout_seconds, clock))
    except (CancelledError, UnauthorizedLogin, LoginsSaturated):
        raise
    except TimeoutError as problem:
        _log.error("checker {checker}: no answer within {seconds} s", checker=entry.name, seconds=entry.timeout_seconds)
        raise LoginUnavailable(f"checker {entry.name}: no answer within {entry.timeout_seconds:g} s") from problem
    except Exception as problem:
        _log.error("checker {checker} failed: {text}", checker=entry.name, text=_without_secret(problem, secret))
        # Not chained: whoever logs this one must not meet the checker's own text, which was inspected here only.
        raise LoginUnavailable(f"checker {entry.name} failed: {type(problem).__name__}") from None


def _avatar_id(answer: object, entry: CheckerEntry) -> AvatarId:
    name = _encoded(answer) if isinstance(answer, str) else answer
    if not isinstance(name, bytes) or not name:
        _log.error(
            "checker {checker} answered no avatar id but {kind}: refused", checker=entry.name, kind=_kind_of(answer)
        )
        raise UnauthorizedLogin(f"checker {entry.name} answered no avatar id")
    avatar_id = AvatarId(name)
    avatar_id.entry = entry
    return avatar_id


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return b""


def _kind_of(answer: object) -> str:
    return f"an empty {type(answer).__name__}" if not answer else f"a value of type {type(answer).__name__}"


def _without_secret(problem: Exception, secret: bytes) -> str:
    """The traceback with its causes, or without any exception's text where one of them holds the password."""
    text = "".join(traceback.format_exception(type(problem), problem, problem.__traceback__))
    decoded = secret.decode("utf-8", "replace")
    spellings = {decoded, secret.decode("latin-1"), repr(decoded)[1:-1], repr(secret)[2:-1]} - {""}
    if not any(spelling in text for spelling in spellings):
        return text
    frames = "".join(traceback.format_tb(problem.__traceback__))
    return f"{frames}{type(problem).__name__} (its text held the password and is left out)"
