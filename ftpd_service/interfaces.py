"""Every interface of the server that another package may provide, or that an object is asked for at run time.

The methods of storages and data channels are coroutines, so the author of a storage needs no Twisted.  Callables that
are passed as arguments have `typing.Protocol` types at the end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol, TypeVar

from zope.interface import Interface

from ftpd_service.events import Event
from ftpd_service.taken_bytes import TakenBytes
from ftpd_service.values import ByteRange, Entry, IPAddress, Progress, ReceivedData, SettledFile, VirtualPath, WriteMode

T = TypeVar("T")


class IStorage(Interface):
    """A tree of files, bound to one login.  Paths are virtual and normalised; no method sees ``..``."""

    async def stat(path: VirtualPath) -> Entry:
        """Return the entry at a path, with links followed inside the root.

        :raises NotFound: also for a path that leads through a file.
        :raises NotAPlainFile: for a FIFO, socket or device.
        :raises PermissionDenied:
        """

    def entries(path: VirtualPath) -> AsyncIterator[tuple[Entry, ...]]:
        """Return a directory's entries in pages of at most 1,000, sorted by name bytes unless there are too many.

        The pages omit ``.`` and ``..``, the names of hidden uploads, and names with CR or LF.  Only the first page may
        raise: NotFound, NotADirectory for a file, PermissionDenied.
        """

    async def open_read(path: VirtualPath, offset: int) -> IReadHandle:
        """Open a file for reading from the byte `offset` on.  The caller closes the handle.

        :raises NotFound: and IsADirectory, NotAPlainFile, PermissionDenied.
        :raises RestartBeyondEnd: the offset exceeds the size; an equal offset is allowed.
        """

    async def open_write(path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        """Open a file for writing; the caller ends the handle with exactly one call of commit or abort.

        Nothing visible changes before the first byte or the commit.

        :param offset: the place to write at, for MODIFY only; otherwise 0.
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
        """Remove an empty directory, but never the root.  A link raises NotADirectory.

        :raises NotEmpty: and NotFound, NotADirectory.
        :raises PermissionDenied: also for the root.
        :raises TemporarilyUnavailable: an upload runs in it.
        """

    async def remove_file(path: VirtualPath) -> None:
        """Remove a file or a link (never the link's target).

        :raises NotFound: and IsADirectory, PermissionDenied.
        """

    async def rename(source: VirtualPath, target: VirtualPath) -> None:
        """Rename a file, link or directory; a file may replace a file, but nothing replaces a directory.

        :raises NotFound: of the source, or of the target's parent.
        :raises AlreadyExists: the target is a directory, or the source is a directory and the target exists.
        :raises NameNotAllowed: and PermissionDenied.
        """

    async def set_modified(path: VirtualPath, modified_ns: int) -> None:
        """Set the modification time of a file or directory, in nanoseconds since 1970, UTC.

        :raises NotFound: and PermissionDenied, Unsupported.
        """


class IReadHandle(Interface):
    """A file open for reading."""

    def entry() -> Entry:
        """Return the file's entry as of opening; `read` will return its size minus the offset."""

    def first() -> bytes:
        """Return the bytes that were read while opening, 64 KiB at most; `read` continues after them."""

    async def read(count: int) -> bytes:
        """Return the next bytes, `count` at most, or no bytes at the end of the file; or raise StorageFailed."""

    async def close() -> None:
        """Close the file; a second call does nothing."""


class IReadDescriptor(IReadHandle):
    """A read handle that has a file descriptor, for zero-copy downloads."""

    def descriptor() -> int:
        """Return the file descriptor, which is open until `close`; the handle owns it."""

    def range() -> ByteRange:
        """Return the range of the file after `first`."""


class IWriteHandle(Interface):
    """A file open for writing, which ends with exactly one call of `commit` or `abort`."""

    async def write(data: bytes) -> None:
        """Write bytes after those that were written before.

        :raises StorageFull: and QuotaExceeded, StorageFailed.
        """

    async def commit() -> None:
        """Make the written bytes the file of this name, and close.  After an error nothing of a hidden upload is kept.

        :raises AlreadyExists: the mode is CREATE, and the name was taken meanwhile; and StorageFailed.
        """

    async def abort() -> None:
        """Abandon and close the file without raising; a hidden upload is removed, others keep their bytes."""


class IWriteDescriptor(IWriteHandle):
    """A write handle that has a file descriptor, for zero-copy uploads."""

    async def descriptor() -> int:
        """Return the file descriptor, without O_APPEND, at the place of the next byte; the handle owns it.

        The server calls this when the first byte has arrived; the former content is cut off now if the mode demands it.
        """

    def written(count: int) -> None:
        """Record that `count` more bytes were written through the descriptor, or raise QuotaExceeded."""


class IHiddenWrite(IWriteHandle):
    """A mark of a write handle of which nothing stands under the file's name before the commit or after an abort.

    The server looks at the path after the end of every other upload of an account with a quota.
    """


class IInspectable(IWriteHandle):
    """An optional interface of a write handle whose file can be looked at between the last byte and the commit."""

    async def settle() -> SettledFile:
        """Write all bytes to the file, and return its identity and size; then no byte may be written any more.

        Of an upload in place the former content is cut off now if the mode demands it.

        :raises StorageFull: and QuotaExceeded, StorageFailed.
        """

    async def open_settled() -> IReadHandle:
        """Open the settled file for reading, from its first byte on.

        The caller closes the handle, before the end of the upload or after it.

        :raises StorageFailed: and PermissionDenied.
        """


class ILimitedWrite(IWriteDescriptor):
    """An optional interface of a write handle with a descriptor, whose upload may be limited."""

    async def allot(most: int) -> int:
        """Return how many bytes the next slice may write through the descriptor: up to `most`, and 0 if nothing fits.

        They stay reserved until the next call of `allot`, `written` or `write`.

        :raises StorageFull: too little space is free.
        """


class ISizeLimits(Interface):
    """An optional interface of a storage that limits the size of files, and their sum."""

    async def demand_room(path: VirtualPath, mode: WriteMode, offset: int, size: int) -> None:
        """Refuse an upload whose size is known before its first byte.

        :param size: the bytes that the client announced; after a restart offset possibly those of the whole file.
        :raises QuotaExceeded: and StorageFull.
        """


class IMapPages(Interface):
    """An optional interface of a storage that reads its pages on threads."""

    def mapped(path: VirtualPath, make: Callable[[tuple[Entry, ...]], T]) -> AsyncIterator[T]:
        """Work like `IStorage.entries`, but yield results of `make`, which the reading thread calls for each page."""


class IMapNames(Interface):
    """An optional interface of a storage for which names cost less than whole entries."""

    def mapped_names(path: VirtualPath, make: Callable[[tuple[str, ...]], T]) -> AsyncIterator[T]:
        """Work like `IMapPages.mapped`, but with names only: the same names, order and refusals."""


class IChangeMode(Interface):
    """An optional interface of a storage with Unix permission bits."""

    async def change_mode(path: VirtualPath, mode: int) -> None:
        """Set permission bits (0 to 0o777) of a file or directory, as far as clients may set them.

        :raises NotFound: and PermissionDenied.
        """

    def umask() -> int:
        """Return the bits that new files and directories do not get."""

    def set_umask(mask: int) -> None:
        """Set those bits (0 to 0o777) for this login, and more bits if clients may not do without them."""


class IFreeSpace(Interface):
    """An optional interface of a storage that knows its free space."""

    async def free_bytes(path: VirtualPath) -> int:
        """Return the bytes that this login can still write in a directory.

        :raises NotFound: and NotADirectory, PermissionDenied.
        """


class IDataChannel(Interface):
    """The data connection of one session: a chosen address, then one connection, then one transfer.

    A transfer uses up a passive address; an active address stays (RFC 959 section 3.2; RFC 1123 section 4.1.2.6).
    Cancelling the coroutine that waits in a method ends the method and closes the connection.
    """

    async def listen() -> int:
        """Drop the previous choice, listen on the control connection's local address, and return the port.

        :raises NoDataConnection: no port is free.
        """

    async def passive_address() -> IPAddress:
        """Return the address for a 227 reply, by the configuration for addresses behind NAT.

        :raises NoDataConnection: no IPv4 address is known.
        """

    async def target(address: IPAddress, port: int) -> None:
        """Drop the previous choice, and use this address, which the verb has parsed, for the next transfers.

        :raises UnsupportedParameter: the address is not the client's own, or the port is below 1024.
        """

    def chosen() -> bool:
        """Return whether an address is chosen, so that a transfer can begin."""

    async def send_file(handle: IReadHandle, translation: Translation | None, due: int | None) -> int:
        """Send a file over a data connection, and return the bytes sent once the kernel has all of them and the FIN.

        :param handle: the caller closes it.
        :param translation: for TYPE A, or None for the file's own bytes (which may use zero copy).
        :param due: the bytes that the handle must return; fewer bytes are a failure.  None if the number is unknown.
        :raises StorageFailed: also if the file was cut short meanwhile; the client then sees no proper end.
        :raises NoDataConnection: and TransferAborted.
        """

    async def send_pages(pages: AsyncIterator[bytes]) -> int:
        """Send bytes as they are made, for listings; the rest is like `send_file`."""

    async def receive_file(
        handle: IWriteHandle, translation: Translation | None, taken: TakenBytes | None = None
    ) -> ReceivedData:
        """Receive into a handle until the client's end of data, and return the number of bytes and the kind of the end.

        The connection stays open until `finish`; before that the caller commits or aborts the handle.

        :param taken: takes the bytes that the handle gets, if they pass through Python.
        :raises TransferAborted: also for an end that the configuration refuses; and NoDataConnection, StorageFull.
        """

    async def finish() -> None:
        """Close the data connection in order, and the passive listener, if there is any.

        Every verb that may open a data connection ends with this call, also a refused verb: a client must see an end.
        """

    async def reset() -> None:
        """Forget everything: connection, listener, target and protection (REIN, AUTH, end of the session)."""

    def hurry() -> None:
        """Wait for no orderly end from now on, because the service aborts its sessions."""

    def protect(on: bool) -> None:
        """Choose whether the next data connections are protected (PROT P) or in clear (PROT C, and at the start)."""

    def progress() -> Progress | None:
        """Return the progress of a transfer that runs, or that has ended and waits for `finish`; otherwise None."""


class IObserver(Interface):
    """An observer of events, which cannot refuse anything."""

    def observe(event: Event) -> None:
        """Take an event at once, without waiting."""

    def wants(kind: type[Event]) -> bool:
        """Return whether `observe` gets events of this class; the answer never changes."""


class Blocking(Protocol):
    """The type of a callable that runs a call on the bounded pool, beside the reactor.

    Cancelling the awaiting coroutine drops a call that has not begun, and waits for a call that runs.  With `discard`
    a running call, which shares nothing with its caller, is left alone, and `discard` closes its result on the pool.
    """

    async def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        """Return the call's result, or raise its exception; `ftpd_service.placed` says when a call is refused."""


class Translation(Protocol):
    """The incremental conversion of a transfer's bytes (TYPE A)."""

    def translate(self, data: bytes) -> bytes:
        """Return the converted form of the next bytes."""

    def finish(self) -> bytes:
        """Return the bytes that were held back, at the end of the data."""


Now = Callable[[], float]
"""The type of a clock that returns seconds since 1970, like ``time.time``."""

Emit = Callable[[Event], None]
"""The type of a callable that passes an event to the observers and never raises."""
