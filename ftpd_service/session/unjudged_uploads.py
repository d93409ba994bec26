"""The verdicts of a session whose service has no stages."""

from __future__ import annotations

from zope.interface import implementer

from ftpd_service.interfaces import IInspectable
from ftpd_service.verdict_interfaces import ACCEPTED, IUploadPlace, IVerdicts, JudgedUpload, Judgment


@implementer(IVerdicts)
class UnjudgedUploads:
    """Accepts every upload."""

    active = False

    def concern(self, upload: JudgedUpload) -> bool:
        return False

    async def judge(self, upload: JudgedUpload, handle: IInspectable, place: IUploadPlace) -> Judgment:
        return ACCEPTED
