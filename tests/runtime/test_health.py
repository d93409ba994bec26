"""Whether a process is sound, by the delay of its reactor and the calls of its pool."""

from __future__ import annotations

from collections.abc import Mapping

from twisted.internet.task import Clock

from ftpd_service.runtime.health import Health, HealthLimits
from ftpd_service.runtime.lane import LaneState
from ftpd_service.runtime.reactor_delay import EVERY_SECONDS
from tests.cases import SynchronousTestCase
from tests.memory_service import Log

QUIET = LaneState(threads=16, busy=3, waiting=0, oldest_seconds=0.0, stalled_seconds=0.0)
LIMITS = HealthLimits(reactor_delay_seconds=5.0, pool_wait_seconds=30.0)


class Lanes:
    """A pool in name only.

    :ivar oldest_seconds: how long a call has waited for a thread for files.
    :ivar stalled_seconds: how long none has begun meanwhile.
    """

    def __init__(self) -> None:
        self.oldest_seconds = 0.0
        self.stalled_seconds = 0.0

    def states(self) -> Mapping[str, LaneState]:
        """Two lanes."""
        files = QUIET._replace(oldest_seconds=self.oldest_seconds, stalled_seconds=self.stalled_seconds)
        return {"files": files, "service": QUIET}


class HealthTests(SynchronousTestCase):
    """Sound and unsound processes."""

    def setUp(self) -> None:
        """Watch a process."""
        self.log = Log(self)
        self.clock = Clock()
        self.pool = Lanes()
        self.health = Health(self.pool, LIMITS, self.clock, now=self.clock.seconds)
        self.health.start()

    def test_a_process_is_sound(self) -> None:
        """No reason says otherwise."""
        self.assertEqual(self.health.problems(), ())

    def test_a_delay_at_the_limit_is_sound(self) -> None:
        """The limit is the longest delay that is allowed."""
        self.clock.advance(EVERY_SECONDS + 5.0)
        self.assertEqual(self.health.problems(), ())

    def test_a_delay_above_the_limit_is_unsound(self) -> None:
        """The reason names the delay and the key."""
        self.clock.advance(EVERY_SECONDS + 5.5)
        self.assertEqual(self.health.problems(), ("the reactor is 5.5 s late (service.watchdog.reactor_delay is 5 s)",))

    def test_a_wait_at_the_limit_is_sound(self) -> None:
        """The limit is the longest wait that is allowed."""
        self.pool.oldest_seconds = self.pool.stalled_seconds = 30.0
        self.assertEqual(self.health.problems(), ())

    def test_a_wait_above_the_limit_is_unsound(self) -> None:
        """The reason names the lane, the wait and the key."""
        self.pool.oldest_seconds, self.pool.stalled_seconds = 45.0, 31.0
        self.assertEqual(
            self.health.problems(),
            (
                "a call has waited 45 s for a thread of the lane files, whose 16 threads have begun no call for 31 s"
                " (service.watchdog.pool_wait is 30 s)",
            ),
        )

    def test_a_busy_pool_is_sound(self) -> None:
        """Calls wait for minutes behind others, but they begin: a restart would lose the sessions and help nobody."""
        self.pool.oldest_seconds, self.pool.stalled_seconds = 300.0, 0.5
        self.assertEqual(self.health.problems(), ())

    def test_other_limits_count_at_once(self) -> None:
        """As a reload brings them."""
        self.pool.stalled_seconds = 31.0
        self.health.use(HealthLimits(pool_wait_seconds=60.0))
        self.assertEqual(self.health.problems(), ())

    def test_the_log_tells_of_it_once(self) -> None:
        """The problem lasts, and so would its lines."""
        self.pool.stalled_seconds = 31.0
        self.clock.pump([EVERY_SECONDS] * 4)
        self.assertEqual(len([line for line in self.log.lines if "unsound" in line]), 1)

    def test_the_log_tells_when_it_is_over(self) -> None:
        """The operator need not look any longer."""
        self.pool.stalled_seconds = 31.0
        self.clock.advance(EVERY_SECONDS)
        self.pool.stalled_seconds = 0.0
        self.clock.advance(EVERY_SECONDS)
        self.assertIn("the service is sound again", self.log.lines)
