"""The tree of an account: the files of its home and its folders, within its permissions."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

from ftpd_service.account import LiveAccount, filled
from ftpd_service.interfaces import IStorage
from ftpd_service.path_rules import Folder
from ftpd_service.policy.live_rules import LiveRules
from ftpd_service.storage.change_recorder import Recording
from ftpd_service.storage.copying import Copies
from ftpd_service.storage.folders import FolderTree
from ftpd_service.storage.live_folders import LiveFolders
from ftpd_service.storage.permitted import Permitted
from ftpd_service.storage.recorded import Recorded
from ftpd_service.upload_policy import GivenUploads

FilesOf = Callable[[str, GivenUploads], IStorage]
"""Returns the files of a directory of the host, without looking at its disk, with a policy of uploads to it."""


def account_tree(
    home: IStorage, live: LiveAccount, files_of: FilesOf, *, clock: IReactorTime, copies: Copies
) -> IStorage:
    """Return the tree that the sessions of an account see; the other parameters are those of `account_files`.

    :raises LoginRefused: the avatar id is not allowed in the path of a folder.
    """
    return permitted_tree(account_files(home, live, files_of, clock=clock), live, copies)


def permitted_tree(files: IStorage, live: LiveAccount, copies: Copies, recording: Recording | None = None) -> IStorage:
    """Return the files of an account within its permissions.

    :param recording: records their changes; None without an outbox.
    """
    recorded = files if recording is None else Recorded(files, recording)
    return Permitted(recorded, LiveRules(live), copies)


def account_files(home: IStorage, live: LiveAccount, files_of: FilesOf, *, clock: IReactorTime) -> IStorage:
    """Return the files of a home and of the folders of its account.

    :raises LoginRefused: the avatar id is not allowed in the path of a folder.
    """
    if live.account.folders:

        def made(folder: Folder) -> IStorage:
            return files_of(filled(folder.host, live.account.name), folder.uploads)

        folders = LiveFolders(live, made, clock=clock)
        # An avatar id that no host path may contain is refused at login.
        folders.current()
        return FolderTree(home, folders)
    return home
