"""The verdict about an upload: asked behind its last byte, and carried out in place of its commit."""

from __future__ import annotations

from ftpd_service.commands.context import Context
from ftpd_service.commands.upload_endings import ClientUpload, has_earlier_bytes
from ftpd_service.errors import StageRefused, UploadPostponed, UploadRefused
from ftpd_service.hook_events import HookEvent, HookTrigger, new_event_id
from ftpd_service.interfaces import IInspectable, IWriteHandle
from ftpd_service.policy.grades import Graded
from ftpd_service.policy.upload_places import uploads_at
from ftpd_service.upload_policy import UploadMode
from ftpd_service.verdict_interfaces import ACCEPTED, IUploadPlace, JudgedUpload, Judgment, Ruling


def demand_judgeable(context: Context, upload: ClientUpload) -> None:
    """Refuse an upload that stages may refuse but nobody could take back: it changes the file before they are asked.

    :raises UploadRefused: there is no quarantine to which the file could be moved.
    """
    verdicts = context.parts.verdicts
    if not verdicts.active or not in_place(context, upload):
        return
    policy = uploads_at(context.session.settings.uploads, context.account, upload.path)
    if policy.quarantine is None and verdicts.concern(_judged(context, upload, size=None, graded=None)):
        raise UploadRefused("stages of hooks.verdicts judge uploads in place only with uploads.quarantine")


def in_place(context: Context, upload: ClientUpload) -> bool:
    """Return whether an upload changes a file that others see."""
    policy = uploads_at(context.session.settings.uploads, context.account, upload.path)
    return policy.mode is UploadMode.IN_PLACE or has_earlier_bytes(upload)


def demands_quarantine(context: Context, upload: ClientUpload) -> bool:
    """Return whether an abort would leave the bytes of an upload that a stage refuses."""
    policy = uploads_at(context.session.settings.uploads, context.account, upload.path)
    kept = policy.mode is UploadMode.RESUMABLE and policy.quarantine is not None
    return kept or in_place(context, upload)


async def judgment_of(
    context: Context, upload: ClientUpload, handle: IWriteHandle, graded: Graded, place: IUploadPlace
) -> Judgment:
    """Return the judgment about an upload with all its bytes.

    ABOR, the end of the control connection and the deadline of a drain end the wait.

    :param place: the place of the upload, which takes the new name of a stage.
    :raises TransferAborted: the client has left meanwhile.
    :raises UploadPostponed: the file cannot be looked at, but stages have to.
    """
    verdicts = context.parts.verdicts
    if not verdicts.concern(_judged(context, upload, size=None, graded=graded)):
        return ACCEPTED
    if not IInspectable.providedBy(handle):
        raise UploadPostponed("the storage of this path cannot show an upload to stages of hooks.verdicts")
    settled = await IInspectable(handle).settle()
    judged = _judged(context, upload, size=settled.size, graded=graded)
    judgment = await verdicts.judge(judged, IInspectable(handle), place)
    context.demand_client()
    return judgment


def refusal(judgment: Judgment) -> UploadRefused | UploadPostponed:
    """Return the error of an upload that a stage refuses or postpones."""
    if judgment.ruling is Ruling.LATER:
        return UploadPostponed(f"stage {judgment.stage}: {judgment.text}")
    return StageRefused(f"stage {judgment.stage}: {judgment.text}", told=judgment.text, code=judgment.code)


def _judged(context: Context, upload: ClientUpload, *, size: int | None, graded: Graded | None) -> JudgedUpload:
    event = HookEvent(
        id=new_event_id(),
        trigger=HookTrigger.UPLOADED,
        time=context.now(),
        origin=context.session.origin(),
        path=upload.path,
        size=size,
        grade=None if graded is None else graded.grade,
    )
    return JudgedUpload(event=event, verb=upload.verb, mode=upload.mode)
