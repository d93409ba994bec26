"""Divides the reactor's time between work that takes a while and everybody else, fairly by host.

Where a hundred transfers are ready at once, their slices together would take one turn of the reactor, tens of
milliseconds in which no command is answered; so would hundreds of TLS handshakes, each with its signature, after a
restart, and the commands of clients that send them as fast as they can.  So such work stops after a little, and goes on
in the turns that follow.  Smaller slices alone would do that too, at twice the CPU time.

Work that waits is kept by host.  The hosts take turns, and so do the connections of each host: twenty connections of
one client delay another client no more than one does.  The commands of a host go before its slices, or each of them
would wait for a hundred downloads.  Work that comes in many small steps asks `Turns.enough` behind each of them: after
a share of the turn where others wait, and at the end of the turn where nobody does.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

TURN_SECONDS = 0.002
"""What work may take until everybody else has had a turn."""

SHARE_SECONDS = 0.0003
"""What the work of one connection may take of a turn for which others wait."""

COMMANDS_FOR_A_SLICE = 16
"""So many commands of a host go before one of its slices; a flood of commands stops no transfer of its own host."""

Work = Callable[[], None]
"""What is carried out; whoever asked for it may be gone by then, and must know."""


class Clock(Protocol):
    """The part of IReactorTime that timers need."""

    def seconds(self) -> float:
        """A time that never goes back."""

    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> IDelayedCall:
        """Call a function after so many seconds."""


class Turns:
    """All such work.  One object for the whole service.

    Work that is asked for while other work runs is part of that: it runs within the same share, and its time is
    counted once.
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
        """Whether work that is asked for now has to wait, or to run elsewhere."""
        return self.enough() if self._running else self._due

    def enough(self) -> bool:
        """Whether the work that runs has had its share: it is to `wait` with the rest."""
        return self._clock.seconds() - self._began >= (SHARE_SECONDS if self._waiting else self._left)

    def run(self, host: Hashable, work: Work) -> bool:
        """Carry work of a host out now (True) or in a turn to come."""
        # As `over`; each packet of each client comes by here.
        if self._due or (self._running and self.enough()):
            self.wait(host, work)
            return False
        self.count(work)
        return True

    def wait(self, host: Hashable, work: Work) -> None:
        """Carry work of a host out behind its work that waits already, slices aside, and behind that of other hosts."""
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
        """Carry a slice of a host out, now or in a turn to come; not at all when cancelled before that."""
        if not self.over:
            self.count(work)
            return
        waiter: Deferred[None] = Deferred()

        def wake() -> None:
            # Gone where its transfer was stopped.
            if not waiter.called:
                waiter.callback(None)

        self._of(host).slices.append(wake)
        self._have_turn()
        await waiter
        work()

    def count(self, work: Work) -> None:
        """Carry out now what cannot wait, and count the time that it takes."""
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
        """Nothing more before the reactor has looked at everything else."""
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
    """The work of one host that waits.

    :ivar commands: the steps of its control connections.
    :ivar slices: those of its data connections.
    """

    __slots__ = ("_commands_before", "commands", "slices")

    def __init__(self) -> None:
        self._commands_before = 0
        self.commands: deque[Work] = deque()
        self.slices: deque[Work] = deque()

    def next(self) -> Work:
        """The work whose turn it is; there is some."""
        if not self.slices:
            return self.commands.popleft()
        if self.commands and self._commands_before < COMMANDS_FOR_A_SLICE:
            self._commands_before += 1
            return self.commands.popleft()
        self._commands_before = 0
        return self.slices.popleft()
