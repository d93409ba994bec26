"""The network's end of a transfer, which every mover gets beside the handle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ftpd_service.data.connection.descriptor import ConnectionDescriptor
from ftpd_service.data.placement import Slices
from ftpd_service.data.socket_records import SocketRecords
from ftpd_service.errors import StorageFailed
from ftpd_service.interfaces import ILimitedWrite, IWriteDescriptor


async def unlimited(wanted: int) -> int:
    """Allow all bytes that are wanted: there is no throttle."""
    return wanted


async def allotted(handle: IWriteDescriptor, most: int) -> int:
    """Return how many bytes the next slice may write through the descriptor: `most`, unless the upload is limited.

    With 0 the mover hands the next byte to `write`, which refuses it, unless the end comes instead.
    """
    limited = ILimitedWrite(handle, None)
    return most if limited is None else await limited.allot(most)


@dataclass(slots=True, kw_only=True)  # Not frozen, which costs more than a microsecond a transfer.
class Route:
    """The network's end of a transfer.

    A mover asks `allowed` before each slice, moves no more than that, and calls `moved` after it.  A mover returns when
    the last byte is with the kernel or in the handle.  It raises TransferAborted for failures of the connection, lets
    the handle's errors pass, and, when cancelled, ends only after its last call on the pool.
    """

    connection: ConnectionDescriptor
    records: SocketRecords | None = None
    """The record layer of a protected connection; None in clear."""
    slices: Slices
    """Runs each slice in its place."""
    moved: Callable[[int], None]
    """Gets the number of bytes that a slice moved, also 0; the rest of the allowance is returned."""
    allowed: Callable[[int], Awaitable[int]] = unlimited
    """Returns how many bytes the next slice may move, from 1 to those wanted; waits while the throttles allow none.

    A mover calls this when it expects the connection to be ready, and never while it waits, because an idle allowance
    is missing elsewhere.
    """
    due: int | None = None
    """The bytes that the handle of a download has to give; None if no number was announced."""

    def is_all(self, given: int) -> bool:
        """Whether the handle has given all bytes that were announced, so that the end may follow them."""
        return self.due is None or given >= self.due

    def file_ended(self, given: int) -> None:
        """Compare the bytes that the handle of a download gave with those that were announced.

        :raises StorageFailed: the file was truncated after its opening, and the client must not take it for whole.
        """
        if not self.is_all(given):
            raise StorageFailed(f"the file was cut short while it was sent: {given} of {self.due} bytes")
