"""The ledgers of all accounts with a quota: one for each account, shared by its sessions."""

from __future__ import annotations

from collections import OrderedDict
from weakref import WeakValueDictionary

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorTime

from ftpd_service.storage.ledger import Ledger
from ftpd_service.storage.totals_store import TotalsStore

MOST_LEDGERS = 10_000
"""The most ledgers of accounts without sessions; without a database, others are counted again at their next upload."""


class Ledgers:
    """The ledgers of all accounts with a quota; those of accounts without sessions are kept, but not all of them."""

    def __init__(self, clock: IReactorTime, store: TotalsStore | None = None) -> None:
        """Take the clock.

        :param store: keeps the totals over a restart; None without a database.
        """
        self._store = store
        self._clock = clock
        self._recent: OrderedDict[str, Ledger] = OrderedDict()
        self._used: WeakValueDictionary[str, Ledger] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._recent)

    def ask_store(self) -> None:
        """Ask the store before the next upload of each account whether an operator wants a count."""
        for ledger in list(self._used.values()):
            ledger.ask_store()

    def of(self, name: str) -> Ledger:
        """Return the ledger of an account that logs in."""
        # A ledger that is not recent may still be in use.
        ledger = self._used.get(name) or Ledger(name, self._store, self._clock)
        self._recent[name] = self._used[name] = ledger
        self._recent.move_to_end(name)
        while len(self._recent) > MOST_LEDGERS:
            self._recent.popitem(last=False)
        return ledger

    async def close(self) -> None:
        """Store the totals of all accounts at once, as the service ends."""
        closing = [Deferred.fromCoroutine(ledger.close()) for ledger in list(self._used.values())]
        await gatherResults(closing, consumeErrors=True)
