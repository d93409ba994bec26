"""The grade of an upload: how certain it is that all bytes of the client's file have come.  Pure.

FTP ends a file by the end of the data connection, so an upload may look complete and lack its tail.  Two signs prove
that it is whole: TLS's close_notify, which only the client can send, and ALLO's number, if as many bytes have come.  A
FIN in clear is likely the client's own, but a dying program ends its connections in the same way.
"""

from __future__ import annotations

from typing import NamedTuple

from ftpd_service.reasons import UploadEvidence, UploadGrade
from ftpd_service.upload_policy import GradeAction, UploadPolicy
from ftpd_service.values import DataEnd, RepresentationType, WriteMode


class Graded(NamedTuple):
    """A grade, and the sign that decided."""

    grade: UploadGrade
    evidence: UploadEvidence


BROKEN = Graded(UploadGrade.ABORTED, UploadEvidence.BROKEN)
"""The grade of an upload whose data has no end: after a reset, ABOR, a stall, a lost client, or an error."""

_PROVED = Graded(UploadGrade.PROVED, UploadEvidence.ANNOUNCED_SIZE)
_CLOSED = Graded(UploadGrade.PROVED, UploadEvidence.CLOSE_NOTIFY)
_LIKELY = Graded(UploadGrade.LIKELY, UploadEvidence.CLEAN_END)
_FEWER = Graded(UploadGrade.DOUBTFUL, UploadEvidence.FEWER_THAN_ANNOUNCED)
_TRUNCATED = Graded(UploadGrade.DOUBTFUL, UploadEvidence.NO_CLOSE_NOTIFY)
_SHORTER = Graded(UploadGrade.DOUBTFUL, UploadEvidence.SHORTER_THAN_FORMER)


def grade_of(
    received: int, end: DataEnd, *, announced: int | None, start: int, kind: RepresentationType, replaced: int | None
) -> Graded:
    """Return the grade of an upload whose data has ended.

    :param received: the bytes on the data connection.
    :param announced: ALLO's number, or None (0 announces nothing).  After a restart offset some clients announce the
        bytes that are left, and others the bytes of the whole file.
    :param start: the bytes of the file that were there before: the restart offset, or the size of a file that APPE
        continues.
    :param replaced: the size of the file that the upload replaces as a whole, or None.
    """
    if announced:
        if received + start < announced:
            return _FEWER
        if kind is RepresentationType.IMAGE and _as_announced(received, end, announced, start):
            return _PROVED
    if end is DataEnd.CLOSE_NOTIFY:
        return _CLOSED
    if end is DataEnd.TRUNCATED:
        return _TRUNCATED
    return _SHORTER if replaced is not None and received < replaced else _LIKELY


def _as_announced(received: int, end: DataEnd, announced: int, start: int) -> bool:
    # An attacker may choose where to cut a TLS connection; where ALLO meant the bytes that are left, the sum would then
    # prove a wrong size.
    return received == announced or (received + start == announced and end is not DataEnd.TRUNCATED)


def start_of(mode: WriteMode, offset: int, former: int | None) -> int:
    """Return the bytes of the file that were there before an upload and stay in front of it."""
    if mode is WriteMode.APPEND:
        return former or 0
    return offset if mode is WriteMode.MODIFY else 0


def action_for(policy: UploadPolicy, grade: UploadGrade) -> GradeAction:
    """Return the policy for a grade; an upload that is proved is always kept."""
    if grade is UploadGrade.LIKELY:
        return policy.if_likely
    if grade is UploadGrade.DOUBTFUL:
        return policy.if_doubtful
    return policy.if_aborted if grade is UploadGrade.ABORTED else GradeAction.KEEP
