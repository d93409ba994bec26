"""The limit of open files follows ``limits.sessions``."""

from __future__ import annotations

import resource

from ftpd_service.descriptor_limit import DescriptorLimit
from ftpd_service.runtime.stepping import answered
from tests.cases import SynchronousTestCase
from tests.memory_service import Log


async def never(call: object, /, *, discard: object = None) -> object:
    """A pool that nothing is given to."""
    raise AssertionError


class DescriptorLimitTests(SynchronousTestCase):
    """RLIMIT_NOFILE."""

    def setUp(self) -> None:
        self.log = Log(self)
        self.set: list[tuple[int, int]] = []
        self.patch(resource, "setrlimit", lambda which, limits: self.set.append(limits))

    def begin(self, sessions: int, soft: int, hard: int) -> None:
        """Prepare and commit."""
        self.patch(resource, "getrlimit", lambda which: (soft, hard))
        limit = DescriptorLimit()
        answered(limit.prepare(sessions, never))  # type: ignore[arg-type]  # never called
        limit.commit()

    def test_raised_to_the_need(self) -> None:
        """Five for each session, and some beside; the hard limit stays."""
        self.begin(100, 256, 4096)
        self.assertEqual((self.set, self.log.lines), ([(564, 4096)], []))

    def test_a_hard_limit_that_does_not_suffice(self) -> None:
        """Raised as far as it goes, with the numbers and the remedy in the log."""
        self.begin(100, 256, 512)
        self.assertEqual(self.set, [(512, 512)])
        self.assertEqual(
            self.log.count("100 sessions with a transfer each need 564 open files, and this process may"), 1
        )
        self.assertEqual(self.log.count("have 512: set LimitNOFILE=564"), 1)

    def test_a_limit_that_suffices(self) -> None:
        """It stays, also at the very number."""
        self.begin(100, 564, 564)
        self.assertEqual((self.set, self.log.lines), ([], []))

    def test_no_limit_at_all(self) -> None:
        """Nothing to raise."""
        self.begin(100, resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        self.assertEqual((self.set, self.log.lines), ([], []))

    def test_no_hard_limit(self) -> None:
        """The need decides."""
        self.begin(100, 256, resource.RLIM_INFINITY)
        self.assertEqual(self.set, [(564, resource.RLIM_INFINITY)])
