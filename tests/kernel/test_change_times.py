"""The clock of change times."""

from __future__ import annotations

import os
import time

from ftpd_service.kernel import change_times
from ftpd_service.kernel.change_times import TRUSTED_CHANGES, boot_name, changes_now_ns, tick_ns
from ftpd_service.kernel.file_systems import IN_MEMORY
from tests.cases import SynchronousTestCase


class ChangeTimesTests(SynchronousTestCase):
    """What the kernel tells of its times."""

    def test_a_tick_is_a_few_milliseconds(self) -> None:
        """Kernels run at 100 to 1,000 Hz."""
        self.assertTrue(1_000_000 <= tick_ns() <= 10_000_000)

    def test_a_later_change_never_has_an_earlier_time(self) -> None:
        """The rule of kept digests stands on it."""
        before = changes_now_ns()
        with open(self.mktemp(), "wb") as file:
            self.assertGreaterEqual(os.fstat(file.fileno()).st_ctime_ns, before)

    def test_the_clock_is_not_ahead(self) -> None:
        """It is the wall clock of some milliseconds ago at most."""
        self.assertLessEqual(changes_now_ns(), time.time_ns())

    def test_a_boot_has_one_name(self) -> None:
        """A restarted service finds it again."""
        self.assertEqual(boot_name(), boot_name())
        self.assertTrue(boot_name())

    def test_a_system_without_names_of_boots(self) -> None:
        """Keeps nothing over a restart."""
        self.patch(change_times, "_BOOT", self.mktemp())
        self.assertEqual((boot_name(), change_times.available()), (None, False))

    def test_files_in_memory_are_not_trusted(self) -> None:
        """A store through a memory map changes no time there."""
        self.assertFalse(TRUSTED_CHANGES & IN_MEMORY)
