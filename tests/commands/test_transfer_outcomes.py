"""The class of the end of a transfer."""

from __future__ import annotations

from ftpd_service.commands.transfer_outcomes import outcome_of
from ftpd_service.errors import (
    DataHandshakeFailed,
    NoDataConnection,
    PermissionDenied,
    QuotaExceeded,
    StorageFull,
    TransferAborted,
)
from ftpd_service.reasons import TransferOutcome
from tests.cases import SynchronousTestCase


class OutcomeTests(SynchronousTestCase):
    """`outcome_of`."""

    def assert_outcome(
        self, problem: BaseException | None, outcome: TransferOutcome, *, cancelled: bool = False
    ) -> None:
        """An exception stands for an outcome."""
        self.assertIs(outcome_of(problem, cancelled=cancelled), outcome)

    def test_no_exception(self) -> None:
        """All bytes have arrived."""
        self.assert_outcome(None, TransferOutcome.COMPLETE)

    def test_a_broken_connection(self) -> None:
        """The client or the network has ended it."""
        self.assert_outcome(TransferAborted("reset"), TransferOutcome.ABORTED)

    def test_no_connection(self) -> None:
        """The client did not come."""
        self.assert_outcome(NoDataConnection("late"), TransferOutcome.CONNECTION)

    def test_no_handshake(self) -> None:
        """It came, and failed."""
        self.assert_outcome(DataHandshakeFailed("alert"), TransferOutcome.CONNECTION)

    def test_a_quota(self) -> None:
        """The account's own limit."""
        self.assert_outcome(QuotaExceeded("quota.bytes"), TransferOutcome.QUOTA)

    def test_a_full_disk(self) -> None:
        """The operator has to act."""
        self.assert_outcome(StorageFull("ENOSPC"), TransferOutcome.FULL)

    def test_another_error_of_the_storage(self) -> None:
        """All others are one class."""
        self.assert_outcome(PermissionDenied("EACCES"), TransferOutcome.STORAGE)

    def test_a_fault(self) -> None:
        """The log has its traceback."""
        self.assert_outcome(ZeroDivisionError(), TransferOutcome.ERROR)

    def test_a_cancelled_verb(self) -> None:
        """Any exception may be the consequence."""
        self.assert_outcome(ZeroDivisionError(), TransferOutcome.ABORTED, cancelled=True)
