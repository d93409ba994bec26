"""The oldest rows of a rule, in memory, in the order in which they may be delivered."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from ftpd_service.hook_events import HookEvent
from ftpd_service.hook_interfaces import OutboxRow
from ftpd_service.policy.path_order import OrderedWork, PathOrder, PathPlace


class HeldRow:
    """A row of the window.

    :ivar row: the row as the last try has left it.
    """

    __slots__ = ("row", "work")

    def __init__(self, row: OutboxRow) -> None:
        self.row = row
        self.work: OrderedWork[HeldRow]


class DeliveryWindow:
    """Rows whose delivery has not ended.

    A row waits for older rows about its path, about a directory above it, or about anything below it.  Of the others,
    rows that are due wait for a turn, and rows that have failed wait for their time.
    """

    def __init__(self) -> None:
        self._held: dict[int, HeldRow] = {}
        self._order: PathOrder[HeldRow] = PathOrder()
        self._due: dict[int, list[int]] = {}
        self._later: list[tuple[float, int]] = []

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, sequence: int) -> bool:
        return sequence in self._held

    @property
    def due(self) -> int:
        """The number of rows that could be tried now."""
        return sum(map(len, self._due.values()))

    @property
    def next_due(self) -> float | None:
        """The time at which a row is due that waits for its time."""
        return self._later[0][0] if self._later else None

    def add(self, row: OutboxRow, now: float) -> None:
        """Hold a row behind all others that are held."""
        held = self._held[row.sequence] = HeldRow(row)
        held.work = self._order.add(held, _places(row.event))
        if not held.work.waits:
            self.put_back(held, now)

    def put_back(self, held: HeldRow, now: float) -> None:
        """Have a row tried when it is due."""
        row = held.row
        if row.due > now:
            heappush(self._later, (row.due, row.sequence))
        else:
            heappush(self._due.setdefault(row.step, []), row.sequence)

    def wake(self, now: float) -> None:
        """Have all rows tried whose time has come."""
        while self._later and self._later[0][0] <= now:
            row = self._held[heappop(self._later)[1]].row
            heappush(self._due.setdefault(row.step, []), row.sequence)

    def hurry(self, step: int | None) -> None:
        """Have all rows of a step, or all rows, tried at once that wait for their time."""
        later, self._later = self._later, []
        for due, sequence in later:
            own = self._held[sequence].row.step
            if step in (None, own):
                heappush(self._due.setdefault(own, []), sequence)
            else:
                heappush(self._later, (due, sequence))

    def steps(self) -> list[int]:
        """Return the steps at which rows could be tried now, that of the oldest row first."""
        return sorted(self._due, key=lambda step: self._due[step][0])

    def take(self, step: int) -> HeldRow:
        """Take the oldest of the rows that could be tried at a step."""
        due = self._due[step]
        sequence = heappop(due)
        return self._taken(step, sequence)

    def take_probe(self, step: int) -> HeldRow:
        """Take the row that was tried least at a step, as the row that was tried each time may itself be at fault."""
        due = self._due[step]
        sequence = min(due, key=lambda sequence: (self._held[sequence].row.tries, sequence))
        due.remove(sequence)
        heapify(due)
        return self._taken(step, sequence)

    def _taken(self, step: int, sequence: int) -> HeldRow:
        if not self._due[step]:
            del self._due[step]
        return self._held[sequence]

    def end(self, held: HeldRow, now: float) -> None:
        """Forget a row that was taken, and let the rows come that waited for it."""
        del self._held[held.row.sequence]
        for work in self._order.end(held.work):
            self.put_back(work.what, now)


def _places(event: HookEvent) -> list[PathPlace]:
    """Return the places of an event in the order: its paths in the tree of its account, and its path on the host.

    Accounts may share files on the host; without that, equal paths of different accounts are different files.
    """
    space = f"account {event.origin.account}"
    places = [PathPlace(space, path) for path in (event.path, event.from_path) if path is not None]
    if event.host_path is not None:
        places.append(PathPlace("host", event.host_path))
    return places
