"""The place where work runs, and the mark that tells it to `ftpd_service.interfaces.Blocking`.

Storages and movers mark their calls, without knowing the owners.  A call without a mark may wait for a disk, works at
the home of its owner, and has its owner's `Due`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Generic, TypeVar

from ftpd_service.values import VirtualPath

T = TypeVar("T")


class Placement(Enum):
    """The place where work runs; the table in docs/architecture.rst tells which work runs where, and why."""

    REACTOR = "reactor"
    """On the reactor's thread, in the turn of its client's host: the work is short and does not wait."""
    FILES = "files"
    """On a thread for files: the work may wait for a disk, a network or another program."""
    BUSY = "busy"
    """On a thread for computing, of which there is one per core: the work rarely waits."""
    WAITING = "waiting"
    """On a thread for computing, which waits some milliseconds for a client that is as fast as the server."""


class Due(Enum):
    """The treatment of a call whose owner already holds its whole share of threads."""

    BEGINS = "begins"
    """The call may be refused at once: if all threads of the share hang, it raises TemporarilyUnavailable."""
    CONTINUES = "continues"
    """The call belongs to an open object, as a read does: it waits for as long as its caller does."""
    ENDS = "ends"
    """The call releases something: it runs in the end, even if its caller no longer waits."""


class Placed(Generic[T]):
    """A call that tells where it runs, what it works on, and whether it may be refused.

    :ivar call: the call itself.
    :ivar where: a path of the login's storage, an open descriptor, or None for the home.
    :ivar due: None means the owner's `Due`.
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
        return self.call()


class MightWait(Exception):
    """Work on the reactor might wait; nothing has been done, and the pool must repeat it."""
