"""The live accounts: one record for each account with sessions, so that a change counts in all of them.

A record lives as long as a session, or the storage of a session, holds it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from weakref import WeakValueDictionary

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ftpd_service.account import NO_LIMITS, Account, LiveAccount, Origin, Rates
from ftpd_service.errors import LoginRefused, LoginUnavailable
from ftpd_service.policy.admission import expired

_log = Logger(namespace="ftpd.accounts")

Again = Callable[[str, Origin], Awaitable[Account | None]]
"""Asks for an account anew; None, or LoginRefused, ends its sessions, and LoginUnavailable changes nothing."""


class LiveAccounts:
    """The records of accounts with sessions, by name.

    :param ended: learns of an account whose sessions must end.
    :param changed: called after accounts have changed.
    :param local: returns the local time of the server.
    """

    def __init__(
        self,
        *,
        ended: Callable[[LiveAccount], None],
        changed: Callable[[], None],
        local: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._live: WeakValueDictionary[str, LiveAccount] = WeakValueDictionary()
        self._ended = ended
        self._changed = changed
        self._local = local
        self._running: Deferred[None] | None = None
        self._again: Again | None = None

    def __len__(self) -> int:
        return len(self._live)

    def of(self, account: Account, origin: Origin) -> LiveAccount:
        """Return the record of an account that logs in, with its newest settings."""
        live = self._live.get(account.name)
        if live is None or live.ended:
            live = self._live[account.name] = LiveAccount(account, origin)
        elif live.account != account:
            live.account, live.origin = account, origin
            self._changed()
        return live

    def rates(self, name: str) -> Rates:
        """Return the throttles of an account with sessions; others have none."""
        live = self._live.get(name)
        return NO_LIMITS if live is None else live.account.rates

    def end_expired(self, local: datetime) -> None:
        """End the sessions of accounts that have expired at a local time of the server."""
        for live in list(self._live.values()):
            reason = expired(live.account, local)
            if reason is not None and not live.ended:
                live.ended = reason
                self._ended(live)

    def refresh(self, again: Again) -> Deferred[None]:
        """Ask for all accounts anew; the Deferred never fails.  A call while another runs makes that begin again."""
        self._again = again
        if self._running is None:
            self._running = Deferred()
            Deferred.fromCoroutine(self._run())
        return self._waiting()

    def _waiting(self) -> Deferred[None]:
        waiter: Deferred[None] = Deferred()
        if self._running is None:
            waiter.callback(None)
        else:
            self._running.addCallback(lambda result: waiter.callback(None))
        return waiter

    async def _run(self) -> None:
        while self._again is not None:
            again, self._again = self._again, None
            for live in list(self._live.values()):
                if not live.ended:
                    await self._renewed(live, again)
        running, self._running = self._running, None
        if running is not None:
            running.callback(None)

    async def _renewed(self, live: LiveAccount, again: Again) -> None:
        former, name = live.account, live.account.name
        try:
            account = await again(name, live.origin)
        except LoginUnavailable as problem:
            _log.warn("{account} stays as it is: {problem}", account=repr(name), problem=str(problem))
            return
        except LoginRefused as problem:
            account, reason = None, str(problem)
        except Exception:
            _log.failure("an account could not be asked for anew")
            return
        else:
            reason = "the account is gone or disabled"
            ending = None if account is None else expired(account, self._local())
            if ending is not None:
                account, reason = None, ending
        if live.account is not former:
            return  # a login in the meantime has brought newer settings
        if account is None:
            live.ended = reason
            self._ended(live)
        elif account != former:
            live.account = account
            self._changed()
