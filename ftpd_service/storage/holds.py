"""The directories, names and files that running uploads hold in this process.

The storages of all logins share a `RunningUploads`.  An upload takes a `Hold` on its directory (which then cannot be
removed), on the name that STOU announced or that APPE is about to make, and on the file that APPE extends.  The file
system's own locks speak to other processes; holds speak to other sessions of this process, on every file system.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from ftpd_service.errors import AlreadyExists, TemporarilyUnavailable
from ftpd_service.values import WriteMode

T = TypeVar("T")

Key = tuple[int, int]
"""The identity of a file or directory within its storage: on disk its device and inode."""

SWEEP_SECONDS = 3600.0
"""The time between two searches for leftovers in a directory that receives uploads."""
_SWEPT_REMEMBERED = 1024


class RunningUploads:
    """The holds of all uploads of the process; used from the pool's threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.directories: Counter[Key] = Counter()
        self.removing: set[Key] = set()
        self.names: set[tuple[Key, bytes]] = set()
        self.files: set[Key] = set()
        self._swept: OrderedDict[Key, float] = OrderedDict()

    @contextmanager
    def removal(self, directory: Key) -> Iterator[None]:
        """Keep uploads out of a directory while it is removed.

        :raises TemporarilyUnavailable: an upload runs in it, or another session removes it.
        """
        with self.lock:
            if directory in self.directories or directory in self.removing:
                raise TemporarilyUnavailable("an upload runs in the directory")
            self.removing.add(directory)
        try:
            yield
        finally:
            with self.lock:
                self.removing.discard(directory)

    def demand_unused(self, directory: Key) -> None:
        """Refuse a directory in which uploads run.

        :raises TemporarilyUnavailable: an upload runs in it.
        """
        with self.lock:
            if directory in self.directories:
                raise TemporarilyUnavailable("an upload runs in the directory")

    def holds_name(self, directory: Key, name: bytes) -> bool:
        """Return whether an upload of this process holds a name."""
        with self.lock:
            return (directory, name) in self.names

    def changes(self, file: Key) -> bool:
        """Return whether an upload holds a file that it changes in place."""
        with self.lock:
            return file in self.files

    def sweep_due(self, directory: Key, now: float) -> bool:
        """Return whether an upload into a directory should look for leftovers."""
        with self.lock:
            last = self._swept.get(directory)
            return last is None or not 0 <= now - last < SWEEP_SECONDS

    def sweep_begins(self, directory: Key, now: float) -> None:
        with self.lock:
            self._swept[directory] = now
            self._swept.move_to_end(directory)
            while len(self._swept) > _SWEPT_REMEMBERED:
                self._swept.popitem(last=False)


class Hold:
    """The holds of an upload; `release` gives all of them up, once."""

    def __init__(self, uploads: RunningUploads) -> None:
        self._uploads = uploads
        self._directories: list[Key] = []
        self._names: list[tuple[Key, bytes]] = []
        self._files: list[Key] = []

    def target(self, directory: Key, name: bytes, mode: WriteMode) -> None:
        """Hold a directory, and the name that STOU announced or APPE is about to extend.

        :raises TemporarilyUnavailable: the directory is being removed, or another upload appends to the file.
        :raises AlreadyExists: another upload holds the new name.
        """
        self.directory(directory)
        if mode is WriteMode.CREATE and not self.name(directory, name):
            raise AlreadyExists("another upload has the name")
        if mode is WriteMode.APPEND and not self.name(directory, name):
            raise TemporarilyUnavailable("another upload appends to the file")

    def directory(self, directory: Key) -> None:
        """Hold a directory.

        :raises TemporarilyUnavailable: it is being removed.
        """
        uploads = self._uploads
        with uploads.lock:
            if directory in uploads.removing:
                raise TemporarilyUnavailable("the directory is being removed")
            uploads.directories[directory] += 1
            self._directories.append(directory)

    def name(self, directory: Key, name: bytes) -> bool:
        """Hold a name; return False if another upload holds it."""
        return self._take((directory, name), self._uploads.names, self._names)

    def file(self, file: Key) -> bool:
        """Hold a file that is changed in place; return False if another upload holds it."""
        return self._take(file, self._uploads.files, self._files)

    def _take(self, wanted: T, taken: set[T], own: list[T]) -> bool:
        with self._uploads.lock:
            if wanted in taken:
                return False
            taken.add(wanted)
            own.append(wanted)
            return True

    def release(self) -> None:
        """Release all holds; safe to call twice."""
        uploads = self._uploads
        with uploads.lock:
            for directory in self._directories:
                uploads.directories[directory] -= 1
                if not uploads.directories[directory]:
                    del uploads.directories[directory]
            uploads.names.difference_update(self._names)
            uploads.files.difference_update(self._files)
            self._directories, self._names, self._files = [], [], []
