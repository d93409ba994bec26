"""The events of transfers: TransferStarted, and TransferFinished with the outcome."""

from __future__ import annotations

from types import TracebackType

from ftpd_service.commands.context import Context
from ftpd_service.commands.transfer_outcomes import outcome_of
from ftpd_service.errors import FtpdError
from ftpd_service.events import TransferFinished, TransferStarted
from ftpd_service.policy.grades import BROKEN, Graded
from ftpd_service.reasons import TransferOutcome
from ftpd_service.values import Direction, RepresentationType, VirtualPath


class Reported:
    """Emits TransferStarted at the beginning of a block, and TransferFinished with the outcome at its end.

    This is a class because a generator's context costs twice as much, which small files feel.

    :ivar byte_count: the number of bytes of the transfer, once the verb knows it.
    :ivar graded: the grade of an upload that has ended by it; until then that of a broken upload, and None for others.
    :ivar quarantined: the name of an upload in the quarantine, if it has ended there.
    """

    __slots__ = ("_began", "_context", "_facts", "_seconds", "byte_count", "graded", "quarantined")

    def __init__(self, context: Context, verb: str, direction: Direction, path: VirtualPath) -> None:
        self._context = context
        self._facts = (context.session.id, context.account.name, verb, direction, path)
        self._began = 0.0
        self._seconds: float | None = None
        self.byte_count = 0
        self.graded: Graded | None = BROKEN if direction is Direction.UPLOAD else None
        self.quarantined: str | None = None

    def __enter__(self) -> Reported:
        session, account, verb, direction, path = self._facts
        peer = self._context.session.peer
        self._context.emit(
            TransferStarted(session=session, peer=peer, account=account, verb=verb, direction=direction, path=path)
        )
        self._began = self._context.now()
        return self

    def data_ended(self, graded: Graded) -> None:
        """Note the end of the data, behind which the transfer waits for a verdict: its time does not count."""
        self._seconds, self.graded = self._context.now() - self._began, graded

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        context = self._context
        session, account, verb, direction, path = self._facts
        outcome, quarantined = "complete" if kind is None else "aborted", self.quarantined
        outcome_kind = outcome_of(problem, cancelled=context.running is not None and context.running.cancelled)
        if kind is None and quarantined is not None:
            outcome, outcome_kind = "quarantined", TransferOutcome.QUARANTINED
        if isinstance(problem, FtpdError):
            outcome = type(problem).__name__
        progress = context.data.progress()
        graded = self.graded
        context.emit(
            TransferFinished(
                session=session,
                peer=context.session.peer,
                account=account,
                verb=verb,
                direction=direction,
                path=path,
                octets=self.byte_count if progress is None else max(self.byte_count, progress.octets),
                seconds=context.now() - self._began if self._seconds is None else self._seconds,
                outcome=outcome,
                kind=outcome_kind,
                protected=context.session.data_protected,
                ascii=context.session.representation.type is RepresentationType.ASCII,
                grade=None if graded is None else graded.grade,
                evidence=None if graded is None else graded.evidence,
                quarantined=quarantined,
            )
        )
