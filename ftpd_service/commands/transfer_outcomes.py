"""The class of the end of a transfer, for the event about it."""

from __future__ import annotations

from ftpd_service.errors import (
    DataError,
    FtpdError,
    QuotaExceeded,
    StorageFull,
    TransferAborted,
    UploadIncomplete,
    UploadPostponed,
    UploadRefused,
    UploadUnproved,
)
from ftpd_service.reasons import TransferOutcome

_OUTCOMES: tuple[tuple[type[BaseException], TransferOutcome], ...] = (
    (UploadIncomplete, TransferOutcome.DISCARDED),
    (UploadUnproved, TransferOutcome.DISCARDED),
    (UploadRefused, TransferOutcome.REFUSED),
    (UploadPostponed, TransferOutcome.REFUSED),
    (TransferAborted, TransferOutcome.ABORTED),
    (DataError, TransferOutcome.CONNECTION),
    (QuotaExceeded, TransferOutcome.QUOTA),
    (StorageFull, TransferOutcome.FULL),
    (FtpdError, TransferOutcome.STORAGE),
    (BaseException, TransferOutcome.ERROR),
)
"""The classes of failures, the first that fits."""


def outcome_of(problem: BaseException | None, *, cancelled: bool) -> TransferOutcome:
    """Return the class of the end of a transfer.

    :param problem: the exception that ended the transfer, or None.
    :param cancelled: whether the verb was cancelled; then any exception may be the consequence.
    """
    if problem is None:
        return TransferOutcome.COMPLETE
    if cancelled:
        return TransferOutcome.ABORTED
    return next(outcome for kind, outcome in _OUTCOMES if isinstance(problem, kind))
