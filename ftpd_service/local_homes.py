"""Local files of logins: the homes and the folders of accounts, as storages."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from functools import partial
from weakref import WeakValueDictionary

from ftpd_service.account import Account
from ftpd_service.errnos import error_for
from ftpd_service.errors import LoginRefused, LoginUnavailable, TemporarilyUnavailable
from ftpd_service.interfaces import IStorage
from ftpd_service.kernel.descriptors import HELD
from ftpd_service.kernel.file_systems import mount_of
from ftpd_service.runtime.pool import BlockingPool, MountedHome, Owned
from ftpd_service.storage.holds import RunningUploads
from ftpd_service.storage.local.at_hand import mount_at_hand
from ftpd_service.storage.local.storage import LocalStorage
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.upload_policy import GivenUploads, UploadMode, with_given
from ftpd_service.values import Peer


class LocalHomes:
    """Makes storages of local files for each login; logins with the same directory and settings share most of it."""

    def __init__(self, settings: StorageSettings, pool: BlockingPool, *, hidden: RunningUploads) -> None:
        self._settings = settings
        self._pool = pool
        self._hidden = hidden
        self._homes: WeakValueDictionary[tuple[str, StorageSettings], LocalStorage] = WeakValueDictionary()

    def blocking(self, account: Account, peer: Peer | None, home: MountedHome | None) -> Owned:
        """Return the pool of threads, bound to a login's account and its client's host."""
        host = None if peer is None else peer.host
        return self._pool.owned(host=host, account=lambda: account.name, home=home)

    def unopened(self, path: str | None) -> MountedHome | None:
        """Return a home that is not open yet, with the mount that its path tells."""
        if path is None:
            return None
        raw = os.fsencode(path)
        return MountedHome(raw, self._pool.mount_of_path(raw))

    async def open(self, path: str, account: Account, peer: Peer | None) -> IStorage:
        """Return the files of a home.

        :raises LoginRefused: the home is missing, or cannot be opened.
        :raises LoginUnavailable: the threads of the account or the host hang.
        """
        mount = mount_at_hand(os.fsencode(path))
        if mount is None:
            preparing = self.blocking(account, peer, self.unopened(path))
            try:
                mount = await preparing(partial(_prepare_home, path, account.create_home), discard=_nothing)
            except TemporarilyUnavailable as problem:
                raise LoginUnavailable(f"the home of {account.name!r} cannot be opened now: {problem}") from problem
        blocking = self.blocking(account, peer, MountedHome(os.fsencode(path), mount))
        return self._shared(path, self._settings_of(account), blocking)

    def folder(self, path: str, account: Account, peer: Peer | None, uploads: GivenUploads = ()) -> IStorage:
        """Return the files of a folder, without waiting for its disk: its directory may be missing, or hang.

        :param uploads: the folder's own policy of uploads.
        """
        raw = os.fsencode(path)
        mount = mount_at_hand(raw)
        home = self.unopened(path) if mount is None else MountedHome(raw, mount)
        return self._shared(path, self._settings_of(account, uploads), self.blocking(account, peer, home))

    def open_beside(self, path: str, account: Account, peer: Peer | None) -> IStorage:
        """Return the files of a home, on a thread: waits for disks, and shares nothing with other logins."""
        mount = _prepare_home(path, account.create_home)
        blocking = self.blocking(account, peer, MountedHome(os.fsencode(path), mount))
        return self._files(path, self._settings_of(account), blocking)

    def _shared(self, path: str, settings: StorageSettings, blocking: Owned) -> IStorage:
        known = self._homes.get((path, settings))
        if known is not None:
            return known.another(blocking)
        files = self._files(path, settings, blocking)
        self._homes[path, settings] = files
        return files

    def _settings_of(self, account: Account, of_folder: GivenUploads = ()) -> StorageSettings:
        """Return the settings of uploads with those of the account, and of a folder."""
        general = self._settings
        uploads = with_given(general.uploads, account.uploads, of_folder)
        umask = general.umask if account.umask is None else account.umask
        resumed_by = account.name if uploads.mode is UploadMode.RESUMABLE else None
        return replace(
            general,
            uploads=uploads,
            resumed_by=resumed_by,
            umask=umask,
            file_bits=account.mode,
            owner=account.owner,
        )

    def _files(self, path: str, settings: StorageSettings, blocking: Owned) -> LocalStorage:
        return LocalStorage(path, settings, blocking, now=time.time, hidden=self._hidden)


def _prepare_home(path: str, create: bool) -> int | None:
    """Open a home, after making it if required, and return its mount; waits for disks."""
    try:
        if create:
            os.makedirs(path, mode=0o750, exist_ok=True)
        descriptor = os.open(path, HELD | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError) as problem:
        raise LoginRefused(f"home {path} is missing and create_home is off") from problem
    except OSError as problem:
        error = error_for(problem)
        if isinstance(error, TemporarilyUnavailable):
            raise error from problem
        raise LoginRefused(f"home {path} cannot be made or opened: {problem.strerror}") from problem
    try:
        return mount_of(descriptor)
    finally:
        os.close(descriptor)


def _nothing(result: object) -> None:
    """Drop a result that holds nothing open."""
