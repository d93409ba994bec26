"""The tree of `MemoryStorage`: files, directories, links, and the resolution of paths.

The semantics are chroot's, as on disk: an absolute link starts at the root, ``..`` at the root stays there, and at most
40 links are followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from ftpd_service.errors import NotFound
from ftpd_service.interfaces import Now
from ftpd_service.kernel.walk import LINKS_FOLLOWED
from ftpd_service.values import Entry, EntryKind
from ftpd_service.wire.names import encode


@dataclass(slots=True, kw_only=True, eq=False)
class Node:
    """An object of the tree."""

    number: int
    """The identity of the object, like the number of an inode."""
    mode: int
    modified_ns: int


@dataclass(slots=True, kw_only=True, eq=False)
class FileNode(Node):
    """A plain file."""

    content: bytearray = field(default_factory=bytearray)


@dataclass(slots=True, kw_only=True, eq=False)
class DirectoryNode(Node):
    """A directory."""

    names: dict[str, Node] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True, eq=False)
class LinkNode(Node):
    """A symbolic link."""

    text: str


@dataclass(slots=True, kw_only=True, eq=False)
class SpecialNode(Node):
    """A stand-in for a FIFO, a socket or a device: never opened, never listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPlace:
    """A directory, a name in it, and the node with that name, or None if the name is free."""

    directory: DirectoryNode
    name: str
    """Empty if the path ends in a directory without naming it (the root, or a link to ``..``)."""
    node: Node | None


class MemoryTree:
    """The tree, which tests fill without regard to the rules for clients.

    :param now: returns modification times.
    :param capacity_bytes: the most bytes of all files together, or None for no bound; it may be changed.
    """

    def __init__(self, now: Now, capacity_bytes: int | None) -> None:
        self._now = now
        self.capacity_bytes = capacity_bytes
        self._numbers = count(1)
        self.root = self.new_directory(0o755)

    def put(self, path: str, content: bytes = b"", *, mode: int = 0o644, modified_ns: int | None = None) -> None:
        """Add a file, and the directories above it."""
        modified = self._now_ns() if modified_ns is None else modified_ns
        self._add(
            path, FileNode(number=next(self._numbers), mode=mode, modified_ns=modified, content=bytearray(content))
        )

    def put_directory(self, path: str, *, mode: int = 0o755) -> None:
        """Add a directory, and the directories above it."""
        self._add(path, DirectoryNode(number=next(self._numbers), mode=mode, modified_ns=self._now_ns()))

    def put_link(self, path: str, text: str) -> None:
        """Add a symbolic link, and the directories above it."""
        self._add(path, LinkNode(number=next(self._numbers), mode=0o777, modified_ns=self._now_ns(), text=text))

    def put_special(self, path: str) -> None:
        """Add a stand-in for a FIFO, a socket or a device."""
        self._add(path, SpecialNode(number=next(self._numbers), mode=0o644, modified_ns=self._now_ns()))

    def content(self, path: str) -> bytes:
        """Return the bytes of a file.

        :raises NotFound: there is no file.
        """
        node = place_of(self.root, path, follow_last=True).node
        if not isinstance(node, FileNode):
            raise NotFound(path)
        return bytes(node.content)

    def names(self, path: str = "/") -> list[str]:
        """Return every name in a directory, sorted.

        :raises NotFound: there is no directory.
        """
        node = place_of(self.root, path, follow_last=True).node
        if not isinstance(node, DirectoryNode):
            raise NotFound(path)
        return sorted(node.names, key=encode)

    def _add(self, path: str, node: Node) -> None:
        *above, name = [part for part in path.split("/") if part]
        directory = self.root
        for part in above:
            below = directory.names.get(part)
            if below is None:
                below = directory.names[part] = self.new_directory(0o755)
            if not isinstance(below, DirectoryNode):
                raise NotFound(path)
            directory = below
        directory.names[name] = node

    def new_file(self, mode: int) -> FileNode:
        return FileNode(number=next(self._numbers), mode=mode, modified_ns=self._now_ns())

    def new_directory(self, mode: int) -> DirectoryNode:
        return DirectoryNode(number=next(self._numbers), mode=mode, modified_ns=self._now_ns())

    def touch(self, node: FileNode | DirectoryNode) -> None:
        node.modified_ns = self._now_ns()

    def room(self) -> int | None:
        """Return the free bytes, or None if there is no bound."""
        if self.capacity_bytes is None:
            return None
        return max(0, self.capacity_bytes - sum(len(file.content) for file in files_below(self.root)))

    def _now_ns(self) -> int:
        return round(self._now() * 1_000_000_000)


def file_entry(node: FileNode, name: str) -> Entry:
    """Return the entry of a file under a name."""
    return Entry(
        name=name,
        kind=EntryKind.FILE,
        size=len(node.content),
        modified_ns=node.modified_ns,
        mode=node.mode,
        unique=unique_node(node),
    )


def unique_node(node: Node) -> str:
    """Return the text that identifies a node in `Entry.unique`."""
    return f"1g{node.number:x}"


def place_of(root: DirectoryNode, path: str, *, follow_last: bool) -> MemoryPlace:
    """Return the place at the end of a path; the last name's link is followed only if `follow_last` is true.

    :raises NotFound: the path's directory is missing, or there are too many links.
    """
    trail = [root]
    names = _reversed_names(path)
    links = 0
    while names:
        name = names.pop()
        if name in (".", ".."):
            if name == ".." and len(trail) > 1:
                trail.pop()
            continue
        node = trail[-1].names.get(name)
        if isinstance(node, LinkNode) and (names or follow_last):
            links += 1
            if links > LINKS_FOLLOWED:
                raise NotFound("too many links")
            if node.text.startswith("/"):
                trail = [root]
            names += _reversed_names(node.text)
            continue
        if not names:
            return MemoryPlace(directory=trail[-1], name=name, node=node)
        if not isinstance(node, DirectoryNode):
            raise NotFound("the path leads nowhere")
        trail.append(node)
    return MemoryPlace(directory=trail[-1], name="", node=trail[-1])


def files_below(directory: DirectoryNode) -> Iterator[FileNode]:
    """Yield every file in the tree, without following links."""
    for node in directory.names.values():
        if isinstance(node, FileNode):
            yield node
        elif isinstance(node, DirectoryNode):
            yield from files_below(node)


def _reversed_names(path: str) -> list[str]:
    names = [name for name in path.split("/") if name]
    if path.endswith("/"):
        # A trailing slash demands a directory, as a trailing dot does.
        names.append(".")
    names.reverse()
    return names
