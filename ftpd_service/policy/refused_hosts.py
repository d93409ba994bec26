"""Which refused connections the log tells: enough that an operator understands, and no flood that fills the disk."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from ftpd_service.policy.per_second import used, wait_seconds
from ftpd_service.values import IPAddress

TOLD_AGAIN_SECONDS = 60.0
"""The log tells a refusal of a host for the same reason again after this time."""

LINES_PER_SECOND = 20
"""The most refused connections of all hosts that the log tells in a second."""

MOST_REFUSED = 10_000
"""The most hosts whose refusals are counted; the oldest are forgotten."""


@dataclass(slots=True)
class _Refused:
    told: float | None = None
    """When the log told the last refusal; None: not yet."""
    untold: int = 0


class RefusedHosts:
    """Counts refused connections by host and by limit."""

    __slots__ = ("_hosts", "_most", "_unused_at")

    def __init__(self, *, most: int = MOST_REFUSED) -> None:
        self._most = most
        self._hosts: OrderedDict[tuple[IPAddress, str], _Refused] = OrderedDict()
        self._unused_at = 0.0

    def __len__(self) -> int:
        return len(self._hosts)

    def told(self, host: IPAddress, limit: str, now: float) -> int | None:
        """Count a refusal: how many like it were left out before it, or None where it is left out too."""
        key = (host, limit)
        here = self._hosts.get(key)
        if here is None:
            here = self._hosts[key] = _Refused()
            if len(self._hosts) > self._most:
                self._hosts.popitem(last=False)
        recently = here.told is not None and now - here.told < TOLD_AGAIN_SECONDS
        if recently or wait_seconds(self._unused_at, now, LINES_PER_SECOND):
            here.untold += 1
            return None
        self._unused_at = used(self._unused_at, now, LINES_PER_SECOND)
        before, here.untold, here.told = here.untold, 0, now
        self._hosts.move_to_end(key)
        return before
