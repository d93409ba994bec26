"""Values that more than one layer speaks of: frozen, without behaviour beyond reading themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, Flag, auto
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple, NewType

VirtualPath = NewType("VirtualPath", str)
"""The client's view of a place: absolute, ``/`` between names, no ``.``, ``..`` or empty name in it.

Bytes that are no UTF-8 stand in it as lone surrogates (``surrogateescape``), so that it maps back to the same bytes.
Made by `ftpd_service.wire.paths` only.
"""

ROOT = VirtualPath("/")

ANONYMOUS = "anonymous"
"""The name of the account that needs no password of its own."""

ANONYMOUS_NAMES = frozenset({ANONYMOUS, "ftp"})
"""What clients may call that account, in any case."""

SessionId = NewType("SessionId", str)
"""Names one control connection in every log line and event; unique for the life of the process."""


class Permissions(Flag):
    """What an account may do with a path.  The configuration's words are these names, ``-`` for ``_``."""

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
        """The configuration's word for each single permission in it."""
        # Before Python 3.11 the members of a Flag include those that are none or several.
        single = (one for one in Permissions.__members__.values() if one.value and not one.value & (one.value - 1))
        return tuple(str(one.name).lower().replace("_", "-") for one in single if one in self)


class EntryKind(Enum):
    """What a name leads to, links followed inside the root."""

    FILE = "file"
    DIRECTORY = "directory"
    DANGLING = "dangling"
    """A link that leads nowhere inside the root."""


class Link(NamedTuple):
    """What a symbolic link is itself, whatever it leads to."""

    text: str
    """What readlink gives."""
    modified_ns: int
    """Nanoseconds since 1970, UTC."""
    links: int = 1
    owner: int = 0
    group: int = 0


class Entry(NamedTuple):
    """One row of a directory: what a name leads to, and the link itself where the name is a link.

    FIFOs, sockets and devices are never an Entry: listings omit them, `stat` raises NotAPlainFile.  A tuple, as a
    listing makes one a row, and a frozen dataclass takes six times as long; build it by keywords all the same, and
    change it by `_replace`.
    """

    name: str
    """The last component (surrogateescape); empty for the root."""
    kind: EntryKind
    size: int
    """Octets; of the link itself where the kind is DANGLING."""
    modified_ns: int
    """Nanoseconds since 1970, UTC."""
    mode: int
    """Permission bits, 0 to 0o7777, without the type."""
    links: int = 1
    owner: int = 0
    group: int = 0
    created_ns: int | None = None
    """The real birth time in nanoseconds, or None where the file system does not tell."""
    unique: str = ""
    """The same for the same object and no other, in this process; empty when not known.  Without ``;`` and space."""
    link: Link | None = None
    """The link itself, where the name is a link; else None."""
    allowed: Permissions = Permissions.ALL
    """What this login may do with the entry (for a directory: with what is in it, and with itself)."""


PAGE_ENTRIES = 1000

Page = tuple[Entry, ...]
"""Some entries of a directory, at most `PAGE_ENTRIES`."""


class WriteMode(Enum):
    """How a write handle treats what stands under the name."""

    REPLACE = "replace"
    """A plain STOR: hidden until commit, then in place of the former file."""
    CREATE = "create"
    """STOU: the name must not exist, is reserved meanwhile, and the commit does not overwrite."""
    MODIFY = "modify"
    """STOR after REST: in place from the offset on, what arrives is kept, nothing is cut off."""
    APPEND = "append"
    """APPE: in place at the end, created if absent, what arrives is kept."""


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
    """Part of a file: `start` octets in, up to and without `stop` (None: to the end)."""

    start: int
    stop: int | None = None


class Direction(Enum):
    """Which way the bytes of a transfer go."""

    DOWNLOAD = "download"
    UPLOAD = "upload"
    LISTING = "listing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a transfer stands: octets on the data connection so far, and how many are due (None: not known)."""

    direction: Direction
    octets: int
    total: int | None = None


IPAddress = IPv4Address | IPv6Address


class _Key4(IPv4Address):
    """An address that is hashed once: the standard library's does it in Python each time, as text."""

    __slots__ = ("_hashed",)

    def __init__(self, address: IPv4Address | int) -> None:
        super().__init__(int(address))
        self._hashed = super().__hash__()

    def __hash__(self) -> int:
        return self._hashed


class _Key6(IPv6Address):
    """The same."""

    __slots__ = ("_hashed",)

    def __init__(self, address: IPv6Address | str) -> None:
        super().__init__(str(address))
        self._hashed = super().__hash__()

    def __hash__(self) -> int:
        return self._hashed


@lru_cache(maxsize=4096)
def unmapped(text: str) -> IPAddress:
    """The address a text means: IPv4-mapped IPv6 is IPv4, a zone id is dropped.

    Remembered, as each session asks for two and most have been seen before.

    :raises ValueError: when the text is no address.
    """
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return _Key4(address)
    return _Key6(address) if address.ipv4_mapped is None else _Key4(address.ipv4_mapped)


@lru_cache(maxsize=4096)
def host_of(address: IPAddress, ipv6_prefix: int) -> IPAddress:
    """The address that stands for a client's host wherever hosts are counted.

    An IPv4 address stands for itself.  A network gives each of its IPv6 hosts as many addresses as the host likes, so
    the first address of the network stands for all of them.

    :param ipv6_prefix: the length of that network's prefix, 1 to 128 bits.
    """
    if isinstance(address, IPv4Address):
        return address
    ignored = 128 - ipv6_prefix
    return _Key6(IPv6Address(int(address) >> ignored << ignored))


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The two ends of a control connection; IPv4-mapped addresses are IPv4 here."""

    address: IPAddress
    port: int
    local_address: IPAddress
    local_port: int
    listener: str = ""
    """The listener's name in logs: its endpoint string."""
    secure: bool = False
    """Whether TLS is active on the control connection."""
    ipv6_prefix: int = 64
    """How many bits of an IPv6 address name the client's host."""
    host: IPAddress = field(init=False, repr=False, compare=False)
    """The key of everything that is counted by host: caps, failed logins, shares; see `host_of`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "host", host_of(self.address, self.ipv6_prefix))


class Password:
    """A password as bytes, whose repr and str are stars, so that no log can hold it."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def reveal(self) -> bytes:
        """The bytes themselves, for a checker."""
        return self._secret

    def __repr__(self) -> str:
        return "Password(****)"

    __str__ = __repr__


class ResumptionMode(Enum):
    """What is asked of protected data connections about TLS sessions; the values are the configuration's words."""

    OFF = "off"
    """Nothing, and nothing is counted."""
    REPORT = "report"
    """Nothing; connections that ``required`` would refuse are counted, for the log."""
    STICKY = "sticky"
    """A client that has resumed must go on, as long as it can."""
    REQUIRED = "required"
    """Every data connection must resume."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a login has: made by the realm from the configuration and the avatar id."""

    name: str
    """The avatar id that the checker answered."""
    sessions: int | None = None
    """The most sessions at once, or None for no cap of its own."""
    needs_tls: bool = False
    """Whether nobody may log in to it in clear."""
    data_resumption: ResumptionMode | None = None
    """What is asked of its data connections; None: what the listener says."""
    data_protection_required: bool | None = None
    """Whether its transfers are refused while PROT is C; None: what the settings of all say."""
