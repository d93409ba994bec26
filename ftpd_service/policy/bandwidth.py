"""Token buckets, and the order in which flows draw on them.  Pure: `now` is in seconds of a monotonic clock.

A `Bucket` holds the bytes that may be moved at once and fills at its rate.  A `Flow` stands for a session's transfers
in one direction.  It draws on several buckets at the same time: those of its session, account, listener and server.
`FairQueue` decides how much a flow may move now, or lets the flow wait.

A waiting flow stands at a single bucket, the first bucket without enough bytes for it.  The order is that of start-time
fair queueing (Goyal, Vin and Cheng 1996): each bucket has a virtual time, counted in bytes, and each flow has a mark at
the bucket that grows with the bytes that the flow gets.  The flow with the lowest mark goes first.  When a flow begins
to wait, its mark is raised to the virtual time.  So waiting flows get equal shares in bytes however much each asks for
at once, no flow collects a claim while it does not wait, and a flow that is held up at a different bucket leaves its
share to the others.  Only a flow that has waited for a very long time goes before all others.  Otherwise a flow that
took a burst while alone would wait until hundreds of later flows had had as much.
"""

from __future__ import annotations

import math
from heapq import heappop, heappush
from itertools import count

BURST_SECONDS = 0.2
"""The seconds of its rate that a bucket holds at most; over five seconds a rate is exceeded by 4 % at most."""

ROUND_SECONDS = 0.1
"""The share of a turn for all waiting flows together; it is half a burst, so that a late timer costs nothing."""

LEAST_TURN_OCTETS = 16 * 1024
"""The least bytes of a turn, so that a thousand waiting flows do not wake up for some bytes each."""

LONG_SECONDS = 2.0
"""The wait after which a flow goes first; if all flows have waited that long, they take turns."""

# Seconds do not divide into bytes exactly.  Without this tolerance a wait could end slightly too early, repeatedly.
_TOLERANCE = 1e-6


class Bucket:
    """The bytes that may be moved now under a rate, and the flows that wait for them.

    :ivar rate: bytes a second, or None for no limit; `change` sets it.
    :ivar virtual: the virtual time, in bytes.
    :ivar waiting: the number of flows that stand here.
    :ivar due: the time at which its first flow can go on, as `FairQueue` has planned it.
    """

    __slots__ = ("__weakref__", "_arrived", "_at", "_queue", "_tokens", "due", "rate", "virtual", "waiting")

    def __init__(self, rate: int | None, now: float) -> None:
        """Make a full bucket.

        :param rate: bytes a second, or None for no limit.
        """
        self.rate = rate
        self._tokens = self._most()
        self._at = now
        # Both hold the same flows, by their marks and by their arrival.
        self._queue: list[tuple[float, int, Flow]] = []
        self._arrived: list[tuple[float, int, Flow]] = []
        self.virtual = 0.0
        self.waiting = 0
        self.due: float | None = None

    def change(self, rate: int | None, now: float) -> None:
        """Change the rate; call `FairQueue.changed` afterwards.  A bucket that had no limit starts empty."""
        if rate == self.rate:
            return
        held = self.available(now) if self.rate is not None else 0.0
        self.rate = rate
        most = self._most()
        # A debt from a high rate would take forever at a low rate.
        self._tokens = max(min(held, most), -most) if rate is not None else 0.0
        self._at = now

    def available(self, now: float) -> float:
        """Return the bytes that may be moved now, below zero after more was moved than allowed."""
        if self.rate is None:
            return math.inf
        if now > self._at:
            self._tokens = min(self._tokens + (now - self._at) * self.rate, self._most())
            self._at = now
        return self._tokens

    def has(self, octets: int, now: float) -> bool:
        """Return whether so many bytes may be moved now."""
        return self.rate is None or octets <= self.available(now) + _TOLERANCE * (self.rate + 1)

    def take(self, octets: int) -> None:
        """Count bytes as moved; a negative number puts them back."""
        if self.rate is not None:
            self._tokens = min(self._tokens - octets, self._most())

    def turn(self, flows: int) -> int | None:
        """Return the bytes of a turn for each of so many flows, or None for no limit."""
        if self.rate is None:
            return None
        all_together = self.rate * ROUND_SECONDS
        return max(int(max(all_together / flows, min(LEAST_TURN_OCTETS, all_together))), 1)

    def count(self, flow: Flow, octets: int, *, lag_seconds: float) -> None:
        """Take bytes for a flow.

        :param lag_seconds: how far the virtual time may lag, for other flows that are about to ask.
        """
        if self.rate is None:
            return
        position = flow.buckets.index(self)
        start = max(self.virtual, flow.marks[position])
        flow.marks[position] = start + octets
        self.virtual = max(self.virtual, start - lag_seconds * self.rate)
        self.take(octets)

    def ready_at(self, octets: int, now: float) -> float:
        """Return the time at which so many bytes may be moved."""
        if self.rate is None or self.has(octets, now):
            return now
        return now + (octets - self.available(now)) / self.rate

    def push(self, flow: Flow, mark: float, now: float) -> None:
        """Add a flow with a ticket to the queue of this bucket."""
        heappush(self._queue, (mark, flow.ticket or 0, flow))
        heappush(self._arrived, (now, flow.ticket or 0, flow))
        self.waiting += 1

    def first(self, now: float) -> Flow | None:
        """Return the flow whose turn is next."""
        # Flows that left are removed when they reach the front.
        while self._queue and self._queue[0][2].ticket != self._queue[0][1]:
            heappop(self._queue)
        while self._arrived and self._arrived[0][2].ticket != self._arrived[0][1]:
            heappop(self._arrived)
        if not self._queue:
            return None
        return self._arrived[0][2] if now - self._arrived[0][0] > LONG_SECONDS else self._queue[0][2]

    def _most(self) -> float:
        return 0.0 if self.rate is None else max(self.rate * BURST_SECONDS, 1.0)


class Flow:
    """A session's bytes in one direction.

    A session makes a flow only once, because each new flow would begin before all others.

    :ivar buckets: all buckets that it draws on, in the order in which it asks them.
    :ivar marks: its mark in the virtual time of each bucket.
    :ivar allowance: bytes that it may move and has not reported.
    :ivar wanted: bytes that it asked for.
    :ivar turn: bytes that it waits for.
    :ivar place: the bucket at which it waits, or None.
    :ivar ticket: its place in the queue; None while it does not wait.
    """

    __slots__ = ("allowance", "buckets", "marks", "place", "ticket", "turn", "wanted")

    def __init__(self, buckets: tuple[Bucket, ...]) -> None:
        self.buckets = buckets
        self.marks = [0.0] * len(buckets)
        self.allowance = self.wanted = self.turn = 0
        self.place: Bucket | None = None
        self.ticket: int | None = None

    @property
    def limited(self) -> bool:
        """Return whether any of its buckets has a rate."""
        # This is a loop, because `any` with a generator takes three times as long and every slice comes here.
        for bucket in self.buckets:  # noqa: SIM110
            if bucket.rate is not None:
                return True
        return False


class FairQueue:
    """The queue of all flows that share a bucket, which decides how many bytes a flow may move, and when."""

    __slots__ = ("_flows", "_planned", "_tickets")

    def __init__(self) -> None:
        # The flows are in the order of their arrival.
        self._flows: dict[Flow, None] = {}
        self._planned: list[tuple[float, int, Bucket]] = []
        self._tickets = count()

    def ask(self, flow: Flow, wanted: int, now: float) -> int:
        """Return the bytes, 1 to `wanted`, that a flow may move now, or 0 if it waits until `serve` or `changed` names
        it.

        Bytes that it was allowed before and has not moved are given back.
        """
        if flow.allowance:
            self.moved(flow, 0, now)
        flow.wanted = wanted
        # Waiting flows go first, also a flow that could go on already when the timer is a little late.
        for bucket in flow.buckets:
            if bucket.waiting:
                flow.turn = min(_turn_of(flow), wanted)
                self._stand(flow, bucket, now)
                return 0
        # Flows that `serve` has just let on may come back for the bytes that are due to them.
        return self._pass(flow, now, most=wanted, lag_seconds=ROUND_SECONDS)

    def moved(self, flow: Flow, octets: int, now: float) -> None:
        """Settle an allowance: bytes that were not moved are given back, and bytes beyond the allowance are owed."""
        left, flow.allowance = flow.allowance - octets, 0
        if not left:
            return
        for position, bucket in enumerate(flow.buckets):
            if bucket.rate is not None:
                bucket.available(now)
                bucket.take(-left)
                flow.marks[position] -= left
                self._plan(bucket, now)

    def leave(self, flow: Flow, now: float) -> None:
        """End a flow or its wait, and give its allowance back."""
        place = flow.place
        if place is not None:
            self._unstand(flow)
            self._plan(place, now)
        if flow.allowance:
            self.moved(flow, 0, now)

    def serve(self, now: float) -> list[tuple[Flow, int]]:
        """Return the flows that may go on, and how many bytes each may move."""
        served: list[tuple[Flow, int]] = []
        while (due := self.next()) is not None and due <= now:
            _, _, bucket = heappop(self._planned)
            bucket.due = None
            flow = bucket.first(now)
            if flow is not None and bucket.has(flow.turn, now):
                self._unstand(flow)
                if octets := self._pass(flow, now, most=flow.turn, lag_seconds=0.0):
                    served.append((flow, octets))
            self._plan(bucket, now)
        return served

    def changed(self, now: float) -> list[tuple[Flow, int]]:
        """Return the flows that may go on after rates have changed, and how many bytes each may move."""
        waiting = list(self._flows)
        places = {flow.place: None for flow in waiting if flow.place is not None}
        for flow in waiting:
            self._unstand(flow)
        asked = [(flow, self.ask(flow, flow.wanted, now)) for flow in waiting]
        for place in places:
            self._plan(place, now)
        return [(flow, octets) for flow, octets in asked if octets]

    def next(self) -> float | None:
        """Return the time at which `serve` has work, or None while no flow waits."""
        while self._planned and self._planned[0][2].due != self._planned[0][0]:
            heappop(self._planned)
        return self._planned[0][0] if self._planned else None

    def _pass(self, flow: Flow, now: float, *, most: int, lag_seconds: float) -> int:
        """Take bytes from all buckets, or wait at the first bucket without enough bytes for a turn."""
        if not flow.limited:
            flow.allowance = most
            return most
        limited = [bucket for bucket in flow.buckets if bucket.rate is not None]
        flow.turn = min(_turn_of(flow), most)
        for bucket in limited:
            if not bucket.has(flow.turn, now):
                self._stand(flow, bucket, now)
                return 0
        octets = min(most, *(max(int(bucket.available(now)), flow.turn) for bucket in limited))
        for bucket in limited:
            bucket.count(flow, octets, lag_seconds=lag_seconds)
        flow.allowance = octets
        return octets

    def _stand(self, flow: Flow, bucket: Bucket, now: float) -> None:
        position = flow.buckets.index(bucket)
        flow.marks[position] = max(flow.marks[position], bucket.virtual)
        flow.place, flow.ticket = bucket, next(self._tickets)
        self._flows[flow] = None
        bucket.push(flow, flow.marks[position], now)
        self._plan(bucket, now)

    def _unstand(self, flow: Flow) -> None:
        if flow.place is not None:
            flow.place.waiting -= 1
        flow.place = flow.ticket = None
        del self._flows[flow]

    def _plan(self, bucket: Bucket, now: float) -> None:
        """Record the time at which the first flow of a bucket can go on."""
        first = bucket.first(now) if bucket.waiting else None
        due = None
        if first is not None:
            # The flow gets less than it asked for if other flows have arrived since.
            first.turn = min(first.turn, bucket.turn(bucket.waiting) or first.turn)
            due = bucket.ready_at(first.turn, now)
        if due != bucket.due:
            bucket.due = due
            if due is not None:
                heappush(self._planned, (due, next(self._tickets), bucket))


def _turn_of(flow: Flow) -> int:
    turns = (bucket.turn(bucket.waiting + 1) for bucket in flow.buckets)
    return min((turn for turn in turns if turn is not None), default=flow.wanted)
