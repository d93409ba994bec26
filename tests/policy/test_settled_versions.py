"""From when on the version of a file proves something."""

from __future__ import annotations

from ftpd_service.policy.settled_versions import UNASKED_NS, granularity_ns, settled_at_ns
from ftpd_service.values import FileVersion
from tests.cases import SynchronousTestCase

TICK_NS = 4_000_000
FINE = FileVersion(1, 2, 3, 0, 1_700_000_000_123_456_789)
WHOLE_SECOND = FINE._replace(ctime_ns=1_700_000_000_000_000_000)


class SettledVersionsTests(SynchronousTestCase):
    """`settled_at_ns`."""

    def test_two_ticks_where_nobody_writes(self) -> None:
        """As in git's index, a change within the same tick would have the same time."""
        settled = settled_at_ns(FINE, tick_ns=TICK_NS, writers=False)
        self.assertEqual(settled, FINE.ctime_ns + 2 * TICK_NS)

    def test_never_while_a_program_may_write(self) -> None:
        """A write sets the time first and copies the bytes then."""
        self.assertIsNone(settled_at_ns(FINE, tick_ns=TICK_NS, writers=True))

    def test_a_minute_where_the_kernel_does_not_tell(self) -> None:
        """No write and no memory map is behind its time for so long."""
        self.assertEqual(settled_at_ns(FINE, tick_ns=TICK_NS, writers=None), FINE.ctime_ns + UNASKED_NS)

    def test_times_in_whole_seconds(self) -> None:
        """A file system that may store nothing else gets two seconds."""
        settled = settled_at_ns(WHOLE_SECOND, tick_ns=TICK_NS, writers=False)
        self.assertEqual(settled, WHOLE_SECOND.ctime_ns + 2_000_000_000)

    def test_times_in_milliseconds(self) -> None:
        """Never count as finer than the kernel's tick."""
        self.assertEqual(granularity_ns(WHOLE_SECOND.ctime_ns + 1_000_000, TICK_NS), TICK_NS)
        self.assertEqual(granularity_ns(WHOLE_SECOND.ctime_ns + 30_000_000, TICK_NS), 10_000_000)
