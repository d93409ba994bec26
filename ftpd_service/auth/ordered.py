"""The Portal's only checker, which asks the configured checkers in order, each with its own timeout.

A Portal keeps a single checker for each interface.  An avatar id ends the search.  After a refusal the next checker is
asked, unless the checker knows the name or its entry is final.  An exception or a timeout of a checker ends the search
as LoginUnavailable: such a failure never counts as a wrong password, and no further checker is asked.

A login that a checker accepted a short while ago is not asked again (``auth/accepted.py``), in its place in the order.
A checker that fails several times in a row is not asked for a while (``policy/breaker.py``).

A one-time code behind the password is cut off for the checkers whose account of that name needs a code
(``auth/totp.py``); the realm judges it.  The question which account that is belongs to the question to the checker.
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Protocol, TypeVar

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import CancelledError, Deferred, TimeoutError, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.account import AccountSettings
from ftpd_service.auth.accepted import AcceptedLogins
from ftpd_service.auth.credentials import Accepted, HeldName, IKnowsNames, RefusedBy, once_logged_in
from ftpd_service.auth.settings import CheckerSettings
from ftpd_service.auth.totp import Given
from ftpd_service.errors import LoginsSaturated, LoginUnavailable
from ftpd_service.policy.breaker import Attempt, Breaker, BreakerSettings
from ftpd_service.runtime.abandonable import abandonable
from ftpd_service.runtime.stepping import deferred

T = TypeVar("T")

Ask = Callable[[], Coroutine[Any, Any, T]]  # Any: Twisted's coroutines send and yield Deferreds of any type
Give = Callable[["CheckerEntry", IUsernamePassword], Awaitable[Given]]
"""Returns the credentials that a checker gets."""

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckerEntry:
    """One checker of the configuration."""

    refusals: ClassVar[tuple[type[Exception], ...]] = (UnauthorizedLogin, LoginsSaturated)
    name: str
    """Its name in the log."""
    short: str = ""
    """Its kind, with a number if it is not the first of this kind; see `ftpd_service.errors.LoginError.checker`."""
    checker: ICredentialsChecker
    timeout_seconds: float
    final: bool = False
    """Whether a refusal of this checker ends the search."""
    breaker: Breaker = field(default_factory=lambda: Breaker(BreakerSettings()))
    accepted: AcceptedLogins[AvatarId] | None = None
    """The logins that it accepted a short while ago; None if it is asked each time."""
    settings: CheckerSettings | None = None
    """The entry of the configuration, for a comparison at a reload."""

    @property
    def label(self) -> str:
        """The words of the log for the checker."""
        return f"checker {self.name}"


class AvatarId(bytes):
    """An avatar id with the entry of the checker that returned it, and the settings of the answer.

    :ivar code: the one-time code that was cut off the password, or None.
    """

    entry: CheckerEntry | None = None
    settings: AccountSettings | None = None
    code: bytes | None = None


async def as_typed(entry: CheckerEntry, credentials: IUsernamePassword) -> Given:
    """Return the credentials as they are; no account has one-time codes."""
    return Given(credentials=credentials)


class _Question:
    """A login that checkers are asked about.

    :ivar problem: why the one-time code does not count for the checker that was asked last, or an empty text.
    """

    __slots__ = ("_give", "_given", "problem", "typed")

    def __init__(self, typed: IUsernamePassword, give: Give) -> None:
        self.typed = typed
        self.problem = ""
        self._given = typed.password
        self._give = give

    async def asked(self, entry: CheckerEntry) -> tuple[Given, object]:
        """Ask a checker, and return the credentials that it got with its answer."""
        self.problem = ""
        given = await self._give(entry, self.typed)
        self.problem = given.problem
        self._given = given.credentials.password
        return given, await maybeDeferred(entry.checker.requestAvatarId, given.credentials)

    def shown(self, problem: BaseException) -> str:
        """Return the text of an exception for the log, without the password, as it was typed or as a checker got it."""
        return _without_secrets(problem, {self.typed.password, self._given})


@implementer(ICredentialsChecker)
class OrderedChecker:
    """A checker that asks several checkers in order."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, entries: Sequence[CheckerEntry], clock: IReactorTime, *, give: Give = as_typed) -> None:
        """Take the checkers."""
        self._entries = tuple(entries)
        self._clock = clock
        self._give = give

    def requestAvatarId(self, credentials: IUsernamePassword) -> Deferred[bytes | tuple[()]]:
        """Return the AvatarId of the first checker that accepts, or fail with UnauthorizedLogin or LoginUnavailable."""
        return deferred(self._ask_all(credentials))

    async def _ask_all(self, credentials: IUsernamePassword) -> bytes:
        question = _Question(credentials, self._give)
        by, known = self._accepted_before(credentials)
        for entry in self._entries:
            if entry is by and known is not None:
                return known
            if by is not None and not await self._may_hold(entry, question):
                continue
            try:
                return await self._ask(entry, question)
            # The text of another package's refusal may contain the password, so it is not passed on.
            except HeldName:
                text = f"checker {entry.name}: {question.problem or 'wrong password'}"
                raise RefusedBy(text, checker=entry.short) from None
            except UnauthorizedLogin:
                if entry.final:
                    raise RefusedBy(f"checker {entry.name} refuses and is final", checker=entry.short) from None
        problem = f": {question.problem}" if question.problem else ""
        raise UnauthorizedLogin(f"no checker accepts this name and password{problem}")

    def _accepted_before(self, credentials: IUsernamePassword) -> tuple[CheckerEntry | None, AvatarId | None]:
        """Return the first checker that accepted the same login a short while ago, with its answer."""
        for entry in self._entries:
            answer = None if entry.accepted is None else entry.accepted.answer(credentials)
            if answer is not None:
                return entry, answer
        return None, None

    async def _may_hold(self, entry: CheckerEntry, question: _Question) -> bool:
        """Return False if a checker need not be asked, because the name is not its own."""
        if entry.final or not IKnowsNames.providedBy(entry.checker):
            return True
        return await self._guarded(entry, partial(_knows, entry, question.typed.username), question.shown)

    async def _ask(self, entry: CheckerEntry, question: _Question) -> AvatarId:
        typed = question.typed
        try:
            given, answer = await self._guarded(entry, partial(question.asked, entry), question.shown)
        except UnauthorizedLogin:
            if entry.accepted is not None:
                entry.accepted.forget(typed)
            raise
        avatar_id = _avatar_id(answer, entry)
        avatar_id.code = given.code
        if entry.accepted is not None and not given.problem:
            once_logged_in(typed, partial(entry.accepted.remember, typed, avatar_id))
        return avatar_id

    async def _guarded(self, entry: CheckerEntry, ask: Ask[T], shown: Callable[[BaseException], str]) -> T:
        """Ask a checker within its timeout, and tell the breaker how that ended.

        :param shown: returns the text of an exception for the log.
        """
        breaker = entry.breaker
        attempt = breaker.begin(self._clock.seconds())
        if attempt is None:
            text = f"checker {entry.name} is not asked, because it has failed several times in a row"
            raise LoginUnavailable(text, checker=entry.short)
        failed: bool | None = None
        try:
            answer = await answer_of(entry, deferred(ask()), clock=self._clock, shown=shown)
            failed = False
            return answer
        except UnauthorizedLogin:
            failed = False
            raise
        except LoginUnavailable as problem:
            failed = None if isinstance(problem, LoginsSaturated) else True
            problem.checker = entry.short
            raise
        finally:
            self._count(entry, attempt, failed)

    def _count(self, entry: CheckerEntry, attempt: Attempt, failed: bool | None) -> None:
        """Tell the breaker the end of a question; None means that nothing was learnt about the checker."""
        if failed is None:
            entry.breaker.abandoned(attempt)
        elif failed and entry.breaker.failed(attempt, self._clock.seconds()):
            _log.error(
                "{checker} has failed {count} times in a row: logins get 421 at once until it answers again; "
                "it is tried every {seconds:g} s",
                checker=entry.label,
                count=entry.breaker.settings.failures,
                seconds=entry.breaker.settings.retry_seconds,
            )
        elif not failed and entry.breaker.answered(attempt):
            _log.info("{checker} answers again", checker=entry.label)


async def _knows(entry: CheckerEntry, name: bytes) -> bool:
    return bool(await maybeDeferred(IKnowsNames(entry.checker).knows, name))


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
    except LoginUnavailable as problem:  # of a built-in checker, whose text is for the log
        if not isinstance(problem, asked.refusals):
            _log.error("{asked}: {text}", asked=asked.label, text=str(problem))
        raise
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
        raise RefusedBy(f"checker {entry.name} answered no avatar id", checker=entry.short)
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


def _without_secrets(problem: BaseException, secrets: set[bytes]) -> str:
    """The traceback with its causes, or without any exception's text where one of them holds a secret."""
    text = traceback_of(problem)
    spellings: set[str] = set()
    for secret in secrets:
        decoded = secret.decode("utf-8", "replace")
        spellings |= {decoded, secret.decode("latin-1"), repr(decoded)[1:-1], repr(secret)[2:-1]}
    if not any(spelling in text for spelling in spellings - {""}):
        return text
    frames = "".join(traceback.format_tb(problem.__traceback__))
    return f"{frames}{type(problem).__name__} (its text held the password and is left out)"
