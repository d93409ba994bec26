"""Checks of passwords against hashes: how many run at once, how many wait, and whose turn it is.

Hashes cost what their parameters say: processors, and with argon2 and scrypt much memory.  They run on threads of their
own, no more than there are processors, and begin only when their memory fits into a budget which all share; a single
hash may always run.  Hosts have their turns one after the other.  What waits is bounded, for each host, for each
name of a host, and in all: beyond that a password is not looked at.

A password that is being checked already against the same hash is not hashed again: a client that opens many
connections at once pays once.

All of this is on the reactor's thread, but for the hash itself.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from hashlib import blake2b
from secrets import token_bytes

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.auth.passwords import Cost, cost, verify
from ftpd_service.errors import LoginsSaturated
from ftpd_service.interfaces import Blocking

WAITING_OF_NAME = 4
"""Passwords for the same name from the same host that are unanswered at once."""
WAITING_OF_HOST = 32
"""Of a host: an office behind one address begins its day."""
WAITING = 256
"""Of all hosts."""

LARGE_BYTES = 1024 * 1024
"""Hashes that take less leave nothing behind that is worth giving back."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A password to be checked against a stored one, and who asks."""

    stored: str = field(repr=False)
    password: bytes = field(repr=False)
    host: Hashable
    name: bytes


class _Check:
    """A guess on its way, for all who wait for it; the password is dropped with its end."""

    __slots__ = ("cost", "digest", "guess", "waiting")

    def __init__(self, guess: Candidate, digest: bytes) -> None:
        self.guess = guess
        self.digest = digest
        self.cost = cost(guess.stored)
        self.waiting: list[Deferred[bool]] = []

    @property
    def slots(self) -> tuple[Hashable, Hashable]:
        """What it counts for: the host, and the name of this host."""
        return (self.guess.host,), (self.guess.host, self.guess.name)


class Hashing:
    """Checks passwords for all logins.

    :param blocking: the lane for hashes.
    :param interpreted: for those that Python itself computes, one at a time; on threads that hold the interpreter's
        lock with the reactor's priority, as whatever keeps them from running keeps the reactor waiting.
    :param processors: so many threads compute at once.
    :param budget_bytes: so much memory the hashes that run together may take.
    :param rested: is called when the last of some hashes that took much memory has ended, and none waits.
    """

    def __init__(
        self,
        blocking: Blocking,
        *,
        interpreted: Blocking,
        processors: int,
        budget_bytes: int,
        rested: Callable[[], object] = bool,
    ) -> None:
        self._blocking = blocking
        self._interpreted = interpreted
        self._processors = processors
        self._budget_bytes = budget_bytes
        self._rested = rested
        self._key = token_bytes(32)
        self._known: dict[bytes, _Check] = {}
        self._hosts: dict[Hashable, deque[_Check]] = {}
        self._turns: deque[Hashable] = deque()
        self._held: Counter[Hashable] = Counter()
        self._running: set[_Check] = set()
        self._large = False

    @property
    def waiting(self) -> int:
        """How many checks have not begun."""
        return len(self._known) - len(self._running)

    async def fits(self, guess: Candidate) -> bool:
        """Whether the password fits.  Cancelling drops a check for which nobody waits any more, unless it runs.

        :raises LoginsSaturated: too many wait; the password was not looked at.
        """
        digest = self._digest(guess)
        check = self._known.get(digest)
        if check is None:
            check = self._taken(guess, digest)
        waiter: Deferred[bool] = Deferred()
        check.waiting.append(waiter)
        self._begin_due()
        try:
            return await waiter
        except CancelledError:
            if waiter in check.waiting:
                check.waiting.remove(waiter)
                self._drop(check)
            raise

    def _digest(self, guess: Candidate) -> bytes:
        digest = blake2b(key=self._key, digest_size=32)
        stored = guess.stored.encode("utf-8", "surrogateescape")
        # The length between the two, so that no two pairs are the same bytes.
        digest.update(len(stored).to_bytes(8, "big") + stored + guess.password)
        return digest.digest()

    def _taken(self, guess: Candidate, digest: bytes) -> _Check:
        check = _Check(guess, digest)
        host, name = check.slots
        if self._held[name] >= WAITING_OF_NAME or self._held[host] >= WAITING_OF_HOST or self.waiting >= WAITING:
            raise LoginsSaturated("too many passwords wait to be checked: this one was not looked at")
        self._known[digest] = check
        self._held.update(check.slots)
        queue = self._hosts.setdefault(guess.host, deque())
        if not queue:
            self._turns.append(guess.host)
        queue.append(check)
        return check

    def _drop(self, check: _Check) -> None:
        """Forget a check for which nobody waits, unless it runs: a guess that runs holds its place to the end."""
        if check.waiting or check in self._running:
            return
        queue = self._hosts[check.guess.host]
        queue.remove(check)
        if not queue:
            self._turns.remove(check.guess.host)
            del self._hosts[check.guess.host]
        self._forget(check)

    def _forget(self, check: _Check) -> None:
        del self._known[check.digest]
        self._held.subtract(check.slots)
        for slot in check.slots:
            if not self._held[slot]:
                del self._held[slot]

    def _begin_due(self) -> None:
        while self._turns and self._has_room(self._hosts[self._turns[0]][0].cost):
            host = self._turns.popleft()
            queue = self._hosts[host]
            check = queue.popleft()
            if queue:
                self._turns.append(host)
            else:
                del self._hosts[host]
            self._running.add(check)
            self._large |= check.cost.memory_bytes >= LARGE_BYTES
            Deferred.fromCoroutine(self._carry_out(check))

    def _has_room(self, due: Cost) -> bool:
        """Whether a hash may begin: the next one in turn waits for its room, so that no small one overtakes it."""
        running = [check.cost for check in self._running]
        if not running:
            return True
        threads = sum(self._threads(one) for one in running) + self._threads(due)
        memory = sum(one.memory_bytes for one in running) + due.memory_bytes
        alone = due.exclusive and any(one.exclusive for one in running)
        return threads <= self._processors and memory <= self._budget_bytes and not alone

    def _threads(self, one: Cost) -> int:
        return min(one.threads, self._processors)

    async def _carry_out(self, check: _Check) -> None:
        guess = check.guess
        outcome: bool | Exception
        try:
            blocking = self._interpreted if check.cost.exclusive else self._blocking
            outcome = await blocking(lambda: verify(guess.stored, guess.password))
        except Exception as problem:  # of whatever library hashes; all who wait get it
            outcome = problem
        self._running.discard(check)
        self._forget(check)
        waiting, check.waiting = check.waiting, []
        for waiter in waiting:
            if isinstance(outcome, Exception):
                waiter.errback(outcome)
            else:
                waiter.callback(outcome)
        self._begin_due()
        if not self._known and self._large:
            self._large = False
            self._rested()
