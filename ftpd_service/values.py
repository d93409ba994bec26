"""Frozen values that several layers share."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, Flag, auto
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, NamedTuple, NewType

if TYPE_CHECKING:
    from os import stat_result

VirtualPath = NewType("VirtualPath", str)
"""The client's view of a place: absolute, ``/`` between names, no ``.``, ``..`` or empty name in it.

Bytes that are not UTF-8 become lone surrogates (``surrogateescape``), so the path maps back to the same bytes.  Only
`ftpd_service.wire.paths` makes virtual paths.
"""

ROOT = VirtualPath("/")

ANONYMOUS = "anonymous"
"""The name of the account that needs no password."""

ANONYMOUS_NAMES = frozenset({ANONYMOUS, "ftp"})
"""The names, in upper or lower case, with which clients may log in to that account."""

SessionId = NewType("SessionId", str)
"""The name of a control connection in every log line and event, unique for the life of the process."""


class Permissions(Flag):
    """The permissions of an account at a path.  The configuration's words are these names, with ``-`` for ``_``."""

    NONE = 0
    LIST = auto()
    READ = auto()
    CREATE = auto()
    OVERWRITE = auto()
    APPEND = auto()
    DELETE = auto()
    RENAME = auto()
    MAKE_DIRECTORY = auto()
    REMOVE_DIRECTORY = auto()
    ATTRIBUTES = auto()
    ALL = LIST | READ | CREATE | OVERWRITE | APPEND | DELETE | RENAME | MAKE_DIRECTORY | REMOVE_DIRECTORY | ATTRIBUTES

    def words(self) -> tuple[str, ...]:
        """Return the configuration's word for each single permission in the set."""
        # Before Python 3.11 the members of a Flag include those that are none or several.
        single = (one for one in Permissions.__members__.values() if one.value and not one.value & (one.value - 1))
        return tuple(str(one.name).lower().replace("_", "-") for one in single if one in self)


class EntryKind(Enum):
    """The kind of a name's target, with links followed inside the root."""

    FILE = "file"
    DIRECTORY = "directory"
    DANGLING = "dangling"
    """A link without a target inside the root."""
    UNFINISHED = "unfinished"
    """A broken or running upload of this account that it can resume; no other account sees the name."""


class Link(NamedTuple):
    """The properties of a symbolic link itself, independent of its target."""

    text: str
    """The text of the link, as readlink returns it."""
    modified_ns: int
    """Nanoseconds since 1970, UTC."""
    links: int = 1
    owner: int = 0
    group: int = 0


class Entry(NamedTuple):
    """One row of a directory: the target of a name, and the link itself if the name is a link.

    FIFOs, sockets and devices are never an Entry: listings omit them, and `stat` raises NotAPlainFile.  An entry is a
    tuple, because a listing makes an entry for each row and a frozen dataclass takes six times as long.  Build entries
    by keywords, and change them by `_replace`.
    """

    name: str
    """The last component (surrogateescape); empty for the root."""
    kind: EntryKind
    size: int
    """The size in bytes; the size of the link itself if the kind is DANGLING."""
    modified_ns: int
    """Nanoseconds since 1970, UTC."""
    mode: int
    """Permission bits, 0 to 0o7777, without the type."""
    links: int = 1
    owner: int = 0
    group: int = 0
    created_ns: int | None = None
    """The real birth time in nanoseconds, or None if the file system has no birth time."""
    unique: str = ""
    """A text that identifies the object in this process, without ``;`` and space; empty if unknown."""
    link: Link | None = None
    """The link itself, or None if the name is not a link."""
    allowed: Permissions = Permissions.ALL
    """The permissions of this login for the entry; for a directory, also for its entries."""


PAGE_ENTRIES = 1000

Page = tuple[Entry, ...]
"""Some entries of a directory, at most `PAGE_ENTRIES`."""


class FileVersion(NamedTuple):
    """The state of an open file's bytes: equal versions of a file mean equal bytes, if its file system can be trusted.

    The change time (ctime) is set by the kernel with each change; no program can set it back.
    """

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, facts: stat_result) -> FileVersion:
        """Return the version that the facts of an open file tell."""
        return cls(facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)


class DigestRow(NamedTuple):
    """The digest of a version of a file, in lower-case hexadecimal digits."""

    version: FileVersion
    algorithm: str
    digest: str


class WriteMode(Enum):
    """The treatment of an existing file by a write handle."""

    REPLACE = "replace"
    """A plain STOR: the file is hidden until the commit, which replaces the former file."""
    CREATE = "create"
    """STOU: the name must not exist, it is reserved until the commit, and the commit does not overwrite."""
    MODIFY = "modify"
    """STOR after REST: the file is written in place from the offset on, and the rest of the file stays."""
    APPEND = "append"
    """APPE: the file is written in place at its end, and is created if it does not exist."""
    SUPERSEDE = "supersede"
    """A plain STOR to a name of the kind UNFINISHED, by an account that may not overwrite files: as CREATE, but the
    unfinished upload gives way.  Only storages with such entries meet it."""


class RepresentationType(Enum):
    """The TYPE of a transfer (RFC 959 section 3.1.1)."""

    ASCII = "A"
    IMAGE = "I"


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """TYPE with its format letter (RFC 959 section 5.1: A N at the start).  L 8 is kept as IMAGE."""

    type: RepresentationType = RepresentationType.ASCII
    format: str = "N"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteRange:
    """A part of a file in bytes, from `start` up to but not including `stop` (None means the end)."""

    start: int
    stop: int | None = None


class Direction(Enum):
    """The direction of a transfer."""

    DOWNLOAD = "download"
    UPLOAD = "upload"
    LISTING = "listing"


class DataEnd(Enum):
    """The way in which a client ended the data of an upload; a reset is never an end."""

    FIN = "fin"
    """A FIN, on a connection in clear."""
    CLOSE_NOTIFY = "close_notify"
    """A close_notify, which only the client itself can send."""
    TRUNCATED = "truncated"
    """A FIN without close_notify on a protected connection, behind which an attacker may have cut off bytes."""


class ReceivedData(NamedTuple):
    """The data of an upload."""

    byte_count: int
    """The number of bytes on the data connection."""
    end: DataEnd


class SettledFile(NamedTuple):
    """The file of an upload that is about to be committed."""

    unique: str
    """The text that `Entry.unique` has after the commit; empty if unknown."""
    size: int
    """The size of the whole file, with the bytes that were there before an upload in place."""


class RemovedFile(NamedTuple):
    """A file that was removed with its directory."""

    path: VirtualPath
    unique: str
    """The `Entry.unique` of the file."""
    size: int


class TreeCounts(NamedTuple):
    """The entries that were removed with a directory."""

    files: int = 0
    """Files, links and special files."""
    directories: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of a transfer: bytes on the data connection so far, and the expected total (None if unknown)."""

    direction: Direction
    octets: int
    total: int | None = None
    seconds: float = field(default=0.0, compare=False)
    """The time since the data connection was opened; 0 before."""

    @property
    def rate(self) -> float:
        """Return the mean bytes a second since then."""
        return self.octets / self.seconds if self.seconds > 0 else 0.0


IPAddress = IPv4Address | IPv6Address

Networks = tuple[IPv4Network | IPv6Network | None, ...]
"""Some networks; None contains every address.  An IPv4 network contains no IPv6 address, and vice versa."""


class _Key4(IPv4Address):
    """An IPv4 address that caches its hash; the standard library's address computes it in Python each time."""

    __slots__ = ("_hashed",)

    def __init__(self, address: IPv4Address | int | str) -> None:
        super().__init__(address if isinstance(address, str) else int(address))
        self._hashed = super().__hash__()

    def __hash__(self) -> int:
        return self._hashed


class _Key6(IPv6Address):
    """An IPv6 address that caches its hash."""

    __slots__ = ("_hashed",)

    def __init__(self, address: IPv6Address | int | str) -> None:
        # `copy` passes an int on Python 3.10, and a text on later versions.
        super().__init__(address if isinstance(address, str) else int(address))
        self._hashed = super().__hash__()

    def __hash__(self) -> int:
        return self._hashed


@lru_cache(maxsize=4096)
def unmapped(text: str) -> IPAddress:
    """Return the address for a text; IPv4-mapped IPv6 becomes IPv4, and a zone id is dropped.

    Results are cached, because each session needs two addresses and most of them were seen before.

    :raises ValueError: the text is not an address.
    """
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return _Key4(address)
    return _Key6(address) if address.ipv4_mapped is None else _Key4(address.ipv4_mapped)


@lru_cache(maxsize=4096)
def host_of(address: IPAddress, ipv6_prefix: int) -> IPAddress:
    """Return the address that stands for a client's host wherever hosts are counted.

    An IPv4 address stands for itself.  An IPv6 host can choose from many addresses in its network, so the first address
    of the network stands for all of them.

    :param ipv6_prefix: the length of that network's prefix, 1 to 128 bits.
    """
    if isinstance(address, IPv4Address):
        return address
    ignored = 128 - ipv6_prefix
    return _Key6(IPv6Address(int(address) >> ignored << ignored))


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The two ends of a control connection; IPv4-mapped addresses appear as IPv4."""

    address: IPAddress
    port: int
    local_address: IPAddress
    local_port: int
    listener: str = ""
    """The listener's name in logs: its endpoint string."""
    secure: bool = False
    """Whether TLS is active on the control connection."""
    ipv6_prefix: int = 64
    """The number of bits of an IPv6 address that identify the client's host."""
    host: IPAddress = field(init=False, repr=False, compare=False)
    """The key of everything that is counted by host: caps, failed logins, shares; see `host_of`."""
    address_text: str = field(init=False, repr=False, compare=False)
    """The address as text, made once, because each line of the log has it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "host", host_of(self.address, self.ipv6_prefix))
        object.__setattr__(self, "address_text", str(self.address))


class Password:
    """A password as bytes, whose repr and str are stars, so that no log can contain it."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def reveal(self) -> bytes:
        """Return the bytes themselves, for a checker."""
        return self._secret

    def __repr__(self) -> str:
        return "Password(****)"

    __str__ = __repr__
