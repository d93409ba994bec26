"""Where a call of a storage or a transfer works, and what it owes: what it says to `ftpd_service.interfaces.Blocking`.

Storages and movers mark their calls with it, and need not know on whose behalf they are made.  A call that is marked
by nobody begins something: where all threads of its owner's share hang it raises TemporarilyUnavailable.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Generic, TypeVar

from ftpd_service.values import VirtualPath

T = TypeVar("T")


class Due(Enum):
    """What becomes of a call whose owner already holds all the threads that it may hold."""

    BEGINS = "begins"
    """It may be refused at once."""
    CONTINUES = "continues"
    """It belongs to something open, as a read does: it waits for as long as its caller does."""
    ENDS = "ends"
    """It gives something back: it is made in the end, even when nobody waits for it any more."""


class Placed(Generic[T]):
    """Marks a call with the file system that it works on.

    :ivar call: the call itself, which may be `ftpd_service.busy.Busy`.
    :ivar where: a path of the login's storage, or a descriptor that is open.
    """

    __slots__ = ("call", "due", "where")

    def __init__(self, call: Callable[[], T], where: VirtualPath | int, due: Due = Due.BEGINS) -> None:
        self.call = call
        self.where = where
        self.due = due

    def __call__(self) -> T:
        """Make the call."""
        return self.call()
