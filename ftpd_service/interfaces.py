"""Every seam of the server: what a stranger may implement, or what is asked of an object at run time.

Storage and data methods are coroutines, so that a storage author needs no Twisted; callables that are handed in have
`typing.Protocol` types at the end.  ``auth/credentials.py`` extends an interface of Twisted's and stands alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from zope.interface import Interface

from ftpd_service.errors import FtpdError
from ftpd_service.events import Event
from ftpd_service.values import Account, ByteRange, Entry, IPAddress, Password, Peer, Progress, VirtualPath, WriteMode

if TYPE_CHECKING:
    from OpenSSL.SSL import Connection

    from ftpd_service.tls.records import Records

T = TypeVar("T")


class IStorage(Interface):
    """A tree of files, bound to one login.  Paths are virtual and normalised; no method sees ``..``."""

    async def stat(path: VirtualPath) -> Entry:
        """What stands at a path, links followed inside the root.

        :raises NotFound: also for a path that leads through a file.
        :raises NotAPlainFile: for a FIFO, socket or device.
        :raises PermissionDenied:
        """

    def entries(path: VirtualPath) -> AsyncIterator[tuple[Entry, ...]]:
        """The entries of a directory in pages of at most 1,000, sorted by name bytes within what memory bounds allow.

        Without ``.`` and ``..``, hidden upload names, and names holding CR or LF.  The first page raises, if any does:
        NotFound, NotADirectory for a file, PermissionDenied.
        """

    async def open_read(path: VirtualPath, offset: int) -> IReadHandle:
        """Open a file for reading, `offset` octets in.  The caller closes the handle.

        :raises NotFound: and IsADirectory, NotAPlainFile, PermissionDenied.
        :raises RestartBeyondEnd: when the offset exceeds the size; equal is allowed.
        """

    async def open_write(path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        """Open a file for writing; the caller ends the handle with exactly one of commit and abort.

        Nothing visible changes before the first octet or the commit.

        :param offset: where to write, for MODIFY only; else 0.
        :raises NotFound: the parent directory is missing.
        :raises AlreadyExists: CREATE, and the name is taken or reserved.
        :raises NameNotAllowed: hidden prefix, CR or LF, or too long.
        :raises StorageFull: and QuotaExceeded, RestartBeyondEnd, IsADirectory, PermissionDenied.
        :raises TemporarilyUnavailable: another upload appends to the file.
        """

    async def make_directory(path: VirtualPath) -> None:
        """Make a directory; its parent must exist.

        :raises AlreadyExists: and NameNotAllowed, StorageFull, PermissionDenied.
        :raises NotFound: the parent is missing.
        """

    async def remove_directory(path: VirtualPath) -> None:
        """Remove an empty directory, never the root.  A link is NotADirectory.

        :raises NotEmpty: and NotFound, NotADirectory.
        :raises PermissionDenied: also for the root.
        :raises TemporarilyUnavailable: an upload runs in it.
        """

    async def remove_file(path: VirtualPath) -> None:
        """Remove a file or a link (never the link's target).

        :raises NotFound: and IsADirectory, PermissionDenied.
        """

    async def rename(source: VirtualPath, target: VirtualPath) -> None:
        """Give a file, link or directory another name; a file may replace a file, nothing replaces a directory.

        :raises NotFound: of the source, or of the target's parent.
        :raises AlreadyExists: the target is a directory, or the source is one and the target exists.
        :raises NameNotAllowed: and PermissionDenied.
        """

    async def set_modified(path: VirtualPath, modified_ns: int) -> None:
        """Set the modification time of a file or directory, in nanoseconds since 1970, UTC.

        :raises NotFound: and PermissionDenied, Unsupported.
        """


class IReadHandle(Interface):
    """A file open for reading."""

    def entry() -> Entry:
        """The file as of opening; its size minus the offset is what will be read."""

    def first() -> bytes:
        """Octets read while opening, from the offset on: at most 64 KiB, may be empty.  `read` goes on behind them."""

    async def read(count: int) -> bytes:
        """The next at most `count` octets; empty at the end of the file.

        :raises StorageFailed:
        """

    async def close() -> None:
        """Give the file back; safe to call twice."""


class IReadDescriptor(IReadHandle):
    """A read handle that has a file descriptor, for zero-copy downloads."""

    def descriptor() -> int:
        """The file descriptor, open until `close`; the handle owns it."""

    def range() -> ByteRange:
        """What is left after `first`: offsets in the file."""


class IWriteHandle(Interface):
    """A file open for writing: exactly one of `commit` and `abort` ends it."""

    async def write(data: bytes) -> None:
        """Write behind what was written before.

        :raises StorageFull: and QuotaExceeded, StorageFailed.
        """

    async def commit() -> None:
        """Make what was written the file under its name, and close.  On an error nothing of a hidden upload is kept.

        :raises AlreadyExists: CREATE, and somebody else took the name meanwhile.
        :raises StorageFailed:
        """

    async def abort() -> None:
        """Give up and close: of a hidden upload nothing is kept, of one in place what arrived.  Never raises."""


class IWriteDescriptor(IWriteHandle):
    """A write handle that has a file descriptor, for zero-copy uploads."""

    async def descriptor() -> int:
        """The file descriptor, without O_APPEND, standing where the next octet goes; the handle owns it.

        Asked for when the first octet has arrived: what was in place is cut off now where the mode says so.
        """

    def written(count: int) -> None:
        """`count` more octets were written through the descriptor.

        :raises QuotaExceeded:
        """


class IMapPages(Interface):
    """Optional, beside IStorage: a storage whose pages are read on threads."""

    def mapped(path: VirtualPath, make: Callable[[tuple[Entry, ...]], T]) -> AsyncIterator[T]:
        """As `IStorage.entries`, with what `make` returns for each page, called on the thread that has read it."""


class IMapNames(Interface):
    """Optional, beside IStorage: a storage that can name entries for less than it can describe them."""

    def mapped_names(path: VirtualPath, make: Callable[[tuple[str, ...]], T]) -> AsyncIterator[T]:
        """As `IMapPages.mapped`, with the names alone: the same ones in the same order, and the same refusals."""


class IChangeMode(Interface):
    """Optional, beside IStorage: Unix permission bits."""

    async def change_mode(path: VirtualPath, mode: int) -> None:
        """Set the permission bits (0 to 0o777) of a file or directory.

        :raises NotFound: and PermissionDenied.
        """

    def umask() -> int:
        """Bits taken away from what is made from now on."""

    def set_umask(mask: int) -> None:
        """Set those bits (0 to 0o777) for this login."""


class IFreeSpace(Interface):
    """Optional, beside IStorage."""

    async def free_octets(path: VirtualPath) -> int:
        """Octets this login can still write in a directory.

        :raises NotFound: and NotADirectory, PermissionDenied.
        """


class IDataChannel(Interface):
    """The data connection of one session: a chosen address, then one connection, then one transfer.

    A passive specification is used up by a transfer; an active one stays (RFC 959 section 3.2; RFC 1123 4.1.2.6).
    Cancelling the coroutine that waits in a method ends what it does and closes the connection.
    """

    async def listen() -> int:
        """Drop what was chosen before, listen for the client on the control connection's local address: the port.

        :raises NoDataConnection: no port is free.
        """

    async def passive_address() -> IPAddress:
        """The address to put into a 227 reply, by the configuration for addresses behind NAT.

        :raises NoDataConnection: no IPv4 address is known.
        """

    async def target(address: IPAddress, port: int) -> None:
        """Drop what was chosen before; the next transfers dial this address.  The verb has parsed it.

        :raises UnsupportedParameter: the address is not the client's own, or the port is below 1024.
        """

    def chosen() -> bool:
        """Whether a transfer can begin: an address is chosen."""

    async def send_file(handle: IReadHandle, translation: Translation | None, due: int | None) -> int:
        """Send a file over a data connection; the octets sent, once the last one and the FIN are with the kernel.

        :param handle: is closed by the caller.
        :param translation: of TYPE A, or None for the file's own octets (which may go by zero copy).
        :param due: the bytes that the handle has to give; fewer are a failure.  None where that is not known.
        :raises StorageFailed: also where the file was cut short meanwhile; the client sees no proper end then.
        :raises NoDataConnection: and TransferAborted.
        """

    async def send_pages(pages: AsyncIterator[bytes]) -> int:
        """Send octets as they are made (listings); like `send_file`."""

    async def receive_file(handle: IWriteHandle, translation: Translation | None) -> int:
        """Receive into a handle until the client's end of data; the octets received.

        The connection is held open until `finish`; before that the caller commits or aborts the handle.

        :raises NoDataConnection: and TransferAborted, StorageFull.
        """

    async def finish() -> None:
        """Close the data connection in order, and a passive listener; safe when there is none.

        Every verb that may open a data connection ends with it, refused or not: a client that is there must see an end.
        """

    async def reset() -> None:
        """Forget everything: connection, listener, target and protection (REIN, AUTH, end of the session)."""

    def hurry() -> None:
        """Wait for no end in order from here on: the service cuts its sessions off."""

    def protect(on: bool) -> None:
        """Whether the next data connections are protected (PROT P) or in clear (PROT C, and at the start)."""

    def progress() -> Progress | None:
        """Where the transfer stands that runs, or that has ended and waits for `finish`; else None."""


class ITlsSession(Interface):
    """TLS of one control connection: a context of its own, so that only its own data connections can resume."""

    def active() -> bool:
        """Whether the control connection is protected."""

    def records() -> Records:
        """A new TLS connection in server role, of this session's own context."""

    def admit_data(connection: Connection) -> None:
        """Judge a data connection whose handshake is done.

        :raises ResumptionRequired: its text names the reason, for the log.
        """

    def download_ended(connection: Connection) -> None:
        """Count the ticket that the client has got."""

    def upload_ended(connection: Connection, *, clean: bool, client_present: bool) -> None:
        """Judge the end of an upload (`clean`: close_notify came); count the ticket where the client was still there.

        :raises TransferAborted: an end without close_notify is refused.
        """


class ILogin(Interface):
    """Asks who the client is: the account, its own storage, a logout to be called once; `failed` is told why not."""

    async def login(
        name: bytes, password: Password, peer: Peer, *, failed: Callable[[FtpdError], None]
    ) -> tuple[Account, IStorage, Callable[[], None]]:
        """:raises LoginRefused: and LoginUnavailable, and LimitReached for the account's cap on sessions."""

    async def login_certified(
        name: bytes, peer: Peer, *, failed: Callable[[FtpdError], None]
    ) -> tuple[Account, IStorage, Callable[[], None]]:
        """The same without a password, for the account that a client certificate has proved (RFC 4217 section 10)."""


class IAccounts(Interface):
    """What accounts have, by avatar id."""

    async def account(name: str) -> Account | None:
        """The account, or None when no entry and no default makes one."""

    async def password_hash(name: str) -> str | None:
        """The stored password of an entry, or None where there is none."""


class IObserver(Interface):
    """Watches; cannot say no."""

    def observe(event: Event) -> None:
        """Take note of an event, at once; never waits."""

    def wants(kind: type[Event]) -> bool:
        """Whether `observe` does anything at events of this class; always the same answer."""


class Blocking(Protocol):
    """Runs a call beside the reactor, on the bounded pool.

    Cancelling the awaiting coroutine drops a call that has not begun, and waits for one that runs.  With `discard` the
    call works on nothing of the caller's: it is left alone then, and `discard` closes what it opens, on the pool too.
    """

    async def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        """The call's result, or its exception; may be refused as `ftpd_service.placed` says."""


class Translation(Protocol):
    """Octets of a transfer into others, incrementally (TYPE A)."""

    def translate(self, data: bytes) -> bytes:
        """The octets that stand for the next ones."""

    def finish(self) -> bytes:
        """What was held back, at the end of the data."""


Now = Callable[[], float]
"""Seconds since 1970, as ``time.time`` gives them."""

Emit = Callable[[Event], None]
"""Hands an event to the observers; never raises."""
