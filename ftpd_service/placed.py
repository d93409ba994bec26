"""Where a piece of work runs, and the mark by which a call tells that to `ftpd_service.interfaces.Blocking`.

Storages and movers mark their calls, and need not know on whose behalf they are made.  A call without a mark may wait
for a disk, works at the home of its owner, and is refused or continued as its owner's calls are in general.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Generic, TypeVar

from ftpd_service.values import VirtualPath

T = TypeVar("T")


class Placement(Enum):
    """Where a piece of work runs; the table in docs/architecture.rst tells which work runs where, and why."""

    REACTOR = "reactor"
    """On the reactor's thread, in the turn of its client's host: the work waits for nothing and is short."""
    FILES = "files"
    """On a thread of the pool for files: the work may wait for a disk, a network or another program."""
    BUSY = "busy"
    """On a thread of the pool for computing, of which there is one for each core: the work hardly ever waits."""
    WAITING = "waiting"
    """On such a thread too, which waits some milliseconds for a client that is as fast as the server."""


class Due(Enum):
    """What becomes of a call whose owner already holds all the threads that it may hold."""

    BEGINS = "begins"
    """It may be refused at once: where all threads of its owner's share hang it raises TemporarilyUnavailable."""
    CONTINUES = "continues"
    """It belongs to something open, as a read does: it waits for as long as its caller does."""
    ENDS = "ends"
    """It gives something back: it is made in the end, even when nobody waits for it any more."""


class Placed(Generic[T]):
    """A call that tells where it runs, where it works, and whether it may be refused.

    :ivar call: the call itself.
    :ivar where: the place that it works on: a path of the login's storage, or an open descriptor; None: the home.
    :ivar due: None: as calls of its owner in general.
    :ivar placement: FILES, BUSY or WAITING.
    """

    __slots__ = ("call", "due", "placement", "where")

    def __init__(
        self,
        call: Callable[[], T],
        where: VirtualPath | int | None = None,
        due: Due | None = None,
        *,
        placement: Placement = Placement.FILES,
    ) -> None:
        self.call = call
        self.where = where
        self.due = due
        self.placement = placement

    def __call__(self) -> T:
        """Make the call."""
        return self.call()


class MightWait(Exception):
    """Work that was tried on the reactor might wait; nothing has been done, and it is to run on the pool."""
