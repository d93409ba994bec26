"""The policy of an upload by its place: the folder goes before the account, and the account before the rest."""

from __future__ import annotations

from ftpd_service.account import Account
from ftpd_service.policy.permissions import folder_of
from ftpd_service.upload_policy import UploadPolicy, with_given
from ftpd_service.values import VirtualPath


def uploads_at(general: UploadPolicy, account: Account, path: VirtualPath) -> UploadPolicy:
    """Return the policy of an account's uploads to a path.

    :param general: the section ``uploads`` at the left margin of the file.
    """
    given = {folder.path: folder.uploads for folder in account.folders if folder.uploads}
    if not given:
        return with_given(general, account.uploads) if account.uploads else general
    # An inner folder without a section of its own hides that of a folder around it.
    place = folder_of(path, {folder.path for folder in account.folders})
    return with_given(general, account.uploads, given.get(place, ()) if place is not None else ())
