"""The delay of answers to failed logins.  Pure: `now` is an argument.

Each failure counts for the client's host and for the name that the client sent.  The first failure is answered after a
second, each further failure after twice that time, up to five seconds; the higher of the two counts decides.  So
guessing an account from many hosts is as slow as guessing many accounts from a single host.  A success clears only the
failures of the same name from the same host, so an attacker with an account cannot clear the record of the host.
Counts are also forgotten after a time without a failure.

``policy/guesses.py`` decides which password is checked when.
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
    """Return the seconds for which the answer to the failure with this number waits; 0 for no failure."""
    if failures < 1:
        return 0.0
    # After a few doublings the cap holds, so the power need not grow with the count.
    return min(FIRST_SECONDS * 2.0 ** min(failures - 1, 8), LONGEST_SECONDS)


@dataclass(frozen=True, slots=True)
class _Count:
    failures: int
    last: float


class _Counts(Generic[K]):
    """Bounded counts of failures by key; the key whose last failure is oldest is forgotten first."""

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

    def get(self, key: K, now: float) -> int:
        """Return the failures of a key that are not forgotten."""
        count = self._counts.get(key)
        return 0 if count is None or now - count.last >= self._quiet else count.failures

    def take_back(self, key: K, failures: int) -> None:
        """Forget so many failures of a key."""
        count = self._counts.get(key)
        if count is None:
            return
        if count.failures <= failures:
            del self._counts[key]
        else:
            self._counts[key] = _Count(count.failures - failures, count.last)

    def _forget_quiet(self, now: float) -> None:
        while self._counts and now - next(iter(self._counts.values())).last >= self._quiet:
            self._counts.popitem(last=False)


class FailedLogins:
    """The counts of failed logins by host, by name, and by both together, at most `most_keys` of each."""

    __slots__ = ("_by_host", "_by_name", "_by_pair")

    def __init__(self, *, quiet_seconds: float = QUIET_SECONDS, most_keys: int = MOST_KEYS) -> None:
        self._by_host: _Counts[IPAddress] = _Counts(most_keys, quiet_seconds)
        self._by_name: _Counts[bytes] = _Counts(most_keys, quiet_seconds)
        self._by_pair: _Counts[tuple[IPAddress, bytes]] = _Counts(most_keys, quiet_seconds)

    def __len__(self) -> int:
        return len(self._by_host) + len(self._by_name) + len(self._by_pair)

    def failed(self, host: IPAddress, name: bytes, now: float) -> float:
        """Count a failure, and return the seconds for which its answer waits.  `now` never goes back."""
        by_host = self._by_host.add(host, now)
        self._by_pair.add((host, name_key(name)), now)
        return delay(max(by_host, self._by_name.add(name_key(name), now)))

    def given_up(self, host: IPAddress, now: float) -> None:
        """Count a guess whose client left before the check; it counts only for the host."""
        self._by_host.add(host, now)

    def of_host(self, host: IPAddress, now: float) -> int:
        """Return the failures of a host."""
        return self._by_host.get(host, now)

    def of_pair(self, host: IPAddress, name: bytes, now: float) -> int:
        """Return the failures of a name from a host."""
        return self._by_pair.get((host, name_key(name)), now)

    def succeeded(self, host: IPAddress, name: bytes, now: float) -> None:
        """Clear the failures of a name from the host from which it has logged in."""
        key = name_key(name)
        failures = self._by_pair.get((host, key), now)
        if not failures:
            return
        self._by_pair.take_back((host, key), failures)
        self._by_host.take_back(host, failures)
        self._by_name.take_back(key, failures)


def name_key(name: bytes) -> bytes:
    """Return the key under which a name is counted.

    Long names share a count, so that many long lines cannot fill the memory.
    """
    return name[:_NAME_OCTETS]
