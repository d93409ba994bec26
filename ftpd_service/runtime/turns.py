"""The division of the reactor's time between long work and all other work, fairly by host.

The slices of a hundred transfers that are ready at once would take tens of milliseconds in a single turn of the
reactor, in which no command is answered.  So would the signatures of hundreds of TLS handshakes after a restart, and
the commands of clients that send as fast as they can.  Such work therefore pauses after a short time and continues in
later turns.  Smaller slices alone would achieve that too, at twice the CPU time.

Waiting work is kept by host.  The hosts take turns, and so do the connections of a host: twenty connections of a client
delay another client no more than a single connection does.  The commands of a host precede its slices, because each
command would otherwise wait for a hundred downloads.  Work of many small steps asks `Turns.enough` after each step: it
pauses after its share of the turn if others wait, and at the end of the turn otherwise.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

TURN_SECONDS = 0.002
"""The time of a turn; after it all other work of the reactor gets a turn."""

SHARE_SECONDS = 0.0003
"""The share of a turn that a connection's work may take while others wait."""

COMMANDS_FOR_A_SLICE = 16
"""The most commands of a host before its next slice, so that a flood of commands does not stop the host's transfers."""

Work = Callable[[], None]
"""A function that does the work; it must check that its connection still exists."""


class Clock(Protocol):
    """The part of IReactorTime that timers need."""

    def seconds(self) -> float:
        """Return a time that never goes back."""

    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> IDelayedCall:
        """Call a function after some seconds."""


class Turns:
    """The turns of all long work; the service has a single object.

    Work that is requested while other work runs belongs to it: both run in the same share, and their time is counted
    once.
    """

    __slots__ = ("_began", "_clock", "_due", "_left", "_running", "_serving", "_waiting")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left = TURN_SECONDS
        self._began = 0.0
        self._running = False
        self._serving = False
        self._due = False
        self._waiting: OrderedDict[Hashable, _Host] = OrderedDict()

    @property
    def over(self) -> bool:
        """Return whether work that is requested now must wait, or run elsewhere."""
        return self.enough() if self._running else self._due

    def enough(self) -> bool:
        """Return whether the running work has used its share and should `wait`."""
        return self._clock.seconds() - self._began >= (SHARE_SECONDS if self._waiting else self._left)

    def run(self, host: Hashable, work: Work) -> bool:
        """Do a host's work now and return True, or do it in a later turn and return False."""
        # The condition repeats `over`, because every packet of every client passes here.
        if self._due or (self._running and self.enough()):
            self.wait(host, work)
            return False
        self.count(work)
        return True

    def wait(self, host: Hashable, work: Work) -> None:
        """Do a host's work after its waiting commands, but before its slices, and after the work of other hosts."""
        self._of(host).commands.append(work)
        self._have_turn()

    def _of(self, host: Hashable) -> _Host:
        here = self._waiting.get(host)
        if here is None:
            here = self._waiting[host] = _Host()
        return here

    def _have_turn(self) -> None:
        if not self._running and not self._serving:
            self._end_turn()

    async def take(self, host: Hashable, work: Work) -> None:
        """Move a slice of a host, now or in a later turn; a cancelled slice is not moved."""
        if not self.over:
            self.count(work)
            return
        waiter: Deferred[None] = Deferred()

        def wake() -> None:
            # The transfer may have been stopped meanwhile.
            if not waiter.called:
                waiter.callback(None)

        self._of(host).slices.append(wake)
        self._have_turn()
        await waiter
        work()

    def count(self, work: Work) -> None:
        """Do work that cannot wait, and count its time."""
        if self._running:
            work()
            return
        self._running = True
        self._began = self._clock.seconds()
        try:
            work()
        finally:
            self._running = False
            self._left -= self._clock.seconds() - self._began
            if not self._serving and (self._left <= 0 or self._waiting):
                self._end_turn()

    def _end_turn(self) -> None:
        """Let the reactor do everything else before any further work."""
        if not self._due:
            self._due = True
            self._clock.callLater(0, self._go_on)

    def _go_on(self) -> None:
        self._left = TURN_SECONDS
        self._due = False
        self._serving = True
        try:
            while self._waiting and self._left > 0:
                self.count(self._next())
        finally:
            self._serving = False
            if self._left <= 0 or self._waiting:
                self._end_turn()

    def _next(self) -> Work:
        host, here = self._waiting.popitem(last=False)
        work = here.next()
        if here.commands or here.slices:
            self._waiting[host] = here
        return work


class _Host:
    """The waiting work of a host.

    :ivar commands: the steps of its control connections.
    :ivar slices: the steps of its data connections.
    """

    __slots__ = ("_commands_before", "commands", "slices")

    def __init__(self) -> None:
        self._commands_before = 0
        self.commands: deque[Work] = deque()
        self.slices: deque[Work] = deque()

    def next(self) -> Work:
        """Return the work whose turn it is; there must be some."""
        if not self.slices:
            return self.commands.popleft()
        if self.commands and self._commands_before < COMMANDS_FOR_A_SLICE:
            self._commands_before += 1
            return self.commands.popleft()
        self._commands_before = 0
        return self.slices.popleft()
