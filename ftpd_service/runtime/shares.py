"""How many threads of a lane an owner may hold: a share for each host, each mount, and each account on a mount.

An owner's calls wait in a line of its own.  All calls of a line take the same shares, so a line as a whole either has
its turn or has not.  Lanes take turns between lines, and pass over those whose shares are full.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from weakref import WeakValueDictionary

from ftpd_service.placed import Due


class Keys(NamedTuple):
    """On whose behalf a call is made, and where it works; None where that is not known, which takes no share."""

    host: Hashable = None
    account: str | None = None
    mount: int | None = None


NOBODY = Keys()
"""The service itself."""


class Work(Protocol):
    """A call as lanes see it; see `ftpd_service.runtime.calls.Call`."""

    due: Due

    def run(self) -> None: ...

    def refuse(self, problem: Exception, /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The most threads of a lane that one key may hold, those that stand in for others included.

    An account is counted on each mount anew, so that a disk that hangs does not stop its work on other disks.
    """

    host: int
    account: int
    mount: int


class Share:
    """The threads of a lane that are held on behalf of one key.

    :ivar running: so many now.
    :ivar moved: when one of its calls last began or ended (`time.monotonic`).
    """

    __slots__ = ("__weakref__", "most", "moved", "running")

    def __init__(self, most: int) -> None:
        self.most = most
        self.running = 0
        self.moved = 0.0

    def stuck(self, since: float) -> bool:
        """Whether it is full and none of its calls has moved since."""
        return self.running >= self.most and self.moved <= since


class CallQueue:
    """The calls of one owner that wait for a thread, and the shares that they take.

    :ivar queued: whether the lane has it in its turns.
    """

    # The calls are in a list, as an empty deque takes 700 bytes in every session.
    __slots__ = ("__weakref__", "calls", "queued", "shares")

    def __init__(self, shares: tuple[Share, ...]) -> None:
        self.shares = shares
        self.calls: list[Work] = []
        self.queued = False

    @property
    def full(self) -> bool:
        """Whether no other call of it may begin."""
        # A loop, as `any` with a generator takes three times as long on the way of every call.
        for share in self.shares:  # noqa: SIM110
            if share.running >= share.most:
                return True
        return False

    def stuck(self, since: float) -> bool:
        """Whether it is full, and all calls that fill it began before that time."""
        return any(share.stuck(since) for share in self.shares)

    def begun(self, now: float) -> None:
        """A call has been given a thread."""
        for share in self.shares:
            share.running += 1
            share.moved = now

    def ended(self, now: float) -> None:
        """The thread is free again."""
        for share in self.shares:
            share.running -= 1
            share.moved = now


class CallQueues:
    """The lines and shares of a lane, for as long as somebody uses them.

    A call that runs keeps its line, so the threads of clients that have gone count when they come again.
    """

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._shares: WeakValueDictionary[tuple[str, Hashable], Share] = WeakValueDictionary()
        self._lines: WeakValueDictionary[Keys, CallQueue] = WeakValueDictionary()

    def line(self, keys: Keys) -> CallQueue:
        """The line of an owner."""
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
        """The share of a key, or None where nobody uses it."""
        return self._shares.get((kind, key))

    def _share(self, kind: str, key: Hashable, most: int) -> Share:
        share = self._shares.get((kind, key))
        if share is None:
            share = self._shares[(kind, key)] = Share(most)
        return share
