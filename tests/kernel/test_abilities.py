"""The table of abilities, and what each says where the system lacks it."""

from __future__ import annotations

import errno
import os

from ftpd_service.kernel import allocator, file_systems, libc, openat2, page_cache, processor, renames, statx, zero_copy
from ftpd_service.kernel.abilities import ABILITIES, abilities
from tests.cases import SynchronousTestCase
from tests.open_files import open_files


def refuse(number: int) -> None:
    """Fail as a system call does."""
    raise OSError(number, os.strerror(number))


class AbilitiesTests(SynchronousTestCase):
    """`abilities`."""

    def test_each_has_a_name_of_its_own(self) -> None:
        """And they come in the order of the table."""
        self.assertEqual(list(abilities()), [ability.name for ability in ABILITIES])
        self.assertEqual(len(abilities()), len(ABILITIES))

    def test_each_says_its_purpose_and_its_substitute(self) -> None:
        """The operator reads them when one is missing."""
        self.assertTrue(all(ability.purpose and ability.otherwise for ability in ABILITIES))

    def test_asking_leaves_nothing_open(self) -> None:
        """It only looks."""
        before = open_files("/")
        abilities()
        self.assertEqual(open_files("/"), before)

    def lacking(self) -> set[str]:
        """The names of what is missing."""
        return {name for name, available in abilities().items() if not available}

    def test_a_c_library_without_any_of_the_calls(self) -> None:
        """Each is told as missing, and what Python has stays."""
        before = self.lacking()
        self.patch(statx, "_statx", None)
        self.patch(statx, "_quick_statx", None)
        self.patch(file_systems, "_fstatfs", None)
        self.patch(renames, "_renameat2", None)
        self.patch(allocator, "_malloc_trim", None)
        self.patch(processor, "_getcpu", None)
        self.patch(zero_copy, "SPLICE", False)
        self.patch(openat2, "_syscall", None)
        openat2.best_opening.cache_clear()
        self.addCleanup(openat2.best_opening.cache_clear)
        missing = {"statx", "statx (mounts)", "fstatfs", "renameat2", "malloc_trim", "sched_getcpu", "splice"}
        self.assertEqual(self.lacking() - before, (missing | {"openat2", "openat2 (cached)"}) - before)

    def test_a_filter_that_forbids_reading_what_is_cached(self) -> None:
        """EPERM is the filter's answer, not the call's."""
        self.patch(page_cache, "read_cached", lambda *arguments: refuse(errno.EPERM))
        self.assertIn("preadv2", self.lacking())


class AnswersTests(SynchronousTestCase):
    """`libc.answers`."""

    def test_a_call_that_fails(self) -> None:
        """Is there: a bad descriptor is the kernel's own word."""
        self.assertTrue(libc.answers(lambda: refuse(errno.EBADF)))

    def test_a_call_that_succeeds(self) -> None:
        """Is there."""
        self.assertTrue(libc.answers(lambda: None))

    def test_a_kernel_that_lacks_the_call(self) -> None:
        """ENOSYS."""
        self.assertFalse(libc.answers(lambda: refuse(errno.ENOSYS)))

    def test_a_filter_that_forbids_the_call(self) -> None:
        """EPERM."""
        self.assertFalse(libc.answers(lambda: refuse(errno.EPERM)))


class LibraryTests(SynchronousTestCase):
    """`libc.function` and `libc.failure`."""

    def test_a_function_that_is_missing(self) -> None:
        """Is None."""
        self.assertEqual((libc.function("no_such_call"), libc.quick_function("no_such_call")), (None, None))

    def test_the_error_of_a_call(self) -> None:
        """Has the number that the call left, and the class that Python gives it."""
        close = libc.function("close")
        assert close is not None
        close(2**30)
        self.assertEqual((libc.failure().errno, type(libc.error(errno.ENOENT))), (errno.EBADF, FileNotFoundError))
