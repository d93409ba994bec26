"""What every mover is given beside the handle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ftpd_service.data.connection.descriptor import ConnectionDescriptor
from ftpd_service.data.placement import Slices
from ftpd_service.data.socket_records import SocketRecords
from ftpd_service.errors import StorageFailed


async def unlimited(wanted: int) -> int:
    """No throttle: all that is wanted."""
    return wanted


@dataclass(slots=True, kw_only=True)  # Not frozen, which costs more than a microsecond a transfer.
class Route:
    """The network's end of a transfer.

    A mover asks `allowed` before each slice, moves no more than that, and tells `moved` behind it.  It returns when the
    last octet is with the kernel or in the handle.  It raises TransferAborted for what the connection does, lets the
    handle's errors pass, and when it is cancelled ends only after its last call on the pool.
    """

    connection: ConnectionDescriptor
    records: SocketRecords | None = None
    """The record layer of a protected connection; None in clear."""
    slices: Slices
    """Runs what is moved, each slice in its place."""
    moved: Callable[[int], None]
    """Told behind each slice how many octets went over the connection, also 0: the rest of the allowance goes back."""
    allowed: Callable[[int], Awaitable[int]] = unlimited
    """How many octets, 1 to those wanted, the next slice may move; waits while the throttles allow none.

    Asked when the connection is thought to be ready, and never while waiting for it: an allowance that lies idle is
    kept from others.
    """
    due: int | None = None
    """Bytes that the handle of a download has to give; None where nobody was told how many."""

    def is_all(self, given: int) -> bool:
        """Whether so many bytes of the handle are what was announced, so that the end may follow them."""
        return self.due is None or given >= self.due

    def file_ended(self, given: int) -> None:
        """Compare the bytes that the handle of a download gave with those that were announced.

        :raises StorageFailed: the file was cut short after it had been opened: the client must not take it for whole.
        """
        if not self.is_all(given):
            raise StorageFailed(f"the file was cut short while it was sent: {given} of {self.due} bytes")
