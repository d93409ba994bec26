"""The reference storage: a tree in memory, for tests and demonstrations.

It passes the same contract tests as `ftpd_service.storage.local`.  It never waits: each coroutine ends at once, so a
test needs no reactor.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from zope.interface import implementer

from ftpd_service.errors import (
    AlreadyExists,
    IsADirectory,
    NameNotAllowed,
    NotADirectory,
    NotAPlainFile,
    NotEmpty,
    NotFound,
    PermissionDenied,
    RestartBeyondEnd,
    StorageError,
    StorageFull,
)
from ftpd_service.interfaces import IChangeMode, IFreeSpace, IReadHandle, IStorage, IWriteHandle, Now
from ftpd_service.storage.holds import Hold, Key, RunningUploads
from ftpd_service.storage.memory.handles import HiddenWrite, InPlaceWrite, MemoryRead
from ftpd_service.storage.memory.removal import MemoryRemoval
from ftpd_service.storage.memory.tree import (
    DirectoryNode,
    FileNode,
    LinkNode,
    MemoryPlace,
    MemoryTree,
    Node,
    SpecialNode,
    place_of,
    unique_node,
)
from ftpd_service.storage.name_rules import NameRules
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.tree_interfaces import IRemoveTree, ITreeRemoval, Marking
from ftpd_service.upload_policy import UploadMode
from ftpd_service.values import PAGE_ENTRIES, ROOT, Entry, EntryKind, Link, Page, VirtualPath, WriteMode
from ftpd_service.wire import paths
from ftpd_service.wire.names import decode, encode

UNBOUNDED_BYTES = 2**40
"""The free space that AVBL tells if no capacity is set."""


def _long_ago() -> float:
    return 1_700_000_000.0


@implementer(IStorage, IChangeMode, IFreeSpace, IRemoveTree)
class MemoryStorage(MemoryTree):
    """A storage in memory.

    :param now: returns modification times; the default stands still.
    :param capacity_bytes: the most bytes of all files together, or None for no bound.
    """

    def __init__(
        self,
        settings: StorageSettings | None = None,
        *,
        now: Now = _long_ago,
        capacity_bytes: int | None = None,
    ) -> None:
        super().__init__(now, capacity_bytes)
        self._running = RunningUploads()
        self.apply(settings if settings is not None else StorageSettings())

    def apply(self, settings: StorageSettings) -> None:
        """Use these settings from now on."""
        self._settings = settings
        self._umask = settings.umask
        self._rules = NameRules(settings.hidden_prefix)

    # IStorage.

    async def stat(self, path: VirtualPath) -> Entry:
        return self._stat(path)

    async def entries(self, path: VirtualPath) -> AsyncIterator[Page]:
        directory = self._existing(path)
        if not isinstance(directory, DirectoryNode):
            raise NotADirectory("not a directory")
        above = "" if path == ROOT else path
        names = sorted(encode(name) for name in directory.names)
        visible = [decode(name) for name in names if self._rules.visible(name)]
        for start in range(0, len(visible), PAGE_ENTRIES):
            rows = [self._row(f"{above}/{name}") for name in visible[start : start + PAGE_ENTRIES]]
            yield tuple(row for row in rows if row is not None)

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        node = self._existing(path)
        if isinstance(node, DirectoryNode):
            raise IsADirectory("a directory")
        if not isinstance(node, FileNode):
            raise NotAPlainFile("not a plain file")
        if offset > len(node.content):
            raise RestartBeyondEnd("the restart offset lies beyond the end")
        return MemoryRead(self._stat(path), bytes(node.content[offset:]))

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        self._rules.new(path)
        place = place_of(self.root, path, follow_last=mode is not WriteMode.CREATE)
        self._check_target(place, mode, offset)
        ended = self._held(place, mode).release
        if self._settings.uploads.mode is UploadMode.ATOMIC and mode in (WriteMode.REPLACE, WriteMode.CREATE):
            return HiddenWrite(self, place, mode, self._umask, ended=ended)
        handle = InPlaceWrite(self, place, mode, self._umask, ended=ended)
        handle.position = offset
        return handle

    async def make_directory(self, path: VirtualPath) -> None:
        self._rules.new(path)
        place = place_of(self.root, path, follow_last=False)
        if place.node is not None:
            raise AlreadyExists("the name is taken")
        place.directory.names[place.name] = self.new_directory(0o777 & ~self._umask)
        self.touch(place.directory)

    async def remove_directory(self, path: VirtualPath) -> None:
        place = self._changeable(path)
        if not isinstance(place.node, DirectoryNode):
            raise NotADirectory("not a directory")
        with self._running.removal(_key(place.node)):
            if any(not self._rules.temporary(encode(name)) for name in place.node.names):
                raise NotEmpty("the directory holds something")
            self._take_away(place)

    async def open_removal(self, path: VirtualPath, marking: Marking) -> ITreeRemoval:
        place = self._changeable(path)
        if not isinstance(place.node, DirectoryNode):
            raise NotADirectory("not a directory")
        what = (place.directory, place.name, place.node)
        return MemoryRemoval(what, path, marking, rules=self._rules, running=self._running)

    async def remove_file(self, path: VirtualPath) -> None:
        if path == ROOT:
            raise IsADirectory("the root")
        place = self._changeable(path)
        if isinstance(place.node, DirectoryNode):
            raise IsADirectory("a directory")
        self._take_away(place)

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        here = self._changeable(source)
        if target == ROOT:
            raise AlreadyExists("the root")
        self._rules.new(target)
        there = place_of(self.root, target, follow_last=False)
        if here.node is there.node:
            return
        if there.node is not None and (isinstance(here.node, DirectoryNode) or self._is_directory(target)):
            raise AlreadyExists("nothing replaces a directory")
        if isinstance(here.node, DirectoryNode) and self._holds(here.node, there.directory):
            raise NameNotAllowed("a directory cannot move into itself")
        assert here.node is not None
        self._take_away(here)
        there.directory.names[there.name] = here.node
        self.touch(there.directory)

    async def set_modified(self, path: VirtualPath, modified_ns: int) -> None:
        self._plain(path).modified_ns = modified_ns

    # IChangeMode and IFreeSpace.

    async def change_mode(self, path: VirtualPath, mode: int) -> None:
        self._plain(path).mode = self._settings.mode_within(mode)

    def umask(self) -> int:
        return self._umask

    def set_umask(self, mask: int) -> None:
        self._umask = self._settings.umask_within(mask)

    async def free_bytes(self, path: VirtualPath) -> int:
        if not isinstance(self._existing(path), DirectoryNode):
            raise NotADirectory("not a directory")
        room = self.room()
        return UNBOUNDED_BYTES if room is None else room

    def _existing(self, path: VirtualPath) -> Node:
        self._rules.existing(path)
        node = place_of(self.root, path, follow_last=True).node
        if node is None:
            raise NotFound("no such name")
        return node

    def _plain(self, path: VirtualPath) -> Node:
        node = self._existing(path)
        if isinstance(node, SpecialNode):
            raise NotAPlainFile("not a plain file")
        return node

    def _changeable(self, path: VirtualPath) -> MemoryPlace:
        if path == ROOT:
            raise PermissionDenied("the root")
        self._rules.existing(path)
        place = place_of(self.root, path, follow_last=False)
        if place.node is None:
            raise NotFound("no such name")
        return place

    def _take_away(self, place: MemoryPlace) -> None:
        del place.directory.names[place.name]
        self.touch(place.directory)

    def _is_directory(self, path: VirtualPath) -> bool:
        try:
            return isinstance(place_of(self.root, path, follow_last=True).node, DirectoryNode)
        except NotFound:
            return False

    def _holds(self, directory: DirectoryNode, wanted: DirectoryNode) -> bool:
        below = [node for node in directory.names.values() if isinstance(node, DirectoryNode)]
        return directory is wanted or any(self._holds(node, wanted) for node in below)

    def _check_target(self, place: MemoryPlace, mode: WriteMode, offset: int) -> None:
        node = place.node
        if node is not None and mode is WriteMode.CREATE:
            raise AlreadyExists("the name is taken")
        if isinstance(node, DirectoryNode):
            raise IsADirectory("a directory")
        if isinstance(node, SpecialNode):
            raise NotAPlainFile("not a plain file")
        if encode(place.name).startswith(self._rules.hidden_prefix):
            raise NameNotAllowed("a link leads to a hidden name")
        size = len(node.content) if isinstance(node, FileNode) else 0
        if mode is WriteMode.MODIFY and offset > size:
            raise RestartBeyondEnd("the restart offset lies beyond the end")
        if mode is not WriteMode.MODIFY and self.room() == 0:
            raise StorageFull("the memory storage is full")

    def _held(self, place: MemoryPlace, mode: WriteMode) -> Hold:
        hold = Hold(self._running)
        try:
            hold.target(_key(place.directory), encode(place.name), mode)
        except StorageError:
            hold.release()
            raise
        return hold

    def _row(self, path: str) -> Entry | None:
        """Return the entry of a listing, or None for a name that is no file, directory or dangling link."""
        try:
            return self._stat(VirtualPath(path))
        except NotAPlainFile:
            return None

    def _stat(self, path: VirtualPath) -> Entry:
        self._rules.existing(path)
        named = place_of(self.root, path, follow_last=False).node
        node = named
        if isinstance(named, LinkNode):
            try:
                node = place_of(self.root, path, follow_last=True).node or named
            except NotFound:
                node = named
        if node is None:
            raise NotFound("no such name")
        if isinstance(node, SpecialNode):
            raise NotAPlainFile("not a plain file")
        return Entry(
            name=paths.name(path),
            kind=_kind(node),
            size=len(node.content) if isinstance(node, FileNode) else _link_bytes(node),
            modified_ns=node.modified_ns,
            mode=node.mode,
            unique=unique_node(node),
            link=Link(named.text, named.modified_ns) if isinstance(named, LinkNode) else None,
        )


def _key(directory: DirectoryNode) -> Key:
    return 0, directory.number


def _kind(node: Node) -> EntryKind:
    if isinstance(node, DirectoryNode):
        return EntryKind.DIRECTORY
    return EntryKind.FILE if isinstance(node, FileNode) else EntryKind.DANGLING


def _link_bytes(node: Node) -> int:
    return len(encode(node.text)) if isinstance(node, LinkNode) else 0
