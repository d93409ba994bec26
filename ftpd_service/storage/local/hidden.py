"""What running uploads hold in this process, and the hidden names that broken ones left behind.

One `HiddenUploads` is shared by the storages of all logins.  An upload takes a `Hold`: on its directory (which then
cannot be removed), on the name that STOU announced or APPE is about to make, on the file that APPE extends.  The file
system's own locks speak to other processes; these speak to other sessions of this one, at once and for every file
system.
"""

from __future__ import annotations

import os
import stat
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from ftpd_service.errors import NotEmpty, TemporarilyUnavailable
from ftpd_service.kernel.locks import is_locked
from ftpd_service.storage.name_rules import NameRules

Key = tuple[int, int]
"""Device and inode."""

SWEEP_SECONDS = 3600.0
"""How long a directory that uploads are written to is left before it is searched for leftovers again."""
_SWEPT_REMEMBERED = 1024


class HiddenUploads:
    """What all uploads of the process hold; used from the pool's threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._directories: Counter[Key] = Counter()
        self._removing: set[Key] = set()
        self._names: set[tuple[Key, bytes]] = set()
        self._files: set[Key] = set()
        self._swept: OrderedDict[Key, float] = OrderedDict()

    def take_directory(self, directory: Key) -> None:
        """Note an upload into a directory.

        :raises TemporarilyUnavailable: the directory is being removed.
        """
        with self._lock:
            if directory in self._removing:
                raise TemporarilyUnavailable("the directory is being removed")
            self._directories[directory] += 1

    def take_name(self, directory: Key, name: bytes) -> bool:
        """Reserve a name; False when an upload has it."""
        with self._lock:
            if (directory, name) in self._names:
                return False
            self._names.add((directory, name))
            return True

    def take_file(self, file: Key) -> bool:
        """Reserve a file to append to; False when an upload has it."""
        with self._lock:
            if file in self._files:
                return False
            self._files.add(file)
            return True

    def give_back(self, directories: list[Key], names: list[tuple[Key, bytes]], files: list[Key]) -> None:
        """Undo what was taken."""
        with self._lock:
            for directory in directories:
                self._directories[directory] -= 1
                if not self._directories[directory]:
                    del self._directories[directory]
            self._names.difference_update(names)
            self._files.difference_update(files)

    @contextmanager
    def removal(self, directory: Key) -> Iterator[None]:
        """Keep uploads out of a directory while it is removed.

        :raises TemporarilyUnavailable: an upload runs in it, or somebody else removes it.
        """
        with self._lock:
            if directory in self._directories or directory in self._removing:
                raise TemporarilyUnavailable("an upload runs in the directory")
            self._removing.add(directory)
        try:
            yield
        finally:
            with self._lock:
                self._removing.discard(directory)

    def sweep_due(self, directory: Key, now: float) -> bool:
        """Whether an upload into a directory should look for leftovers."""
        with self._lock:
            last = self._swept.get(directory)
            return last is None or not 0 <= now - last < SWEEP_SECONDS

    def sweep_begins(self, directory: Key, now: float) -> None:
        """Note that it does."""
        with self._lock:
            self._swept[directory] = now
            self._swept.move_to_end(directory)
            while len(self._swept) > _SWEPT_REMEMBERED:
                self._swept.popitem(last=False)


class Hold:
    """What one upload has taken; `release` gives all of it back, once."""

    def __init__(self, uploads: HiddenUploads) -> None:
        self._uploads = uploads
        self._directories: list[Key] = []
        self._names: list[tuple[Key, bytes]] = []
        self._files: list[Key] = []

    def directory(self, directory: Key) -> None:
        """Take part in a directory.

        :raises TemporarilyUnavailable: it is being removed.
        """
        self._uploads.take_directory(directory)
        self._directories.append(directory)

    def name(self, directory: Key, name: bytes) -> bool:
        """Take a name; False when another upload has it."""
        if not self._uploads.take_name(directory, name):
            return False
        self._names.append((directory, name))
        return True

    def file(self, file: Key) -> bool:
        """Take a file; False when another upload has it."""
        if not self._uploads.take_file(file):
            return False
        self._files.append(file)
        return True

    def release(self) -> None:
        """Give everything back; safe to call twice."""
        self._uploads.give_back(self._directories, self._names, self._files)
        self._directories, self._names, self._files = [], [], []


def remove_leftovers(directory: int, names: Iterable[bytes], *, older_than: float) -> None:
    """Remove those of the hidden names in an open directory that nobody locks and that have rested long enough.

    :param older_than: seconds since 1970; only what was last written before goes.
    """
    for name in names:
        with suppress(OSError):
            descriptor = _opened_leftover(directory, name)
            try:
                found = os.fstat(descriptor)
                if stat.S_ISREG(found.st_mode) and found.st_mtime < older_than and not is_locked(descriptor):
                    os.unlink(name, dir_fd=directory)
            finally:
                os.close(descriptor)


def empty_of_leftovers(directory: int, rules: NameRules) -> None:
    """Remove every leftover from an open directory that holds nothing else.

    :raises NotEmpty: it holds something else.
    :raises TemporarilyUnavailable: an upload of another process runs in it.
    """
    names = [os.fsencode(name) for name in os.listdir(directory)]
    if not all(rules.temporary(name) for name in names):
        raise NotEmpty("the directory holds something")
    for name in names:
        descriptor = _opened_leftover(directory, name)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NotEmpty("the directory holds something")
            if is_locked(descriptor):
                raise TemporarilyUnavailable("an upload runs in the directory")
            os.unlink(name, dir_fd=directory)
        finally:
            os.close(descriptor)


def hidden_names(directory: int, rules: NameRules) -> list[bytes]:
    """The names of temporary files in an open directory."""
    with os.scandir(directory) as rows:
        return [name for name in (os.fsencode(row.name) for row in rows) if rules.temporary(name)]


def _opened_leftover(directory: int, name: bytes) -> int:
    return os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY, dir_fd=directory)
