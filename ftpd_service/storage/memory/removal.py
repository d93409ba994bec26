"""The removal of a tree in memory, in the steps of `ftpd_service.tree_interfaces.ITreeRemoval`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from zope.interface import implementer

from ftpd_service.errors import NotEmpty, PermissionDenied, RemovedInPart, StorageError, TemporarilyUnavailable
from ftpd_service.storage.holds import RunningUploads
from ftpd_service.storage.memory.tree import DirectoryNode, FileNode, Node, unique_node
from ftpd_service.storage.name_rules import NameRules
from ftpd_service.tree_interfaces import ITreeRemoval, Marking
from ftpd_service.values import Entry, EntryKind, Permissions, RemovedFile, TreeCounts, VirtualPath
from ftpd_service.wire.names import encode

_STEP_ENTRIES = 500


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Place:
    """A directory to be removed, the directory that holds it, and its path."""

    above: DirectoryNode
    name: str
    node: DirectoryNode
    path: VirtualPath


@implementer(ITreeRemoval)
class MemoryRemoval:
    """The removal of a directory."""

    def __init__(
        self,
        place: tuple[DirectoryNode, str, DirectoryNode],
        path: VirtualPath,
        marking: Marking,
        *,
        rules: NameRules,
        running: RunningUploads,
    ) -> None:
        """Take the directory above, the name, and the directory itself."""
        above, name, node = place
        self._marking = marking
        self._rules = rules
        self._running = running
        self._problem: StorageError | None = None
        self._removed: list[RemovedFile] = []
        self._counts = TreeCounts()
        running.demand_unused((0, node.number))
        self._work = self._steps(_Place(above=above, name=name, node=node, path=path))

    async def step(self) -> bool:
        self._removed = []
        if sum(1 for _ in islice(self._work, _STEP_ENTRIES)) == _STEP_ENTRIES:
            return False
        if self._problem is None:
            return True
        if isinstance(self._problem, TemporarilyUnavailable) or not any(self._counts):
            raise self._problem
        raise RemovedInPart(str(self._problem), rule=self._problem.rule) from self._problem

    def removed(self) -> tuple[RemovedFile, ...]:
        return tuple(self._removed)

    def counts(self) -> TreeCounts:
        return self._counts

    async def close(self) -> None:
        self._work = iter(())

    def _steps(self, start: _Place) -> Iterator[None]:
        """Remove the files of all directories, then the directories from the last one to the first one."""
        found = [start]
        for place in found:
            try:
                self._running.demand_unused((0, place.node.number))
                entries = [_entry(name, node) for name, node in place.node.names.items()]
                for entry in self._marking(place.path)(tuple(entries)):
                    self._look_at(place, entry, found)
                    yield
            except StorageError as problem:
                self._problem = self._problem or problem
        for place in reversed(found):
            if all(self._rules.temporary(encode(name)) for name in place.node.names):
                del place.above.names[place.name]
                self._counts = self._counts._replace(directories=self._counts.directories + 1)
            else:
                self._problem = self._problem or NotEmpty("the directory holds something")
            yield

    def _look_at(self, place: _Place, entry: Entry, found: list[_Place]) -> None:
        node = place.node.names[entry.name]
        path = VirtualPath(f"{place.path}/{entry.name}")
        wanted = Permissions.REMOVE_DIRECTORY if isinstance(node, DirectoryNode) else Permissions.DELETE
        if encode(entry.name).startswith(self._rules.hidden_prefix):
            return
        if wanted not in entry.allowed:
            self._problem = self._problem or PermissionDenied(
                f"the account lacks {wanted.words()[0]} below it", path=path
            )
        elif isinstance(node, DirectoryNode):
            found.append(_Place(above=place.node, name=entry.name, node=node, path=path))
        else:
            del place.node.names[entry.name]
            self._counts = self._counts._replace(files=self._counts.files + 1)
            if isinstance(node, FileNode):
                self._removed.append(RemovedFile(path, unique_node(node), len(node.content)))


def _entry(name: str, node: Node) -> Entry:
    return Entry(
        name=name,
        kind=EntryKind.DIRECTORY if isinstance(node, DirectoryNode) else EntryKind.FILE,
        size=len(node.content) if isinstance(node, FileNode) else 0,
        modified_ns=node.modified_ns,
        mode=node.mode,
        unique=unique_node(node),
    )
