"""Changes of a local tree other than uploads: names, directories, times, modes.

Each change acts on the last name in an open parent directory, so it changes a link and never the link's target.
Everything here blocks and runs on the pool.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial

from ftpd_service.errors import (
    AlreadyExists,
    IsADirectory,
    NameNotAllowed,
    NotADirectory,
    NotAPlainFile,
    NotFound,
    PermissionDenied,
    TemporarilyUnavailable,
    Unsupported,
    UploadUnfinished,
)
from ftpd_service.kernel.descriptors import HELD, changeable, name_of
from ftpd_service.kernel.statx import FileFacts, facts_of
from ftpd_service.storage.holds import RunningUploads
from ftpd_service.storage.local.beneath import Jail, Place, finding, making
from ftpd_service.storage.local.durable import synced_names
from ftpd_service.storage.local.leftovers import remove_emptied
from ftpd_service.storage.local.modes import Ownership
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.local.tree_walk import TreeWalk
from ftpd_service.storage.local.unfinished import Unfinished
from ftpd_service.storage.name_rules import NameRules
from ftpd_service.tree_interfaces import Marking
from ftpd_service.values import ROOT, VirtualPath

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW

_LEFT_TO_THE_KERNEL: AbstractContextManager[None] = nullcontext()


class Changes:
    """The changes in a login's tree.  Each method raises the errors of its namesake in `IStorage`."""

    def __init__(
        self,
        jail: Jail,
        rules: NameRules,
        *,
        hidden: RunningUploads,
        system: SystemCalls,
        ownership: Ownership,
        unfinished: Unfinished | None = None,
        durable: bool = False,
    ) -> None:
        self._jail = jail
        self._rules = rules
        self._hidden = hidden
        self._system = system
        self._ownership = ownership
        self._durable = durable
        self._unfinished = unfinished

    def make_directory(self, path: VirtualPath, bits: int) -> None:
        """Make a directory with these mode bits, regardless of the process's umask."""
        raw = self._rules.new(path)
        if path == ROOT:
            raise AlreadyExists("the root")
        with making, self._jail.parent(raw) as place, self._on_disk(place.directory):
            if self._begun(place):
                raise AlreadyExists("an unfinished upload has the name")
            os.mkdir(place.name, 0o700, dir_fd=place.directory)
            try:
                self._settle_mode(place, bits)
            except BaseException:
                # The client is told that there is no directory.
                with suppress(OSError):
                    os.rmdir(place.name, dir_fd=place.directory)
                raise

    def _settle_mode(self, place: Place, bits: int) -> None:
        """Give a new directory its owner and its mode."""
        made = os.open(place.name, _DIRECTORY, dir_fd=place.directory)
        try:
            self._ownership.give(made)
            # The kernel has set the set-group-ID bit below such a directory, and chmod alone would clear it.
            os.fchmod(made, bits | os.fstat(made).st_mode & stat.S_ISGID)
        finally:
            os.close(made)

    def _on_disk(self, *directories: int) -> AbstractContextManager[None]:
        """Return the context of a change of names in some directories, which is on the disk behind it if it shall."""
        return synced_names(self._system, *directories) if self._durable else _LEFT_TO_THE_KERNEL

    def remove_directory(self, path: VirtualPath) -> None:
        """Remove a directory that is empty except for leftovers of uploads."""
        if path == ROOT:
            raise PermissionDenied("the root")
        with finding, self._jail.parent(self._rules.existing(path)) as place:
            facts = facts_of(place.directory, place.name)
            if not stat.S_ISDIR(facts.mode):
                raise NotADirectory("not a directory")
            with self._hidden.removal(facts.key):
                remove_emptied(place.directory, place.name, self._rules, self._unfinished)

    def open_tree(self, path: VirtualPath, marking: Marking) -> TreeWalk:
        """Return the walk that removes a directory with everything below it."""
        if path == ROOT:
            raise PermissionDenied("the root")
        with finding:
            place = self._jail.parent(self._rules.existing(path))
            try:
                made = partial(TreeWalk, rules=self._rules, hidden=self._hidden, unfinished=self._unfinished)
                return made(place, path, marking)
            except BaseException:
                place.close()
                raise

    def remove_file(self, path: VirtualPath) -> None:
        """Remove a file or a link, or the unfinished upload of a name that no file has."""
        if path == ROOT:
            raise IsADirectory("the root")
        with finding, self._jail.parent(self._rules.existing(path)) as place:
            try:
                # The kind comes first, because unlink of a directory fails with EISDIR on Linux and EPERM elsewhere.
                if stat.S_ISDIR(facts_of(place.directory, place.name).mode):
                    raise IsADirectory("a directory")
                os.unlink(place.name, dir_fd=place.directory)
            except FileNotFoundError:
                if self._unfinished is None or not self._unfinished.drop(place):
                    raise
            else:
                self._supersede(place)

    def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        """Rename a file, link or directory."""
        if source == ROOT:
            raise PermissionDenied("the root")
        if target == ROOT:
            raise AlreadyExists("the root")
        raw_source, raw_target = self._rules.existing(source), self._rules.new(target)
        with making, self._jail.parent(raw_source) as here, self._jail.parent(raw_target) as there:
            try:
                with self._on_disk(here.directory, there.directory):
                    self._rename(here, there, raw_target)
            except FileNotFoundError as problem:
                if self._begun(here):
                    raise UploadUnfinished("the upload has not finished") from problem
                raise
            except OSError as problem:
                if problem.errno == errno.EINVAL:
                    raise NameNotAllowed("a directory cannot move into itself") from problem
                raise
            self._supersede(there)

    def _rename(self, here: Place, there: Place, raw_target: bytes) -> None:
        moved = facts_of(here.directory, here.name)
        standing = there.facts()
        ends = (here.directory, here.name, there.directory, there.name)
        if standing is None:
            if stat.S_ISDIR(moved.mode) and self._begun(there):
                raise AlreadyExists("an unfinished upload has the name")
            self._rename_new(moved, ends)
        elif standing.key == moved.key:
            # The same object: by the same name, or by a name in another case on a case-insensitive file system.
            self._system.rename(*ends)
        elif stat.S_ISDIR(moved.mode) or self._leads_to_directory(standing, raw_target):
            raise AlreadyExists("nothing replaces a directory")
        else:
            self._system.rename(*ends)

    def _rename_new(self, moved: FileFacts, ends: tuple[int, bytes, int, bytes]) -> None:
        try:
            self._system.rename_new(*ends)
        except FileExistsError:
            # The name was made meanwhile: a file may replace it.  The kernel refuses to replace a directory.
            if stat.S_ISDIR(moved.mode):
                raise
            self._system.rename(*ends)

    def _begun(self, place: Place) -> bool:
        """Return whether there is an unfinished upload of the account for a name that is free."""
        if self._unfinished is None or self._unfinished.find(place.directory, place.name) is None:
            return False
        return place.facts() is None

    def _supersede(self, place: Place) -> None:
        """Remove the unfinished upload of a name that a file has or had, unless the upload runs."""
        if self._unfinished is not None:
            with suppress(OSError, TemporarilyUnavailable):
                self._unfinished.drop(place)

    def _leads_to_directory(self, facts: FileFacts, raw: bytes) -> bool:
        if not stat.S_ISLNK(facts.mode):
            return stat.S_ISDIR(facts.mode)
        try:
            os.close(self._jail.open(raw, HELD | os.O_DIRECTORY))
        except OSError:
            return False
        return True

    def set_modified(self, path: VirtualPath, modified_ns: int) -> None:
        """Set the modification time and keep the access time."""
        with self._opened(path) as descriptor:
            accessed_ns = os.fstat(descriptor).st_atime_ns
            try:
                os.utime(name_of(descriptor), ns=(accessed_ns, modified_ns))
            except OverflowError as problem:
                raise Unsupported("The host cannot keep such a time.") from problem

    def change_mode(self, path: VirtualPath, bits: int) -> None:
        """Set the permission bits; a directory keeps its set-group-ID and sticky bits."""
        with self._opened(path) as descriptor:
            mode = os.fstat(descriptor).st_mode
            # The operator has set these bits, which rule the group of new files and the removal of others' files.
            kept = mode & (stat.S_ISGID | stat.S_ISVTX) if stat.S_ISDIR(mode) else 0
            os.chmod(name_of(descriptor), bits | kept)

    def free_bytes(self, path: VirtualPath) -> int:
        """Return the bytes that an unprivileged process can still write in a directory."""
        descriptor = self.open_directory(path, HELD)
        try:
            with finding:
                space = os.fstatvfs(descriptor)
        finally:
            os.close(descriptor)
        return space.f_bavail * space.f_frsize

    def open_directory(self, path: VirtualPath, flags: int) -> int:
        """Return a descriptor of a directory.

        :raises NotADirectory: the path leads to a file.
        :raises NotFound: the path is missing, or leads through a file.
        """
        raw = self._rules.existing(path)
        with finding:
            try:
                return self._jail.open(raw, flags | os.O_DIRECTORY)
            except NotADirectoryError as problem:
                # The kernel does not say which of the names is no directory.
                try:
                    os.close(self._jail.open(raw, HELD))
                except OSError:
                    raise NotFound("the path leads through a file") from problem
                raise NotADirectory("not a directory") from problem

    @contextmanager
    def _opened(self, path: VirtualPath) -> Iterator[int]:
        """Yield a descriptor of a file or directory, links followed, without the right to read it if possible."""
        raw = self._rules.existing(path)
        with finding:
            descriptor = self._jail.open(raw, changeable())
            try:
                mode = os.fstat(descriptor).st_mode
                if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                    raise NotAPlainFile("not a plain file")
                yield descriptor
            finally:
                os.close(descriptor)
