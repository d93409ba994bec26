"""Writes the changes of the outbox in the order in which they were told.

While a transaction runs, the next changes collect, so that many uploads share a transaction.  A change for which no
upload waits is not written at once, so that a client that sends many small files pays one transaction for each.  A
transaction that has failed is tried again after a pause, but for the intents in it: their uploads are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from ftpd_service.database.outbox_changes import (
    DeliveredRow,
    ForgottenIntent,
    KeptEvent,
    MarkedRow,
    OutboxChange,
    OutboxState,
    OutboxStore,
)
from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.runtime.stepping import started

_log = Logger(namespace="ftpd.hooks")

OUTBOX_PAUSE_SECONDS = 1.0
"""The pause after a transaction that has failed."""

MARK_SECONDS = 0.02
"""How long changes for which no upload waits wait for company: mostly the next intent takes them along."""

UNCERTAIN_SECONDS = 2.0
"""How long a crash of PostgreSQL may undo a transaction that was not waited for: thrice its `wal_writer_delay`."""

MOST_RECENT = 5000
"""The most rows that are kept in memory for this time."""

LARGEST_BATCH = 1000
"""The most changes of a transaction, so that each one takes some milliseconds."""


class _Told:
    """A change that was told, and who waits until it is written."""

    __slots__ = ("change", "durable", "ended", "written")

    def __init__(self, change: OutboxChange, written: Deferred[None] | None, *, durable: bool = False) -> None:
        self.change = change
        self.durable = durable
        self.ended = False
        self.written = written

    @property
    def is_intent(self) -> bool:
        return isinstance(self.change, KeptEvent) and self.change.state is OutboxState.INTENT

    @property
    def makes_ready(self) -> bool:
        change = self.change
        return isinstance(change, MarkedRow) or (isinstance(change, KeptEvent) and not self.is_intent)

    def end(self, problem: DatabaseUnavailable | None = None) -> None:
        """Tell who waits."""
        self.ended = True
        written, self.written = self.written, None
        if written is not None and not written.called:
            if problem is None:
                written.callback(None)
            else:
                written.errback(problem)


class OutboxWriter:
    """The only writer of a process's rows.

    :param ready: is called when rows have become ready.
    :param lost: gets the number of intents that could not be written.
    """

    def __init__(
        self,
        store: OutboxStore,
        clock: IReactorTime,
        *,
        ready: Callable[[], object],
        lost: Callable[[int], object],
    ) -> None:
        self._store = store
        self._clock = clock
        self._ready = ready
        self._lost = lost
        self._changes: list[_Told] = []
        self._batch: list[_Told] = []
        self._recent: dict[tuple[str, str], tuple[float, MarkedRow]] = {}
        self._writing = False
        self._again: IDelayedCall | None = None
        self._failing = self._closed = self._urgent = False
        self._rounds: list[Deferred[None]] = []

    @property
    def unwritten(self) -> int:
        """Return how many new rows may not be in the table yet."""
        return sum(isinstance(one.change, KeptEvent) for one in (*self._batch, *self._changes))

    def tell(self, *changes: OutboxChange) -> None:
        """Have changes written, without waiting."""
        self._add([_Told(change, None) for change in changes])

    async def write(self, *changes: OutboxChange, durable: bool = False) -> None:
        """Have changes written, and wait for it.

        :param durable: whether they must outlive a power failure.
        :raises DatabaseUnavailable: intents could not be written; other changes wait until they can.
        """
        written: Deferred[None] = Deferred()
        *others, last = changes
        self._add([*(_Told(change, None) for change in others), _Told(last, written, durable=durable)])
        await written

    async def flush(self) -> None:
        """Wait until everything that was told before is written, or a transaction has failed.

        :raises DatabaseUnavailable:
        """
        told = self._changes or self._batch
        last = told[-1] if told else None
        while last is not None and not last.ended:
            await self._round()
            if self._failing:
                raise DatabaseUnavailable("the last transaction has failed")

    async def _round(self) -> None:
        """Wait for the end of the transaction that runs, or that begins now."""
        ended: Deferred[None] = Deferred()
        self._rounds.append(ended)
        self._begin()
        await ended

    async def stop(self) -> None:
        """Write everything that was told; a transaction that fails is the last."""
        self._closed = True
        self._cancel_pause()
        while self._writing or self._changes:
            await self._round()
            if self._failing:
                return

    def _add(self, told: list[_Told]) -> None:
        self._changes += told
        self._urgent = self._urgent or told[-1].is_intent
        self._go_on()

    def _go_on(self) -> None:
        """Begin a transaction now if an upload waits, or else soon."""
        if self._urgent or self._closed:
            self._begin()
        elif self._changes and not self._writing and self._again is None:
            self._again = self._clock.callLater(MARK_SECONDS, self._begin)

    def _cancel_pause(self) -> None:
        if self._again is not None and self._again.active():
            self._again.cancel()
        self._again = None

    def _begin(self) -> None:
        self._cancel_pause()
        if self._changes and not self._writing:
            self._batch, self._changes = self._changes[:LARGEST_BATCH], self._changes[LARGEST_BATCH:]
            self._writing = True
            self._urgent = bool(self._changes)
            started(self._write(self._batch))

    async def _write(self, batch: list[_Told]) -> None:
        problem: DatabaseUnavailable | None = None
        new = False
        try:
            new = await self._store.write([one.change for one in batch], durable=any(one.durable for one in batch))
        except DatabaseUnavailable as refusal:
            problem = refusal
        except Exception:
            _log.failure("the outbox could not be written")
            problem = DatabaseUnavailable("see the log")
        self._writing, self._batch = False, []
        if problem is None:
            if new:
                self._write_again()
            self._succeeded(batch)
        else:
            self._failed(batch, problem)
        rounds, self._rounds = self._rounds, []
        for ended in rounds:
            ended.callback(None)

    def _succeeded(self, batch: Sequence[_Told]) -> None:
        self._failing = False
        self._remember(batch)
        for one in batch:
            one.end()
        if any(one.makes_ready for one in batch):
            self._ready()
        if not self._closed:
            self._go_on()

    def _remember(self, batch: Sequence[_Told]) -> None:
        """Remember the rows that have become ready, until the database will not lose them any more."""
        now = self._clock.seconds()
        for one in batch:
            change = one.change
            if isinstance(change, DeliveredRow):
                self._recent.pop((change.id, change.rule), None)
            elif one.makes_ready and isinstance(change, MarkedRow | KeptEvent):
                row = change.row if isinstance(change, MarkedRow) else change
                self._recent[row.id, row.rule] = now, MarkedRow(row)
        while self._recent:
            oldest = next(iter(self._recent))
            if len(self._recent) <= MOST_RECENT and now - self._recent[oldest][0] < UNCERTAIN_SECONDS:
                break
            del self._recent[oldest]

    def _write_again(self) -> None:
        """Write the rows of the last seconds again: the database may have crashed, and have lost them."""
        recent = [_Told(row, None) for _, row in self._recent.values()]
        self._recent.clear()
        self._changes = [*recent, *self._changes]

    def _failed(self, batch: Sequence[_Told], problem: DatabaseUnavailable) -> None:
        """Let the uploads know that wait, and keep everything else for the next try."""
        if not self._failing:
            _log.error("the outbox cannot be written: {reason}", reason=str(problem))
        self._failing, self._urgent = True, False
        told = [*batch, *self._changes]
        intents = [one for one in told if one.is_intent]
        # Rows of uploads that were cancelled are forgotten already.
        forgotten = {one.change.id for one in told if isinstance(one.change, ForgottenIntent)}
        lost = [one.change.id for one in intents if isinstance(one.change, KeptEvent)]
        # The transaction may have been committed all the same.
        unknown = dict.fromkeys(one.change.id for one in batch if one.is_intent and isinstance(one.change, KeptEvent))
        again = [_Told(ForgottenIntent(key), None) for key in unknown if key not in forgotten]
        self._changes = [*(one for one in told if not one.is_intent), *again]
        self._lost(sum(key not in forgotten for key in lost))
        if not self._closed:
            self._cancel_pause()
            self._again = self._clock.callLater(OUTBOX_PAUSE_SECONDS, self._begin)
        for one in intents:
            one.end(problem)
