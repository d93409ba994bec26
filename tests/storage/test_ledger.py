"""The ledger: when files are counted, and what is kept over a restart."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from ftpd_service.errors import StorageFailed, TemporarilyUnavailable
from ftpd_service.policy.quotas import FileInUse, Totals
from ftpd_service.storage import ledgers as ledgers_module
from ftpd_service.storage.ledger import COUNT_SECONDS, RECOUNT_SECONDS, RECOUNT_TIMES, RETRY_SECONDS, WAIT_SECONDS
from ftpd_service.storage.ledgers import Ledgers
from ftpd_service.values import VirtualPath, WriteMode
from tests.storage.ledgers import LedgerCase

A, N = VirtualPath("/a"), VirtualPath("/n")


class StoreTests(LedgerCase):
    """The totals are kept over a restart."""

    def test_dirty_before_the_first_change(self) -> None:
        """And only once, until the account is idle; here before the count."""
        self.put("/n", b"1")
        self.put("/m", b"1")
        self.assertEqual(self.store.calls, ["load", "dirty"])

    def test_clean_after_idling(self) -> None:
        """With the totals."""
        self.put("/n", b"1")
        self.clock.advance(5)
        self.assertEqual((self.store.calls[-1], self.store.totals["alice"]), ("save", self.ledger.usage.totals))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_not_while_an_upload_runs(self) -> None:
        """It will change the totals."""
        self.put("/n", b"1")
        handle = self.successResultOf(self.storage.open_write(A, WriteMode.REPLACE, 0))
        self.clock.pump([5, 5])
        self.assertIsNone(self.store.totals["alice"])
        self.successResultOf(handle.abort())
        self.clock.advance(5)
        self.assertIsNotNone(self.store.totals["alice"])

    def test_not_in_doubt(self) -> None:
        """A restart counts then."""
        self.put("/n", b"1")
        self.ledger.doubt()
        self.clock.advance(5)
        self.assertIsNone(self.store.totals["alice"])

    def test_kept_totals_are_not_counted_again(self) -> None:
        """The next process trusts them."""
        self.put("/n", b"1")
        self.clock.advance(5)
        self.restart()
        self.put("/m", b"1")
        self.assertEqual(self.ledger.counts, 0)
        self.agree(12, 4)

    def test_dirty_totals_are_counted(self) -> None:
        """The former process was killed."""
        self.put("/n", b"1")
        self.restart()
        self.put("/m", b"1")
        self.assertEqual(self.ledger.counts, 1)
        self.agree(12, 4)

    def test_store_that_is_away_allows_no_change(self) -> None:
        """No upload, no removal: an account that is not dirty would be wrong after a restart."""
        self.store.down = True
        self.failureResultOf(self.storage.open_write(N, WriteMode.REPLACE, 0), TemporarilyUnavailable)
        self.failureResultOf(self.storage.remove_file(A), TemporarilyUnavailable)
        self.assertEqual(self.stored, (10, 2))

    def test_close_stores_at_once(self) -> None:
        """The service ends."""
        self.put("/n", b"1")
        self.successResultOf(self.ledger.close())
        self.assertEqual((self.store.calls[-1], self.clock.getDelayedCalls()), ("save", []))

    def test_close_does_not_wait_for_a_count(self) -> None:
        """A mount that hangs must not hold up the end of the service; the next service counts."""
        self.put("/n", b"1")
        self.storage._count = hanging  # type: ignore[method-assign]  # a mount that hangs
        self.ledger.doubt()
        self.clock.advance(RECOUNT_SECONDS)
        attempt = Deferred.fromCoroutine(self.storage.open_write(N, WriteMode.REPLACE, 0))
        self.successResultOf(self.ledger.close())
        self.successResultOf(attempt)
        self.assertEqual((self.store.totals["alice"], self.clock.getDelayedCalls()), (None, []))


class WantedCountTests(LedgerCase):
    """An operator removes the row of an account, and so asks for a count."""

    def setUp(self) -> None:
        super().setUp()
        self.put("/n", b"1")
        self.remove_unseen("n")

    def test_seen_with_the_next_change(self) -> None:
        """Also if the last count was a moment ago."""
        self.clock.advance(5)
        del self.store.totals["alice"]
        self.successResultOf(self.storage.remove_file(A))
        self.put("/m", b"1")
        self.agree(7, 2)

    def test_seen_when_the_account_is_idle(self) -> None:
        """Its totals are not kept."""
        del self.store.totals["alice"]
        self.clock.advance(5)
        self.assertEqual(self.store.totals, {})
        self.put("/m", b"1")
        self.agree(11, 3)

    def test_seen_before_an_upload_when_told(self) -> None:
        """So that the room counts at once."""
        self.clock.advance(5)
        del self.store.totals["alice"]
        self.ledger.ask_store()
        self.put("/m", b"0123456789")
        self.agree(20, 3)

    def test_asked_once(self) -> None:
        """Without a wish nothing is counted."""
        self.ledger.ask_store()
        self.put("/m", b"1")
        self.put("/m", b"1")
        self.assertEqual(self.ledger.counts, 1)


class BoundTests(LedgerCase):
    """A client cannot make the service count again and again."""

    def test_doubt(self) -> None:
        """The next count waits, and uploads go on."""
        self.count()
        self.ledger.doubt()
        self.put("/n", b"1")
        self.assertEqual(self.ledger.counts, 1)
        self.clock.advance(RECOUNT_SECONDS)
        self.put("/n", b"1")
        self.assertEqual(self.ledger.counts, 2)

    def test_full_account(self) -> None:
        """It is refused without a count."""
        self.put("/n", b"0123456789")
        for _ in range(5):
            self.refuse("/m", b"1")
        self.clock.advance(RECOUNT_SECONDS)
        for _ in range(5):
            self.refuse("/m", b"1")
        self.assertEqual(self.ledger.counts, 2)

    def test_long_counts(self) -> None:
        """An account with many files is counted for a twentieth of the time at most."""
        count, clock = self.storage._count, self.clock

        async def slow() -> tuple[Totals, dict[FileInUse, int]]:
            clock.advance(9)
            return await count()

        self.storage._count = slow  # type: ignore[method-assign]  # a tree of many files
        self.count()
        self.clock.advance(9 * RECOUNT_TIMES - 1)
        self.count()
        self.assertEqual(self.ledger.counts, 1)
        self.clock.advance(1)
        self.count()
        self.assertEqual(self.ledger.counts, 2)

    def test_count_that_fails(self) -> None:
        """It is tried again after some seconds; uploads get 450 meanwhile."""
        count = self.storage._count
        self.storage._count = broken  # type: ignore[method-assign]  # a directory that cannot be read
        self.failureResultOf(self.storage.open_write(N, WriteMode.REPLACE, 0), TemporarilyUnavailable)
        self.storage._count = count  # type: ignore[method-assign]
        self.failureResultOf(self.storage.open_write(N, WriteMode.REPLACE, 0), TemporarilyUnavailable)
        self.clock.advance(RETRY_SECONDS)
        self.put("/n", b"1")

    def test_changes_do_not_wait_for_ever(self) -> None:
        """A removal gets 450 while a count takes long."""
        self.put("/n", b"1")
        self.storage._count = hanging  # type: ignore[method-assign]  # a mount that hangs
        self.ledger.doubt()
        self.clock.advance(RECOUNT_SECONDS)
        Deferred.fromCoroutine(self.storage.open_write(N, WriteMode.REPLACE, 0)).addErrback(bool)
        removal = Deferred.fromCoroutine(self.storage.remove_file(A))
        self.clock.advance(WAIT_SECONDS)
        self.failureResultOf(removal, TemporarilyUnavailable)
        self.successResultOf(self.ledger.close())

    def test_count_does_not_last_for_ever(self) -> None:
        """Commits wait for it, so it ends."""
        self.storage._count = hanging  # type: ignore[method-assign]  # a mount that hangs
        Deferred.fromCoroutine(self.storage.open_write(N, WriteMode.REPLACE, 0)).addErrback(bool)
        removal = Deferred.fromCoroutine(self.ledger.still(None).__aenter__())
        self.clock.advance(COUNT_SECONDS)
        self.successResultOf(removal)


class AccountsTests(LedgerCase):
    """The ledgers of all accounts."""

    def test_one_ledger_for_each_account(self) -> None:
        """Its sessions share it."""
        ledgers = Ledgers(self.clock)
        self.assertIs(ledgers.of("alice"), ledgers.of("alice"))

    def test_not_too_many(self) -> None:
        """The oldest without sessions is forgotten; a ledger in use stays the same."""
        self.patch(ledgers_module, "MOST_LEDGERS", 2)
        ledgers = Ledgers(self.clock)
        kept = ledgers.of("a")
        for name in "bcd":
            ledgers.of(name)
        self.assertEqual((len(ledgers), ledgers.of("a")), (2, kept))

    def test_close_stores_all(self) -> None:
        """A ledger that hangs delays no other."""
        ledgers = Ledgers(self.clock, self.store)
        waiting, ready = ledgers.of("waiting"), ledgers.of("ready")
        self.successResultOf(ready.ready(self.storage._count))
        attempt = Deferred.fromCoroutine(waiting.ready(hanging)).addErrback(bool)
        self.successResultOf(ledgers.close())
        self.assertEqual((self.store.totals["ready"], self.store.totals["waiting"]), (Totals(10, 2), None))
        self.successResultOf(attempt)


async def hanging() -> tuple[Totals, dict[FileInUse, int]]:
    """Count files on a mount that hangs."""
    await Deferred()
    raise AssertionError


async def broken() -> tuple[Totals, dict[FileInUse, int]]:
    """Count files that cannot be read."""
    raise StorageFailed("I/O error")


class SlowCountTests(LedgerCase):
    """A count that takes long."""

    def setUp(self) -> None:
        super().setUp()
        self.held: Deferred[None] = Deferred()
        count = self.storage._count

        async def slow() -> object:
            await self.held
            return await count()

        self.storage._count = slow  # type: ignore[method-assign,assignment]  # a tree of many files

    def test_upload_waits(self) -> None:
        """And goes on with the totals."""
        attempt = Deferred.fromCoroutine(self.storage.open_write(N, WriteMode.REPLACE, 0))
        self.assertNoResult(attempt)
        self.held.callback(None)
        self.successResultOf(self.successResultOf(attempt).abort())

    def test_upload_does_not_wait_for_ever(self) -> None:
        """Clients give up by themselves; the count goes on."""
        attempt = Deferred.fromCoroutine(self.storage.open_write(N, WriteMode.REPLACE, 0))
        self.clock.advance(WAIT_SECONDS)
        self.failureResultOf(attempt, TemporarilyUnavailable)
        self.held.callback(None)
        self.put("/n", b"1")
        self.assertEqual(self.ledger.counts, 1)

    def test_client_that_leaves(self) -> None:
        """Its upload ends; the count goes on."""
        attempt = Deferred.fromCoroutine(self.storage.open_write(N, WriteMode.REPLACE, 0))
        attempt.addErrback(lambda failure: None)
        attempt.cancel()
        self.held.callback(None)
        self.put("/n", b"1")
        self.agree(11, 3)
