"""The tree that `MemoryStorage` is made of: files, directories, links, and how a path is followed through them.

The semantics are chroot's, as on disk: an absolute link target starts at the root, ``..`` at the root stays there, and
at most 40 links are followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from ftpd_service.errors import NotFound
from ftpd_service.interfaces import Now
from ftpd_service.kernel.walk import LINKS_FOLLOWED
from ftpd_service.wire.names import encode


@dataclass(slots=True, kw_only=True, eq=False)
class Node:
    """What every object of the tree has."""

    number: int
    """Tells objects apart, as an inode's number does."""
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
    """Stands for a FIFO, a socket or a device: never opened, never listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPlace:
    """A directory, a name in it, and what stands there (None: nothing)."""

    directory: DirectoryNode
    name: str
    """Empty where the path ends in a directory that it does not name (the root, or a link to ``..``)."""
    node: Node | None


class MemoryTree:
    """The tree and what tests fill it with, whatever the rules for clients say.

    :param now: gives modification times.
    :param capacity_octets: what all files together may hold, or None for no bound; may be changed.
    """

    def __init__(self, now: Now, capacity_octets: int | None) -> None:
        self._now = now
        self.capacity_octets = capacity_octets
        self._numbers = count(1)
        self.root = self.new_directory(0o755)

    def put(self, path: str, content: bytes = b"", *, mode: int = 0o644, modified_ns: int | None = None) -> None:
        """Place a file, and the directories above it, whatever the rules for clients say."""
        modified = self._now_ns() if modified_ns is None else modified_ns
        self._add(
            path, FileNode(number=next(self._numbers), mode=mode, modified_ns=modified, content=bytearray(content))
        )

    def put_directory(self, path: str, *, mode: int = 0o755) -> None:
        """Place a directory, and those above it."""
        self._add(path, DirectoryNode(number=next(self._numbers), mode=mode, modified_ns=self._now_ns()))

    def put_link(self, path: str, text: str) -> None:
        """Place a symbolic link, and the directories above it."""
        self._add(path, LinkNode(number=next(self._numbers), mode=0o777, modified_ns=self._now_ns(), text=text))

    def put_special(self, path: str) -> None:
        """Place what stands for a FIFO, a socket or a device."""
        self._add(path, SpecialNode(number=next(self._numbers), mode=0o644, modified_ns=self._now_ns()))

    def content(self, path: str) -> bytes:
        """The octets of a file.

        :raises NotFound: when there is no file.
        """
        node = place_of(self.root, path, follow_last=True).node
        if not isinstance(node, FileNode):
            raise NotFound(path)
        return bytes(node.content)

    def names(self, path: str = "/") -> list[str]:
        """Every name in a directory, sorted.

        :raises NotFound: when there is no directory.
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
        """An empty file that has no name yet."""
        return FileNode(number=next(self._numbers), mode=mode, modified_ns=self._now_ns())

    def new_directory(self, mode: int) -> DirectoryNode:
        """An empty directory that has no name yet."""
        return DirectoryNode(number=next(self._numbers), mode=mode, modified_ns=self._now_ns())

    def touch(self, node: FileNode | DirectoryNode) -> None:
        """Note that a file or a directory was changed now."""
        node.modified_ns = self._now_ns()

    def room(self) -> int | None:
        """Octets that still fit, or None for no bound."""
        if self.capacity_octets is None:
            return None
        return max(0, self.capacity_octets - sum(len(file.content) for file in files_below(self.root)))

    def _now_ns(self) -> int:
        return round(self._now() * 1_000_000_000)


def place_of(root: DirectoryNode, path: str, *, follow_last: bool) -> MemoryPlace:
    """Where a path leads, links on the way followed, the last one only if `follow_last`.

    :raises NotFound: when the way there is missing, leads through a file, or through too many links.
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
    """Every file in the tree, links not followed."""
    for node in directory.names.values():
        if isinstance(node, FileNode):
            yield node
        elif isinstance(node, DirectoryNode):
            yield from files_below(node)


def _reversed_names(path: str) -> list[str]:
    names = [name for name in path.split("/") if name]
    if path.endswith("/"):
        # A slash at the end demands a directory; so does a dot behind it.
        names.append(".")
    names.reverse()
    return names
