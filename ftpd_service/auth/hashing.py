"""The queue of password checks against hashes: concurrency, waiting, and turns.

The cost of a hash follows from its parameters: processor time, and with argon2 and scrypt much memory.  Hashes run on
their own threads, at most as many as there are processors, and begin only when their memory fits into a common budget;
a single hash may always run.  Hosts take turns.  The queue is bounded for each host, for each name of a host, and in
all; passwords beyond these bounds are not checked.

A password that is already being checked against the same hash is not hashed again, so a client that opens many
connections at once causes a single hash.

Everything except the hash itself runs on the reactor's thread.
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
"""The most unanswered passwords for a name from a host."""
WAITING_OF_HOST = 32
"""The most unanswered passwords of a host; a whole office may log in from a single address in the morning."""
WAITING = 256
"""The most unanswered passwords of all hosts."""

LARGE_BYTES = 1024 * 1024
"""The memory of a hash from which a return of free memory pays."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A password to be checked against a stored password, and the client that sent it."""

    stored: str = field(repr=False)
    password: bytes = field(repr=False)
    host: Hashable
    name: bytes


class _Check:
    """A check in progress and its waiting callers; the password is dropped at its end."""

    __slots__ = ("cost", "digest", "guess", "waiting")

    def __init__(self, guess: Candidate, digest: bytes) -> None:
        self.guess = guess
        self.digest = digest
        self.cost = cost(guess.stored)
        self.waiting: list[Deferred[bool]] = []

    @property
    def slots(self) -> tuple[Hashable, Hashable]:
        """Return the key of its bounds: the host, and the name on this host."""
        return (self.guess.host,), (self.guess.host, self.guess.name)


class Hashing:
    """The checks of passwords for all logins.

    :param blocking: the lane for hashes.
    :param interpreted: the lane for hashes that Python itself computes, one at a time.  Its threads have the reactor's
        priority, because they hold the interpreter's lock: while they cannot run, the reactor waits.
    :param processors: the number of threads that compute at once.
    :param budget_bytes: the memory that concurrent hashes may use together.
    :param rested: is called when the last hash of a run that took much memory has ended, and no check waits.
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
        """Return the number of checks that have not begun."""
        return len(self._known) - len(self._running)

    async def fits(self, guess: Candidate) -> bool:
        """Return whether the password fits.  Cancelling drops a check without waiting callers, unless it runs.

        :raises LoginsSaturated: the queue is full, and the password was not checked.
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
        # The length stands between the two parts, so that different pairs never have the same bytes.
        digest.update(len(stored).to_bytes(8, "big") + stored + guess.password)
        return digest.digest()

    def _taken(self, guess: Candidate, digest: bytes) -> _Check:
        check = _Check(guess, digest)
        host, name = check.slots
        if self._held[name] >= WAITING_OF_NAME or self._held[host] >= WAITING_OF_HOST or self.waiting >= WAITING:
            raise LoginsSaturated("queue of password checks is full: this password was not checked")
        self._known[digest] = check
        self._held.update(check.slots)
        queue = self._hosts.setdefault(guess.host, deque())
        if not queue:
            self._turns.append(guess.host)
        queue.append(check)
        return check

    def _drop(self, check: _Check) -> None:
        """Drop a check without waiting callers, unless it runs: a running check keeps its place to the end."""
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
        """Return whether a hash may begin: the next hash waits for its memory, so that no small hash overtakes it."""
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
        except Exception as problem:  # the hash's library may raise any exception; all waiting callers get it
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
