"""Token buckets and turns: rates are kept, shares are equal, and changes count at once."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from ftpd_service.policy.bandwidth import (
    BURST_SECONDS,
    LEAST_TURN_OCTETS,
    ROUND_SECONDS,
    Bucket,
    FairQueue,
    Flow,
)
from tests.cases import SynchronousTestCase

KIB = 1024
MIB = 1024 * 1024
SLICE = 4 * MIB


class Line:
    """Flows that always want more, each by slices of its own size; time goes from one turn to the next."""

    def __init__(self, *paths: Sequence[Bucket], wanted: Sequence[int] = ()) -> None:
        self.now = 0.0
        self.turns = FairQueue()
        self.flows = [Flow(tuple(path)) for path in paths]
        self.got = [0] * len(paths)
        self._wanted = wanted or [SLICE] * len(paths)

    def run(self, until: float) -> list[int]:
        """The octets of each flow in this stretch of time."""
        before = list(self.got)
        for flow in self.flows:
            if flow.place is None:
                self.ask(flow)
        while (due := self.turns.next()) is not None and due <= until:
            self.now = max(self.now, due)
            self.settle(self.turns.serve(self.now))
        self.now = until
        return [now - then for now, then in zip(self.got, before, strict=True)]

    def settle(self, served: Sequence[tuple[Flow, int]]) -> None:
        """Move what was allowed, and ask for more."""
        for flow, octets in served:
            self._move(flow, octets)
            self.ask(flow)

    def ask(self, flow: Flow) -> None:
        """Ask and move until it has to wait."""
        while octets := self.turns.ask(flow, self._wanted[self.flows.index(flow)], self.now):
            self._move(flow, octets)

    def _move(self, flow: Flow, octets: int) -> None:
        self.turns.moved(flow, octets, self.now)
        self.got[self.flows.index(flow)] += octets


class Rates(SynchronousTestCase):
    """One bucket, one flow."""

    def test_without_a_limit_all_is_allowed_at_once(self) -> None:
        """Also for the second time, and whatever was moved."""
        turns, flow = FairQueue(), Flow((Bucket(None, 0.0),))
        self.assertEqual(turns.ask(flow, SLICE, 0.0), SLICE)
        self.assertEqual(turns.ask(flow, SLICE, 0.0), SLICE)
        self.assertIsNone(turns.next())

    def test_a_full_bucket_gives_a_burst_and_no_octet_more(self) -> None:
        """What has gathered goes at once; the next octet waits."""
        turns, flow = FairQueue(), Flow((Bucket(1000, 0.0),))
        self.assertEqual(turns.ask(flow, SLICE, 0.0), 1000 * BURST_SECONDS)
        turns.moved(flow, 200, 0.0)
        self.assertEqual(turns.ask(flow, 1, 0.0), 0)
        self.assertEqual(turns.serve(0.0009), [])
        self.assertEqual(turns.serve(0.001), [(flow, 1)])

    def test_whoever_wants_less_than_a_turn_waits_no_longer_than_for_that(self) -> None:
        """And whoever wants more waits for a turn, not for all."""
        turns, flow = FairQueue(), Flow((Bucket(1000, 0.0),))
        turns.moved(flow, turns.ask(flow, SLICE, 0.0), 0.0)
        turns.ask(flow, 50, 0.0)
        self.assertAlmostEqual(turns.next() or 0.0, 0.05)
        turns.leave(flow, 0.0)
        turns.ask(flow, SLICE, 0.0)
        self.assertAlmostEqual(turns.next() or 0.0, ROUND_SECONDS)

    def test_an_idle_bucket_gathers_a_burst_and_not_more(self) -> None:
        """However long nobody moves anything."""
        bucket = Bucket(1000, 0.0)
        bucket.take(200)
        self.assertAlmostEqual(bucket.available(0.1), 100)
        self.assertAlmostEqual(bucket.available(0.2), 200)
        self.assertAlmostEqual(bucket.available(1000.0), 200)

    def test_over_five_seconds_a_rate_is_within_five_percent(self) -> None:
        """From the first octet on, with a full bucket; from small to large."""
        for rate in (100, 10 * KIB, MIB, 1000 * MIB):
            moved = Line([Bucket(rate, 0.0)]).run(5.0)[0]
            self.assertTrue(0.95 * 5 * rate <= moved <= 1.05 * 5 * rate, (rate, moved))

    def test_the_slowest_rate_moves_an_octet_a_second(self) -> None:
        """A burst is one octet at least."""
        self.assertEqual(Line([Bucket(1, 0.0)]).run(10.0), [11])

    def test_what_was_not_moved_is_given_back(self) -> None:
        """The socket was full, or the file at its end."""
        turns, bucket = FairQueue(), Bucket(1000, 0.0)
        flow, other = Flow((bucket,)), Flow((bucket,))
        turns.ask(flow, SLICE, 0.0)
        turns.moved(flow, 1, 0.0)
        self.assertEqual(turns.ask(other, SLICE, 0.0), 199)

    def test_what_is_given_back_wakes_whoever_waits(self) -> None:
        """At once, not when it would have been due."""
        turns, bucket = FairQueue(), Bucket(1000, 0.0)
        flow, other = Flow((bucket,)), Flow((bucket,))
        turns.ask(flow, SLICE, 0.0)
        turns.ask(other, SLICE, 0.0)
        turns.moved(flow, 0, 0.0)
        self.assertEqual(turns.serve(0.0), [(other, 100)])

    def test_what_was_moved_beyond_is_owed(self) -> None:
        """The next octets wait for it."""
        turns, flow = FairQueue(), Flow((Bucket(1000, 0.0),))
        turns.ask(flow, 100, 0.0)
        turns.moved(flow, 1200, 0.0)
        turns.ask(flow, 1, 0.0)
        self.assertAlmostEqual(turns.next() or 0.0, 1.001)

    def test_a_flow_that_leaves_gives_everything_back(self) -> None:
        """Its transfer was cut off with an allowance in hand."""
        turns, bucket = FairQueue(), Bucket(1000, 0.0)
        flow = Flow((bucket,))
        turns.ask(flow, SLICE, 0.0)
        turns.leave(flow, 0.0)
        self.assertEqual(bucket.available(0.0), 200)

    def test_a_flow_that_leaves_is_not_served(self) -> None:
        """It waited, and its transfer was stopped; the next one moves up."""
        turns, bucket = FairQueue(), Bucket(1000, 0.0)
        bucket.take(200)
        first, second = Flow((bucket,)), Flow((bucket,))
        turns.ask(first, 100, 0.0)
        turns.ask(second, 10, 0.0)
        turns.leave(first, 0.0)
        self.assertEqual(turns.serve(0.01), [(second, 10)])
        self.assertIsNone(turns.next())


class Shares(SynchronousTestCase):
    """Several flows."""

    def test_equal_flows_get_equal_shares(self) -> None:
        """Within one turn of each other."""
        bucket = Bucket(10 * MIB, 0.0)
        got = Line(*[[bucket]] * 5).run(5.0)
        self.assertLess(max(got[1:]) - min(got[1:]), MIB)
        self.assertLess(sum(got), 1.05 * 50 * MIB)

    def test_shares_do_not_depend_on_how_much_is_asked_for(self) -> None:
        """A mover of large slices gets no more than one of small pieces."""
        bucket = Bucket(10 * MIB, 0.0)
        line = Line([bucket], [bucket], [bucket], wanted=(SLICE, 256 * KIB, KIB))
        line.run(2.0)
        got = line.run(12.0)
        self.assertLess(max(got) - min(got), 2 * MIB)

    def test_nobody_starves_among_many(self) -> None:
        """Each of two hundred gets its turn in time, of a size that is worth a wake; also who had a burst before."""
        rate = MIB
        bucket = Bucket(rate, 0.0)
        line = Line(*[[bucket]] * 200)
        line.run(1.0)
        round_seconds = 200 * LEAST_TURN_OCTETS / rate
        self.assertGreaterEqual(min(line.run(1.0 + 2 * round_seconds)), LEAST_TURN_OCTETS)

    def test_who_is_held_up_elsewhere_leaves_its_share_to_the_others(self) -> None:
        """An account's rate below the equal share: it gets that rate, the others the rest."""
        server, account = Bucket(10 * MIB, 0.0), Bucket(MIB, 0.0)
        line = Line([account, server], [server], [server])
        line.run(1.0)
        slow, *others = line.run(11.0)
        self.assertTrue(0.95 * 10 * MIB <= slow <= 1.05 * 10 * MIB, slow)
        for other in others:
            self.assertTrue(0.95 * 45 * MIB <= other <= 1.05 * 45 * MIB, other)

    def test_a_flow_with_higher_rates_of_its_own_gets_no_more_of_what_is_shared(self) -> None:
        """An account's rate above the equal share does not matter."""
        server, account = Bucket(10 * MIB, 0.0), Bucket(9 * MIB, 0.0)
        line = Line([account, server], [server])
        line.run(1.0)
        got = line.run(11.0)
        self.assertLess(max(got) - min(got), 2 * MIB)

    def test_nobody_collects_a_claim_while_not_waiting(self) -> None:
        """Who comes late, or was held up elsewhere, shares equally from then on."""
        server, account = Bucket(10 * MIB, 0.0), Bucket(KIB, 0.0)
        line = Line([account, server], [server])
        line.run(5.0)
        account.change(None, line.now)
        line.settle(line.turns.changed(line.now))
        got = line.run(6.0)
        self.assertLess(max(got) - min(got), 3 * MIB)

    def test_asking_anew_goes_behind_who_waits(self) -> None:
        """Also when the bucket has enough by now and the timer is late."""
        turns, bucket = FairQueue(), Bucket(1000, 0.0)
        bucket.take(200)
        waiting, fresh = Flow((bucket,)), Flow((bucket,))
        turns.ask(waiting, 100, 0.0)
        self.assertEqual(turns.ask(fresh, 10, 0.15), 0)
        self.assertEqual(turns.serve(0.15), [(waiting, 100), (fresh, 10)])


class Changes(SynchronousTestCase):
    """Rates change while somebody waits."""

    def test_a_higher_rate_shortens_a_wait(self) -> None:
        """Of an hour to nothing worth the name."""
        bucket = Bucket(1, 0.0)
        line = Line([bucket])
        line.run(3600.0)
        bucket.change(MIB, line.now)
        line.settle(line.turns.changed(line.now))
        self.assertLessEqual(line.turns.next() or 0.0, line.now + ROUND_SECONDS)
        self.assertGreaterEqual(line.run(3601.0)[0], 0.85 * MIB)

    def test_a_lower_rate_leaves_no_burst_of_the_old_one(self) -> None:
        """What had gathered is cut down."""
        bucket = Bucket(100 * MIB, 0.0)
        line = Line([bucket])
        bucket.change(KIB, 0.0)
        self.assertLessEqual(line.run(1.0)[0], KIB * (1 + BURST_SECONDS))

    def test_no_debt_of_a_high_rate_is_paid_at_a_low_one(self) -> None:
        """It would take forever."""
        turns, bucket = FairQueue(), Bucket(100 * MIB, 0.0)
        flow = Flow((bucket,))
        turns.ask(flow, 1, 0.0)
        turns.moved(flow, 100 * MIB, 0.0)
        bucket.change(KIB, 0.0)
        turns.ask(flow, 1, 0.0)
        self.assertLess(turns.next() or 0.0, 1.0)

    def test_a_limit_that_goes_lets_everybody_on(self) -> None:
        """With all that they want."""
        turns, bucket = FairQueue(), Bucket(1000, 0.0)
        bucket.take(200)
        flows = [Flow((bucket,)), Flow((bucket,))]
        for flow in flows:
            turns.ask(flow, SLICE, 0.0)
        bucket.change(None, 0.0)
        self.assertEqual(turns.changed(0.0), [(flow, SLICE) for flow in flows])
        self.assertIsNone(turns.next())

    def test_a_limit_that_comes_begins_without_a_burst(self) -> None:
        """The transfers that run have had theirs."""
        turns, bucket = FairQueue(), Bucket(None, 0.0)
        flow = Flow((bucket,))
        turns.moved(flow, turns.ask(flow, SLICE, 0.0), 0.0)
        bucket.change(1000, 5.0)
        self.assertEqual(turns.ask(flow, SLICE, 5.0), 0)

    def test_the_same_rate_changes_nothing(self) -> None:
        """A reload that is about something else."""
        bucket = Bucket(1000, 0.0)
        bucket.take(150)
        bucket.change(1000, 0.0)
        self.assertEqual(bucket.available(0.0), 50)


class Property(SynchronousTestCase):
    """Whatever is asked for, and when."""

    @settings(deadline=None, max_examples=150)
    @given(
        rates=st.lists(st.none() | st.integers(1, 10**9), min_size=3, max_size=3),
        steps=st.lists(
            st.tuples(st.integers(0, 2), st.integers(1, SLICE), st.floats(0, 1), st.floats(0, 3)), max_size=60
        ),
    )
    def test_never_more_than_rate_times_time_and_a_burst(
        self, rates: list[int | None], steps: list[tuple[int, int, float, float]]
    ) -> None:
        """For every bucket, at every moment; and whoever waits has a time at which it is served."""
        own, other, shared = (Bucket(rate, 0.0) for rate in rates)
        flows = [Flow((own, shared)), Flow((other, shared)), Flow((shared,))]
        turns, now = FairQueue(), 0.0
        moved = [0, 0, 0]

        def move(flow: Flow, octets: int, part: float) -> None:
            count = int(octets * part)
            turns.moved(flow, count, now)
            moved[flows.index(flow)] += count

        for index, wanted, part, later in steps:
            now += later
            for flow, octets in turns.serve(now):
                self.assertTrue(1 <= octets <= flow.wanted)
                move(flow, octets, part)
            if flows[index].place is None and (octets := turns.ask(flows[index], wanted, now)):
                self.assertTrue(1 <= octets <= wanted)
                move(flows[index], octets, part)
            if any(flow.place is not None for flow in flows):
                self.assertIsNotNone(turns.next())
            for rate, total in zip(rates, (moved[0], moved[1], sum(moved)), strict=True):
                if rate is not None:
                    # Times and rates are floats: a millionth of a second more.
                    most = rate * (now + 1e-6 * len(steps)) + max(rate * BURST_SECONDS, 1)
                    self.assertLessEqual(total, most + 1)

    @settings(deadline=None, max_examples=100)
    @given(
        rates=st.lists(st.integers(1, 10**9), min_size=3, max_size=3),
        wanted=st.lists(st.integers(1, SLICE), min_size=3, max_size=3),
    )
    def test_everybody_is_served_in_the_end(self, rates: list[int], wanted: list[int]) -> None:
        """Whoever waits moves on, and nobody forever before the others."""
        own, other, shared = (Bucket(rate, 0.0) for rate in rates)
        line = Line([own, shared], [other, shared], [shared], wanted=wanted)
        for flow in line.flows:
            line.turns.moved(flow, line.turns.ask(flow, line._wanted[0], 0.0), 0.0)
        served = {flow for flow in line.flows if flow.place is None}
        for _ in range(1000):
            due = line.turns.next()
            if due is None or len(served) == len(line.flows):
                break
            line.now = max(line.now, due)
            for flow, octets in line.turns.serve(line.now):
                served.add(flow)
                line.turns.moved(flow, octets, line.now)
                line.turns.ask(flow, wanted[line.flows.index(flow)], line.now)
        self.assertEqual(len(served), len(line.flows))
