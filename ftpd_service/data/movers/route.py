"""What every mover is given beside the handle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftpd_service.data.descriptor import ConnectionDescriptor
from ftpd_service.interfaces import Blocking


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The network's end of a transfer.

    A mover returns when the last octet is with the kernel or in the handle.  It raises TransferAborted for what the
    connection does, lets the handle's errors pass, and when it is cancelled ends only after its last call on the pool.
    """

    connection: ConnectionDescriptor
    blocking: Blocking
    moved: Callable[[int], None]
    """Told how many octets went over the connection, each time some did."""
