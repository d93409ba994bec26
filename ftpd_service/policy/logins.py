"""Failed logins: how long the answer to one is held back.  Pure, `now` is an argument.

Each failure counts for the host and for the name that was typed.  The first is answered after one second, each
further one after twice the time, up to five seconds; the longer of the two counts decides.  So guessing one account
from many hosts is as slow as guessing many accounts from one.  A right password is never held back, so nobody can lock
another out.  Counts are forgotten by a success, and after a quiet time without a failure.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ftpd_service.values import IPAddress

K = TypeVar("K", bound=Hashable)

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 5.0
QUIET_SECONDS = 600.0
MOST_KEYS = 10_000
_NAME_OCTETS = 128


def delay(failures: int) -> float:
    """Seconds that the answer to the failure with this number waits; 0 for none."""
    if failures < 1:
        return 0.0
    # Beyond a few doublings the cap holds, so the power need not grow with the count.
    return min(FIRST_SECONDS * 2.0 ** min(failures - 1, 8), LONGEST_SECONDS)


@dataclass(frozen=True, slots=True)
class _Count:
    failures: int
    last: float


class _Counts(Generic[K]):
    """Failures by key, the one that failed longest ago first; forgets that one when there are too many."""

    __slots__ = ("_counts", "_most", "_quiet")

    def __init__(self, most: int, quiet: float) -> None:
        self._most = most
        self._quiet = quiet
        self._counts: OrderedDict[K, _Count] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, key: K, now: float) -> int:
        self._forget_quiet(now)
        former = self._counts.pop(key, None)
        failures = 1 if former is None else former.failures + 1
        self._counts[key] = _Count(failures, now)
        if len(self._counts) > self._most:
            self._counts.popitem(last=False)
        return failures

    def forget(self, key: K) -> None:
        self._counts.pop(key, None)

    def _forget_quiet(self, now: float) -> None:
        while self._counts and now - next(iter(self._counts.values())).last >= self._quiet:
            self._counts.popitem(last=False)


class FailedLogins:
    """Counts failed logins by host and by name, at most `most_keys` of each."""

    __slots__ = ("_by_host", "_by_name")

    def __init__(self, *, quiet_seconds: float = QUIET_SECONDS, most_keys: int = MOST_KEYS) -> None:
        self._by_host: _Counts[IPAddress] = _Counts(most_keys, quiet_seconds)
        self._by_name: _Counts[bytes] = _Counts(most_keys, quiet_seconds)

    def __len__(self) -> int:
        return len(self._by_host) + len(self._by_name)

    def failed(self, host: IPAddress, name: bytes, now: float) -> float:
        """Count a failure; the seconds that its answer waits.  `now` never goes back."""
        by_host = self._by_host.add(host, now)
        return delay(max(by_host, self._by_name.add(_key(name), now)))

    def succeeded(self, host: IPAddress, name: bytes) -> None:
        """Forget the failures of a host and of a name that has logged in from it."""
        self._by_host.forget(host)
        self._by_name.forget(_key(name))


def _key(name: bytes) -> bytes:
    # A line may be long and there may be many: names share a count rather than fill the memory.
    return name[:_NAME_OCTETS]
