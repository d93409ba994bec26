"""The sources of accounts: checkers that provide `IAccounts`, and the configuration."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IReactorTime

from ftpd_service.account import Account, AccountSettings, Origin
from ftpd_service.auth.ordered import CheckerEntry, answer_of, traceback_of
from ftpd_service.errors import LoginError, LoginRefused
from ftpd_service.login_interfaces import IAccounts

T = TypeVar("T")

Otherwise = Callable[[str, AccountSettings | None], Account | None]
"""The account of an avatar id by the configuration and the settings that a checker has answered; see `Sources`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _AccountsOf:
    """The accounts of a checker, for `answer_of`."""

    refusals: ClassVar[tuple[type[Exception], ...]] = (LoginError,)
    entry: CheckerEntry

    @property
    def label(self) -> str:
        return f"the accounts of {self.entry.label}"

    @property
    def timeout_seconds(self) -> float:
        return self.entry.timeout_seconds


class Sources:
    """All sources of accounts that a configuration has."""

    def __init__(
        self, configured: IAccounts, otherwise: Otherwise, checkers: Sequence[CheckerEntry], clock: IReactorTime
    ) -> None:
        """Take the accounts of the configuration, and the checkers in their order.

        :param otherwise: returns the account of an id that no checker provides, or None.
        """
        self._configured = configured
        self._otherwise = otherwise
        self._providing = {entry.name: entry for entry in checkers if IAccounts.providedBy(entry.checker)}
        self._clock = clock

    async def found(
        self, name: str, accepted_by: CheckerEntry | None, answered: AccountSettings | None
    ) -> tuple[Account | None, Origin]:
        """Return the account of a login, and where it came from.

        :param accepted_by: the checker that accepted; it is asked before the configuration.  With None, as for a
            certificate, all checkers are asked.
        :param answered: the settings that came with its answer.
        """
        for entry in self._asked(accepted_by):
            account = await self._account(entry, name)
            if account is not None:
                return account, Origin(checker=entry.name)
        return self._otherwise(name, answered), Origin(answered=answered)

    async def expected(self, name: str, asked: CheckerEntry) -> Account | None:
        """Return the account that a name gets through a checker, or None if it is unknown or cannot be used.

        The account is that of the name as it was typed; the name and the settings of an answer are not known yet.  It
        is a part of the question to the checker, whose caller guards it: failures are raised as they are.
        """
        try:
            if asked.name in self._providing:
                account: Account | None = await maybeDeferred(IAccounts(asked.checker).account, name)
                if account is not None:
                    return account
            return self._otherwise(name, None)
        except LoginRefused:
            return None  # the same is found again behind the checker's answer

    async def again(self, name: str, origin: Origin) -> Account | None:
        """Return an account anew, or None if it is gone.

        :raises LoginError: it is unusable, or its source does not answer.
        """
        if origin.checker is None:
            return self._otherwise(name, origin.answered)
        entry = self._providing.get(origin.checker)
        return None if entry is None else await self._account(entry, name)

    async def needs_tls(self, name: str) -> bool:
        """Return whether the password of a name is checked under TLS only.

        If no source has the name, the answer is the same as if it needed TLS as soon as any account does.
        """
        for source in self._all():
            needed = await self._answer(source, lambda accounts: accounts.needs_tls(name))
            if needed is not None:
                return bool(needed)
        for source in self._all():
            if await self._answer(source, lambda accounts: accounts.some_need_tls()):
                return True
        return False

    def _asked(self, accepted_by: CheckerEntry | None) -> Iterator[CheckerEntry]:
        if accepted_by is None:
            yield from self._providing.values()
        elif accepted_by.name in self._providing:
            yield accepted_by

    def _all(self) -> Iterator[CheckerEntry | None]:
        """Yield None for the configuration, and the checkers."""
        yield None
        yield from self._providing.values()

    async def _account(self, entry: CheckerEntry, name: str) -> Account | None:
        return await self._answer(entry, lambda accounts: accounts.account(name))

    async def _answer(self, source: CheckerEntry | None, ask: Callable[[IAccounts], Awaitable[T]]) -> T:
        """Return the answer of a source, in the time that its checker has."""
        if source is None:
            return await ask(self._configured)
        attempt: Deferred[T] = maybeDeferred(ask, IAccounts(source.checker))  # type: ignore[call-overload]  # strangers'
        return await answer_of(_AccountsOf(entry=source), attempt, clock=self._clock, shown=traceback_of)
