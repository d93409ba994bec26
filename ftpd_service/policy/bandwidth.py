"""Token buckets, and whose turn it is at them.  Pure: `now` is seconds of any clock that does not go back.

A `Bucket` holds the octets that may be moved at once and fills at its rate.  A `Flow`, a session's transfers in one
direction, draws on several at the same time: those of its session, account, listener and server.  `FairQueue` says how
much a flow may move now, or lets it wait.

Whoever waits stands at one bucket, the first that has not enough for it, in the order of fair queueing (start-time fair
queueing, Goyal, Vin and Cheng 1996): each bucket has a virtual time, counted in octets, and each flow a mark at it that
grows with what it gets.  The lowest mark goes first.  Whoever comes to wait has its mark set no lower than the virtual
time.  So those who wait get equal shares in octets however much they ask for at once, nobody collects a claim while not
waiting, and one who is held up elsewhere leaves its share to the others.  Only who has waited for very long goes before
all: one who took a burst while alone is not left out until hundreds who came later have had as much.
"""

from __future__ import annotations

import math
from heapq import heappop, heappush
from itertools import count

BURST_SECONDS = 0.2
"""What a bucket holds at most; over five seconds a rate is exceeded by 4 % at most."""

ROUND_SECONDS = 0.1
"""What those who wait get in one turn, all together; half a burst, so that a late timer costs nothing."""

LEAST_TURN_OCTETS = 16 * 1024
"""A turn is not cut further than that, however many wait: a thousand shall not wake for some octets each."""

LONG_SECONDS = 2.0
"""Who has waited for so long goes first; where all have, everybody in turn."""

# Seconds do not divide into octets exactly: without it a wait could end a hair too early, again and again.
_TOLERANCE = 1e-6


class Bucket:
    """What may be moved now under one rate, and who waits for it.

    :ivar rate: bytes a second, or None for no limit; `change` sets it.
    :ivar virtual: the virtual time, in octets.
    :ivar waiting: how many flows stand here.
    :ivar due: when its first flow can go on, as `FairQueue` has planned it.
    """

    __slots__ = ("__weakref__", "_arrived", "_at", "_queue", "_tokens", "due", "rate", "virtual", "waiting")

    def __init__(self, rate: int | None, now: float) -> None:
        """A full bucket.

        :param rate: octets a second, or None for no limit.
        """
        self.rate = rate
        self._tokens = self._most()
        self._at = now
        # The same flows by their marks and by their coming.
        self._queue: list[tuple[float, int, Flow]] = []
        self._arrived: list[tuple[float, int, Flow]] = []
        self.virtual = 0.0
        self.waiting = 0
        self.due: float | None = None

    def change(self, rate: int | None, now: float) -> None:
        """Set another rate; tell `FairQueue.changed`.  A bucket that had no limit starts empty."""
        if rate == self.rate:
            return
        held = self.available(now) if self.rate is not None else 0.0
        self.rate = rate
        most = self._most()
        # A debt made at a high rate would take forever at a low one.
        self._tokens = max(min(held, most), -most) if rate is not None else 0.0
        self._at = now

    def available(self, now: float) -> float:
        """Octets that may be moved now; below zero after more was moved than allowed."""
        if self.rate is None:
            return math.inf
        if now > self._at:
            self._tokens = min(self._tokens + (now - self._at) * self.rate, self._most())
            self._at = now
        return self._tokens

    def has(self, octets: int, now: float) -> bool:
        """Whether so much may be moved now."""
        return self.rate is None or octets <= self.available(now) + _TOLERANCE * (self.rate + 1)

    def take(self, octets: int) -> None:
        """Count octets as moved; a negative number puts them back."""
        if self.rate is not None:
            self._tokens = min(self._tokens - octets, self._most())

    def turn(self, flows: int) -> int | None:
        """The octets of one turn for each of so many flows, or None for no limit."""
        if self.rate is None:
            return None
        all_together = self.rate * ROUND_SECONDS
        return max(int(max(all_together / flows, min(LEAST_TURN_OCTETS, all_together))), 1)

    def count(self, flow: Flow, octets: int, *, lag_seconds: float) -> None:
        """Take octets for a flow.

        :param lag_seconds: how far the virtual time may stay behind, for others who are about to ask.
        """
        if self.rate is None:
            return
        position = flow.buckets.index(self)
        start = max(self.virtual, flow.marks[position])
        flow.marks[position] = start + octets
        self.virtual = max(self.virtual, start - lag_seconds * self.rate)
        self.take(octets)

    def ready_at(self, octets: int, now: float) -> float:
        """When so much may be moved."""
        if self.rate is None or self.has(octets, now):
            return now
        return now + (octets - self.available(now)) / self.rate

    def push(self, flow: Flow, mark: float, now: float) -> None:
        """Let a flow that has a ticket stand here."""
        heappush(self._queue, (mark, flow.ticket or 0, flow))
        heappush(self._arrived, (now, flow.ticket or 0, flow))
        self.waiting += 1

    def first(self, now: float) -> Flow | None:
        """The flow whose turn is next."""
        # Those that went away are struck when they come to the front.
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
    """The octets of a session in one direction; made once a session, as each new one would begin before all others.

    :ivar buckets: all that it draws on, in the order in which it asks them.
    :ivar marks: where it stands in the virtual time of each of them.
    :ivar allowance: octets that it may move and has not told of.
    :ivar wanted: octets that it asked for.
    :ivar turn: octets that it waits for.
    :ivar place: the bucket at which it waits, if it does.
    :ivar ticket: names its place in the queue; None while it does not wait.
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
        """Whether one of its buckets has a rate."""
        # A loop, as `any` with a generator takes three times as long on the way of every slice.
        for bucket in self.buckets:  # noqa: SIM110
            if bucket.rate is not None:
                return True
        return False


class FairQueue:
    """Who may move octets, how many and when.  One object for all flows that share a bucket."""

    __slots__ = ("_flows", "_planned", "_tickets")

    def __init__(self) -> None:
        # In the order in which they came.
        self._flows: dict[Flow, None] = {}
        self._planned: list[tuple[float, int, Bucket]] = []
        self._tickets = count()

    def ask(self, flow: Flow, wanted: int, now: float) -> int:
        """The octets, 1 to `wanted`, that a flow may move now; 0: it waits, until `serve` or `changed` names it.

        What it was allowed before and has not moved is given back.
        """
        if flow.allowance:
            self.moved(flow, 0, now)
        flow.wanted = wanted
        # Whoever waits goes first, also one that could go on already, when the timer is a little late.
        for bucket in flow.buckets:
            if bucket.waiting:
                flow.turn = min(_turn_of(flow), wanted)
                self._stand(flow, bucket, now)
                return 0
        # Those whom `serve` has just let on may come back for what is due to them.
        return self._pass(flow, now, most=wanted, lag_seconds=ROUND_SECONDS)

    def moved(self, flow: Flow, octets: int, now: float) -> None:
        """Settle an allowance: what was not moved is given back, what was moved beyond it is owed."""
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
        """The flow ends or waits no longer; its allowance is given back."""
        place = flow.place
        if place is not None:
            self._unstand(flow)
            self._plan(place, now)
        if flow.allowance:
            self.moved(flow, 0, now)

    def serve(self, now: float) -> list[tuple[Flow, int]]:
        """The flows that may go on, and how many octets each may move."""
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
        """Rates are others now: the flows that may go on, and how many octets each may move."""
        waiting = list(self._flows)
        places = {flow.place: None for flow in waiting if flow.place is not None}
        for flow in waiting:
            self._unstand(flow)
        asked = [(flow, self.ask(flow, flow.wanted, now)) for flow in waiting]
        for place in places:
            self._plan(place, now)
        return [(flow, octets) for flow, octets in asked if octets]

    def next(self) -> float | None:
        """When `serve` has something to do, or None while nobody waits."""
        while self._planned and self._planned[0][2].due != self._planned[0][0]:
            heappop(self._planned)
        return self._planned[0][0] if self._planned else None

    def _pass(self, flow: Flow, now: float, *, most: int, lag_seconds: float) -> int:
        """Take octets from all buckets, or stand at the first that has not enough for a turn."""
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
        """Note when the first flow of a bucket can go on."""
        first = bucket.first(now) if bucket.waiting else None
        due = None
        if first is not None:
            # Less than it came for, where others have come since.
            first.turn = min(first.turn, bucket.turn(bucket.waiting) or first.turn)
            due = bucket.ready_at(first.turn, now)
        if due != bucket.due:
            bucket.due = due
            if due is not None:
                heappush(self._planned, (due, next(self._tickets), bucket))


def _turn_of(flow: Flow) -> int:
    turns = (bucket.turn(bucket.waiting + 1) for bucket in flow.buckets)
    return min((turn for turn in turns if turn is not None), default=flow.wanted)
