"""The storages of an account's folders, by their places, as the live record of the account has them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from twisted.internet.defer import TimeoutError as TimedOut
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from ftpd_service.account import LiveAccount
from ftpd_service.errors import NotADirectory, NotFound, StorageError, TemporarilyUnavailable
from ftpd_service.interfaces import IChangeMode, IStorage
from ftpd_service.path_rules import Folder
from ftpd_service.policy.permissions import folder_of
from ftpd_service.runtime.stepping import deferred
from ftpd_service.values import ROOT, Entry, VirtualPath

T = TypeVar("T")

FOLDER_SECONDS = 2.0
"""The time that a listing waits for the facts of a folder in it, whose disk may hang."""
FOLDER_REST_SECONDS = 60.0
"""The time in which listings do not ask for a folder whose disk did not answer."""

At = tuple[VirtualPath | None, IStorage, VirtualPath]
"""The place of a folder (None for the home), the storage of a path, and the path in that storage."""


class LiveFolders:
    """The storages of the folders that the account has now; a folder whose record has not changed keeps its storage.

    :param make: returns the storage of a folder, without looking at its disk.
    """

    _log = Logger()

    def __init__(self, live: LiveAccount, make: Callable[[Folder], IStorage], *, clock: IReactorTime) -> None:
        self._live = live
        self._make = make
        self._clock = clock
        self._known: tuple[Folder, ...] = ()
        self._storages: dict[VirtualPath, IStorage] = {}
        self._mask: int | None = None
        self._told: set[VirtualPath] = set()
        self._rests: dict[str, float] = {}

    def current(self) -> dict[VirtualPath, IStorage]:
        """Return the storages by place."""
        folders = self._live.account.folders
        if folders is not self._known:
            former = {_files(folder): self._storages[folder.path] for folder in self._known}
            self._storages = {folder.path: former.get(_files(folder)) or self._made(folder) for folder in folders}
            self._known = folders
            hosts = {folder.host for folder in folders}
            self._rests = {host: until for host, until in self._rests.items() if host in hosts}
        return self._storages

    def _made(self, folder: Folder) -> IStorage:
        storage = self._make(folder)
        if self._mask is not None:
            IChangeMode(storage).set_umask(self._mask)
        return storage

    def set_umask(self, mask: int) -> None:
        """Set the umask of all folders, also of folders that come later."""
        self._mask = mask
        for storage in self.current().values():
            IChangeMode(storage).set_umask(mask)

    def at(self, path: VirtualPath) -> At | None:
        """Return the folder that a path is in, or None for a path of the home."""
        storages = self.current()
        place = folder_of(path, storages)
        return None if place is None else (place, storages[place], VirtualPath(path[len(place) :] or ROOT))

    def names_in(self, path: VirtualPath) -> dict[str, bool]:
        """Return the names in a directory that lead to places of folders, and whether each is itself such a place."""
        start = "/" if path == ROOT else f"{path}/"
        found: dict[str, bool] = {}
        for place in self.current():
            if place.startswith(start):
                name, _, below = place[len(start) :].partition("/")
                found[name] = found.get(name, False) or not below
        return found

    async def there(self, place: VirtualPath | None, asked: Awaitable[T]) -> T:
        """Return the answer of a storage.

        :raises TemporarilyUnavailable: the directory of the folder is missing, so that nothing is known of its files.
        """
        try:
            return await asked
        except NotFound:
            await self.check(place)
            raise

    async def check(self, place: VirtualPath | None) -> None:
        """See to it that the directory of a folder is there.

        :raises TemporarilyUnavailable: it is missing.
        """
        storage = None if place is None else self.current().get(place)
        if storage is None:
            return
        try:
            await storage.stat(ROOT)
        except (NotFound, NotADirectory) as problem:
            raise TemporarilyUnavailable(f"{self._host(place)}, the directory of {place}, is missing") from problem

    async def entry(self, place: VirtualPath) -> Entry | None:
        """Return the entry of a folder's directory, or None, after a line in the log, if it cannot be told soon.

        A disk that does not answer is left alone for a while, so that not every listing waits for it.
        """
        storage = self.current()[place]
        host = self._host(place)
        if self._clock.seconds() < self._rests.get(host, 0.0):
            return None
        try:
            entry = await deferred(storage.stat(ROOT)).addTimeout(FOLDER_SECONDS, self._clock)
        except (StorageError, TimedOut) as problem:
            if isinstance(problem, TimedOut):
                self._rests[host] = self._clock.seconds() + FOLDER_REST_SECONDS
            self._tell(place, problem)
            return None
        self._told.discard(place)
        return entry

    def _tell(self, place: VirtualPath, problem: Exception) -> None:
        if place not in self._told:
            self._told.add(place)
            text = "{account}: the folder {place} cannot be used now ({host}: {problem}); it is listed all the same"
            account, host = repr(self._live.account.name), self._host(place)
            self._log.warn(text, account=account, place=place, host=host, problem=type(problem).__name__)

    def _host(self, place: VirtualPath | None) -> str:
        return next((folder.host for folder in self._known if folder.path == place), "")


def _files(folder: Folder) -> tuple[object, ...]:
    """Return the parts of a folder's record on which its storage depends."""
    return folder.path, folder.host, folder.uploads
