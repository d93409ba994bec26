"""What every mover is given beside the handle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ftpd_service.data.descriptor import ConnectionDescriptor
from ftpd_service.data.records import Records
from ftpd_service.data.slices import Here, at_once
from ftpd_service.interfaces import Blocking


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
    records: Records | None = None
    """The record layer of a protected connection; None in clear."""
    blocking: Blocking
    moved: Callable[[int], None]
    """Told behind each slice how many octets went over the connection, also 0: the rest of the allowance goes back."""
    allowed: Callable[[int], Awaitable[int]] = unlimited
    """How many octets, 1 to those wanted, the next slice may move; waits while the throttles allow none.

    Asked when the connection is thought to be ready, and never while waiting for it: an allowance that lies idle is
    kept from others.
    """
    crowded: Callable[[], bool] = bool
    """Whether a slice would have to wait for its turn on the reactor: one that copies runs on the pool then."""
    few: Callable[[], bool] = bool
    """Whether each transfer may have a thread that waits for its client."""
    here: Here = at_once
    """Runs a slice on the reactor, where need be in a later turn, so that transfers do not keep commands waiting."""
