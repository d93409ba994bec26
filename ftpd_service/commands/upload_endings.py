"""The ends of uploads beside a commit and an abort: in the quarantine, or refused because of their grade."""

from __future__ import annotations

from typing import NamedTuple

from ftpd_service.commands.context import Context
from ftpd_service.errors import FtpdError, StorageError, UploadIncomplete, UploadUnproved
from ftpd_service.events import QuarantineFailed
from ftpd_service.interfaces import IWriteHandle
from ftpd_service.policy.grades import Graded
from ftpd_service.policy.upload_places import uploads_at
from ftpd_service.quarantine_interfaces import IQuarantinable, QuarantineLabel
from ftpd_service.reasons import UploadEvidence
from ftpd_service.upload_policy import GradeAction, UploadMode
from ftpd_service.values import EntryKind, Permissions, VirtualPath, WriteMode

_TAILLESS = frozenset({UploadEvidence.NO_CLOSE_NOTIFY, UploadEvidence.FEWER_THAN_ANNOUNCED})
"""The signs that the end of a file is missing, so that another attempt may bring it."""

_WHOLE = frozenset({WriteMode.REPLACE, WriteMode.CREATE, WriteMode.SUPERSEDE})
"""The modes of uploads whose file has no bytes of an earlier upload."""


class ClientUpload(NamedTuple):
    """An upload that a client asks for."""

    verb: str
    path: VirtualPath
    mode: WriteMode
    offset: int = 0
    """The restart offset in the file; 0 for other modes than MODIFY."""


def has_earlier_bytes(upload: ClientUpload) -> bool:
    """Return whether the file of an upload may have bytes of an earlier upload."""
    return upload.mode not in _WHOLE


def discarded(graded: Graded) -> UploadIncomplete | UploadUnproved:
    """Return the refusal of an upload that the policy for its grade discards."""
    text = f"uploads.grades.{graded.grade.value}: discard ({graded.evidence.value})"
    return UploadIncomplete(text) if graded.evidence in _TAILLESS else UploadUnproved(text)


async def into_quarantine(
    context: Context, upload: ClientUpload, handle: IWriteHandle, *, refused: bool = False
) -> str:
    """End an upload in the quarantine, and return its name there.

    :param refused: whether a stage refuses the file, so that it goes whatever the client may do.
    :raises UploadUnproved: the storage has no quarantine, or a finished file would be taken away with the bytes that
        were added, by a client that may neither delete nor overwrite it; then the upload is aborted.
    :raises StorageError: the upload has ended as by an abort.
    """
    try:
        if not refused:
            await _demand_removable(context, upload)
    except BaseException:
        await handle.abort()
        raise
    if not IQuarantinable.providedBy(handle):
        await handle.abort()
        raise UploadUnproved("uploads.grades: quarantine, but the storage of this path has no quarantine")
    label = QuarantineLabel(account=context.account.name, path=upload.path)
    return await IQuarantinable(handle).quarantine(label)


async def _demand_removable(context: Context, upload: ClientUpload) -> None:
    if upload.mode in _WHOLE:
        return
    try:
        if (await context.storage.stat(upload.path)).kind is EntryKind.FILE:
            context.demand_any(upload.path, Permissions.DELETE | Permissions.OVERWRITE)
    except StorageError as problem:
        raise UploadUnproved("uploads.grades: quarantine, but the client may not take the file away") from problem


async def break_off(context: Context, upload: ClientUpload, handle: IWriteHandle) -> str | None:
    """End a broken upload: return its name in the quarantine, or None if it is aborted.

    An upload that can be resumed never goes there: with ``resumable``, and behind the bytes of an earlier upload.
    """
    progress = context.data.progress()
    policy = uploads_at(context.session.settings.uploads, context.account, upload.path)
    resumed = policy.mode is UploadMode.RESUMABLE or upload.mode not in _WHOLE
    arrived = progress is not None and progress.octets
    if resumed or not arrived or policy.if_aborted is not GradeAction.QUARANTINE:
        await handle.abort()
        return None
    try:
        return await into_quarantine(context, upload, handle)
    except FtpdError as problem:
        session, account = context.session, context.account.name
        failure = QuarantineFailed(
            session=session.id, peer=session.peer, account=account, path=upload.path, reason=str(problem)
        )
        context.emit(failure)
        return None
