"""The removal of a directory with everything below it, in short steps.  Everything here blocks and runs on the pool.

The walk goes through the tree by descriptors, never by paths.  It enters a name only if the name itself is a directory,
and goes back by ``..`` only if that leads to the directory that it came from.  So neither links nor renames by others
lead it out of the tree.  At any depth it holds two descriptors, and a third for the rows of the current directory.

A directory may have more entries than fit in memory, and a directory that changes may be read in part.  So the walk
reads a directory again until a reading finds nothing that it can remove.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic

from ftpd_service.errnos import error_for
from ftpd_service.errors import (
    NotADirectory,
    NotEmpty,
    OutOfResources,
    PermissionDenied,
    RemovedInPart,
    StorageError,
    StorageFailed,
    TemporarilyUnavailable,
    TooManyEntries,
)
from ftpd_service.kernel.statx import BATCH, FileFacts, Mount, device_and_mount, facts_from, facts_of, raw_facts
from ftpd_service.storage.holds import Key, RunningUploads
from ftpd_service.storage.local.beneath import Place
from ftpd_service.storage.local.leftovers import remove_emptied
from ftpd_service.storage.local.scan import unique_of
from ftpd_service.storage.local.unfinished import Unfinished, unfinished_entry
from ftpd_service.storage.name_rules import NameRules
from ftpd_service.tree_interfaces import Marking
from ftpd_service.values import Entry, EntryKind, Permissions, RemovedFile, TreeCounts, VirtualPath
from ftpd_service.wire.names import decode, encode

WALK_STEP_SECONDS = 0.010
"""The time after which a step ends with the entry at hand."""
WALK_STEP_ENTRIES = 500
"""The most entries that a step removes."""
MOST_WALK_NAMES = 10_000
"""The most names of directories that wait for the walk, at all depths, and the most that stay."""
DEEPEST_WALK = 20_000
"""The deepest directory that the walk enters, counted from the start."""

_WAITING_HERE = 1000
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True, eq=False)
class _Level:
    """A directory on the way from the start to the current directory.

    :ivar waiting: the names of directories in it that the walk has not entered.
    :ivar staying: the names of directories in it that stay.
    :ivar whole: whether nothing in it has to stay, as far as is known.
    :ivar to_read: whether something may be left in it that can be removed.
    """

    name: bytes
    key: Key
    waiting: list[bytes] = field(default_factory=list)
    staying: set[bytes] = field(default_factory=set)
    whole: bool = True
    to_read: bool = True


class TreeWalk:
    """The removal of a tree.

    :ivar removed: the files that were removed, which the caller takes away before each step.
    :ivar counts: how much was removed so far.
    """

    def __init__(
        self,
        place: Place,
        path: VirtualPath,
        marking: Marking,
        *,
        rules: NameRules,
        hidden: RunningUploads,
        unfinished: Unfinished | None = None,
    ) -> None:
        """Take the place of the directory, which the walk closes.

        :param unfinished: the account's unfinished uploads, which count as files.
        :raises OSError:
        :raises NotADirectory: and PermissionDenied, TemporarilyUnavailable.
        """
        self.removed: list[RemovedFile] = []
        self.counts = TreeCounts()
        self._place = place
        self._path = path
        self._marking = marking
        self._rules = rules
        self._hidden = hidden
        self._unfinished = unfinished
        self._names = self._staying = 0
        self._problem: StorageError | None = None
        self._directory = -1
        self._mount = _mount_of(place.directory)
        self._levels = [self._entered(place.directory, place.name)]
        self._work = self._steps()

    def step(self) -> bool:
        """Remove some entries; return whether the removal is finished.

        :raises StorageError: as `ftpd_service.tree_interfaces.ITreeRemoval.step` says.
        """
        until = monotonic() + WALK_STEP_SECONDS
        for done, _ in enumerate(self._work, 1):
            if done >= WALK_STEP_ENTRIES or monotonic() >= until:
                return False
        problem = self._problem
        if problem is None:
            return True
        if isinstance(problem, TemporarilyUnavailable) or not any(self.counts):
            raise problem
        raise RemovedInPart(str(problem), rule=problem.rule) from problem

    def close(self) -> None:
        """Close the descriptors; safe to call twice."""
        self._work.close()
        self._levels.clear()
        self._enter(-1)
        self._place.close()

    def _steps(self) -> Generator[None, None, None]:
        """Remove everything, and yield after each look at an entry."""
        while self._levels:
            level = self._levels[-1]
            if level.waiting:
                self._go_down(level, level.waiting.pop())
                yield
            elif level.to_read:
                yield from self._read(level)
            else:
                self._go_up(level)
                yield

    def _read(self, level: _Level) -> Iterator[None]:
        """Remove the files of the current directory, and collect the directories in it, as many as memory holds."""
        level.to_read = False
        try:
            mark = self._marking(self._path)
            with os.scandir(self._directory) as rows:
                while names := [os.fsencode(row.name) for row in islice(rows, BATCH)]:
                    found = self._found(level, names)
                    marked = {entry.name: entry for entry in mark(tuple(entry for entry, _ in found))}
                    for entry, facts in found:
                        self._look_at(level, marked.get(entry.name), facts)
                        yield
                        if len(level.waiting) >= (_WAITING_HERE if self._names < MOST_WALK_NAMES else 1):
                            level.to_read = True
                            return
        except OSError as problem:
            self._stays(level, error_for(problem))
        except StorageError as refused:
            self._stays(level, refused)

    def _found(self, level: _Level, names: list[bytes]) -> list[tuple[Entry, FileFacts]]:
        """Return the entries of names and of the account's unfinished uploads, without directories that stay."""
        hidden = self._rules.hidden_prefix
        asked = [name for name in names if name not in level.staying and not name.startswith(hidden)]
        # The facts of all names are made at once, because the next look at a name overwrites them.
        rows = [facts_from(raw) for raw in raw_facts(self._directory, asked)]
        found = [(_entry(facts, name), facts) for name, facts in zip(asked, rows, strict=True) if facts.mode]
        for name, own in self._unfinished.visible_in(self._directory, names).items() if self._unfinished else ():
            facts = facts_of(self._directory, own)
            found.append((unfinished_entry(_entry(facts, own), decode(name)), facts))
        return found

    def _look_at(self, level: _Level, entry: Entry | None, facts: FileFacts) -> None:
        """Remove a file, or have a directory wait for the walk.

        :param entry: None if the account may not list it.
        """
        if entry is None:
            self._stays(level, NotEmpty("the account may not list everything below it"))
            return
        directory = entry.kind is EntryKind.DIRECTORY
        wanted = Permissions.REMOVE_DIRECTORY if directory else Permissions.DELETE
        if wanted not in entry.allowed:
            path = VirtualPath(f"{self._path}/{entry.name}")
            self._stays(level, PermissionDenied(f"the account lacks {wanted.words()[0]} below it", path=path))
        elif directory:
            level.waiting.append(encode(entry.name))
            self._names += 1
        else:
            self._unlink(level, entry, facts)

    def _unlink(self, level: _Level, entry: Entry, facts: FileFacts) -> None:
        """Remove a file, with an unfinished upload of its name that nobody sees; or an unfinished upload."""
        name = encode(entry.name)
        try:
            if entry.kind is not EntryKind.UNFINISHED:
                os.unlink(name, dir_fd=self._directory)
            dropped = self._unfinished is not None and self._unfinished.drop(Place(self._directory, name))
            if entry.kind is EntryKind.UNFINISHED and not dropped:
                return
        except FileNotFoundError:
            return
        except OSError as problem:
            self._stays(level, error_for(problem))
            return
        self._count(level, files=1)
        if stat.S_ISREG(facts.mode):
            path = VirtualPath(f"{self._path}/{entry.name}")
            self.removed.append(RemovedFile(path, entry.unique, entry.size))

    def _go_down(self, level: _Level, name: bytes) -> None:
        """Enter a directory in the current directory."""
        self._names -= 1
        try:
            if len(self._levels) > DEEPEST_WALK:
                raise TooManyEntries("the tree is too deep")
            self._levels.append(self._entered(self._directory, name))
            self._path = VirtualPath(f"{self._path}/{decode(name)}")
        except (FileNotFoundError, NotADirectory):
            # Another session or program has removed or replaced it; a new reading tells.
            level.to_read = True
        except OSError as problem:
            self._remove_unread(level, name, problem)
        except StorageError as refused:
            self._stays(level, refused, name)

    def _entered(self, above: int, name: bytes) -> _Level:
        """Make a directory the current directory, and return its level.

        :raises OSError:
        :raises NotADirectory: and PermissionDenied, TemporarilyUnavailable.
        """
        try:
            directory = os.open(name, _DIRECTORY, dir_fd=above)
        except OSError as problem:
            if problem.errno in (errno.ENOTDIR, errno.ELOOP):
                raise NotADirectory("not a directory") from problem
            raise
        try:
            if _mount_of(directory) != self._mount:
                raise PermissionDenied("a file system is mounted there")
            key = facts_of(directory).key
            self._hidden.demand_unused(key)
        except BaseException:
            os.close(directory)
            raise
        self._enter(directory)
        return _Level(name, key)

    def _enter(self, directory: int) -> None:
        """Close the current directory, and make an open directory the current directory."""
        former, self._directory = self._directory, directory
        if former >= 0:
            os.close(former)

    def _remove_unread(self, level: _Level, name: bytes, problem: OSError) -> None:
        """Remove a directory that cannot be opened, which works if it is empty."""
        try:
            os.rmdir(name, dir_fd=self._directory)
        except OSError:
            self._stays(level, error_for(problem), name)
        else:
            self._count(level, directories=1)

    def _go_up(self, level: _Level) -> None:
        """Go back to the directory above, and remove the directory from which the walk comes, unless it stays."""
        self._levels.pop()
        self._staying -= len(level.staying)
        above = self._levels[-1] if self._levels else None
        if above is not None:
            self._return_to(above)
            self._path = VirtualPath(self._path.rpartition("/")[0])
        problem: StorageError | None = None
        if level.whole:
            try:
                self._remove(self._place.directory if above is None else self._directory, level)
                self._count(above, directories=1)
                return
            except FileNotFoundError:
                return
            except OSError as refused:
                problem = error_for(refused)
            except StorageError as refused:
                problem = refused
        self._stays(above, problem, level.name)

    def _return_to(self, above: _Level) -> None:
        """Make the directory above the current directory the current directory.

        :raises TemporarilyUnavailable: another program has moved the current directory.
        """
        directory = os.open(b"..", _DIRECTORY, dir_fd=self._directory)
        self._enter(directory)
        if facts_of(directory).key != above.key:
            raise TemporarilyUnavailable("another program moves directories of the tree")

    def _remove(self, directory: int, level: _Level) -> None:
        """Remove a directory, unless another object has its name."""
        if facts_of(directory, level.name).key != level.key:
            raise NotEmpty("another program replaces directories of the tree")
        with self._hidden.removal(level.key):
            remove_emptied(directory, level.name, self._rules)

    def _count(self, level: _Level | None, *, files: int = 0, directories: int = 0) -> None:
        """Count what was removed; the rest of its directory is read again."""
        self.counts = TreeCounts(self.counts.files + files, self.counts.directories + directories)
        if level is not None:
            level.to_read = True

    def _stays(self, level: _Level | None, problem: StorageError | None, directory: bytes | None = None) -> None:
        """Note that an entry stays, and why; the first reason counts.

        :raises StorageError: the storage fails, or too many directories stay, so that the walk ends.
        """
        if isinstance(problem, OutOfResources | StorageFailed):
            raise problem
        self._problem = self._problem or problem
        if level is not None:
            level.whole = False
            if directory is not None:
                if self._staying >= MOST_WALK_NAMES:
                    raise TooManyEntries("too many directories stay")
                level.staying.add(directory)
                self._staying += 1


def _entry(facts: FileFacts, name: bytes) -> Entry:
    """Return what decides whether an entry may be removed; a link counts as a file."""
    return Entry(
        name=decode(name),
        kind=EntryKind.DIRECTORY if stat.S_ISDIR(facts.mode) else EntryKind.FILE,
        size=facts.size,
        modified_ns=facts.modified_ns,
        mode=facts.mode & 0o7777,
        unique=unique_of(facts),
    )


def _mount_of(directory: int) -> Mount:
    return device_and_mount(directory) or (0, facts_of(directory).device, 0)
