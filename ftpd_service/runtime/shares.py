"""The shares of a lane's threads: for each host, each mount, and each account on a mount.

The calls of an owner wait in a queue of their own.  All calls of a queue take the same shares, so either the whole
queue may take its turn or none of its calls may.  A lane takes turns between queues, and skips queues whose shares are
full.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from weakref import WeakValueDictionary

from ftpd_service.placed import Due


class Keys(NamedTuple):
    """The owner of a call and the mount on which it works; an unknown key is None and takes no share."""

    host: Hashable = None
    account: str | None = None
    mount: int | None = None


NOBODY = Keys()
"""The keys of the service itself."""


class Work(Protocol):
    """A call as lanes see it; see `ftpd_service.runtime.calls.Call`."""

    due: Due
    queued: float

    def run(self) -> None: ...

    def refuse(self, problem: Exception, /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The most threads of a lane that a key may hold, including stand-ins.

    An account is counted on each mount separately, so that a hung disk does not stop its work on other disks.
    """

    host: int
    account: int
    mount: int


class Share:
    """The threads of a lane that a key holds.

    :ivar running: the number of threads now.
    :ivar moved: the time at which a call last began or ended (`time.monotonic`).
    """

    __slots__ = ("__weakref__", "most", "moved", "running")

    def __init__(self, most: int) -> None:
        self.most = most
        self.running = 0
        self.moved = 0.0

    def stuck(self, since: float) -> bool:
        """Return whether the share is full and none of its calls has begun or ended since a time."""
        return self.running >= self.most and self.moved <= since


class CallQueue:
    """The calls of an owner that wait for a thread, and the shares that they take.

    :ivar queued: whether the queue waits for its turn in the lane.
    """

    # The calls are in a list, because an empty deque takes 700 bytes in every session.
    __slots__ = ("__weakref__", "calls", "queued", "shares")

    def __init__(self, shares: tuple[Share, ...]) -> None:
        self.shares = shares
        self.calls: list[Work] = []
        self.queued = False

    @property
    def full(self) -> bool:
        """Return whether no further call of the queue may begin."""
        # `any` with a generator would take three times as long, for every call.
        for share in self.shares:  # noqa: SIM110
            if share.running >= share.most:
                return True
        return False

    def stuck(self, since: float) -> bool:
        """Return whether the queue's shares are full of calls that began before a time."""
        return any(share.stuck(since) for share in self.shares)

    @property
    def waits_since(self) -> float:
        """Return the time since which the first call waits for a thread: its owner's share was full until then."""
        since = self.calls[0].queued
        for share in self.shares:
            since = max(since, share.moved)
        return since

    def begun(self, now: float) -> None:
        for share in self.shares:
            share.running += 1
            share.moved = now

    def ended(self, now: float) -> None:
        for share in self.shares:
            share.running -= 1
            share.moved = now


class CallQueues:
    """The queues and shares of a lane, for as long as they are in use.

    A running call keeps its queue, so the threads of clients that left count when the clients return.
    """

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._shares: WeakValueDictionary[tuple[str, Hashable], Share] = WeakValueDictionary()
        self._lines: WeakValueDictionary[Keys, CallQueue] = WeakValueDictionary()

    def line(self, keys: Keys) -> CallQueue:
        line = self._lines.get(keys)
        if line is None:
            sizes = self._sizes
            asked = (
                ("host", keys.host, keys.host, sizes.host),
                ("account", keys.account, (keys.account, keys.mount), sizes.account),
                ("mount", keys.mount, keys.mount, sizes.mount),
            )
            line = CallQueue(
                tuple(self._share(kind, key, most) for kind, owner, key, most in asked if owner is not None)
            )
            self._lines[keys] = line
        return line

    def share(self, kind: str, key: Hashable) -> Share | None:
        """Return the share of a key, or None if it is not in use."""
        return self._shares.get((kind, key))

    def _share(self, kind: str, key: Hashable, most: int) -> Share:
        share = self._shares.get((kind, key))
        if share is None:
            share = self._shares[(kind, key)] = Share(most)
        return share
