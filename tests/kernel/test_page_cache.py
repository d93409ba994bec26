"""What of a file is in memory."""

from __future__ import annotations

import errno
import os
import tempfile

from ftpd_service.kernel import page_cache
from ftpd_service.kernel.page_cache import is_cached, prefetch, read_cached
from tests.cases import SynchronousTestCase


class PageCacheTests(SynchronousTestCase):
    """What the kernel says of a file."""

    def setUp(self) -> None:
        """A file whose octets were just written."""
        path = self.mktemp()
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
        self.addCleanup(os.close, self.descriptor)
        os.write(self.descriptor, bytes(100_000))

    def test_octets_beyond_the_end_are_not_cached(self) -> None:
        """A file that was cut short meanwhile says nothing of its pages."""
        self.assertIsNot(is_cached(self.descriptor, 0, 200_000), True)

    def cached_with(self, *pages: int) -> bool | None:
        """What is said of a slice of ten pages when the kernel has these pages of the file in its cache."""

        def preadv(descriptor: int, buffers: list[bytearray], offset: int, flags: int) -> int:
            if offset // 4096 not in pages:
                raise BlockingIOError
            return len(buffers[0])

        self.patch(os, "preadv", preadv)
        self.patch(os, "RWF_NOWAIT", 8)
        return is_cached(self.descriptor, 0, 10 * 4096)

    def test_a_slice_is_cached_when_its_first_and_last_page_are(self) -> None:
        """The kernel evicts first pages first, and reads ahead as far as it likes."""
        self.assertTrue(self.cached_with(0, 9))

    def test_the_last_page_alone_is_not_enough(self) -> None:
        """The first one would be waited for."""
        self.assertIs(self.cached_with(9), False)

    def test_the_first_page_alone_is_not_enough(self) -> None:
        """The last one would be waited for."""
        self.assertIs(self.cached_with(0), False)

    def test_a_kernel_that_cannot_tell_says_so(self) -> None:
        """A pipe has no pages."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        self.assertIsNone(is_cached(reader, 0, 1))

    def test_prefetching_leaves_the_position(self) -> None:
        """It is a hint and nothing else."""
        before = os.lseek(self.descriptor, 0, os.SEEK_CUR)
        prefetch(self.descriptor, 0, 100_000)
        self.assertEqual(os.lseek(self.descriptor, 0, os.SEEK_CUR), before)

    def test_a_real_disks_answer_is_never_an_error(self) -> None:
        """Whatever file system holds temporary files here."""
        with tempfile.TemporaryFile() as file:
            file.write(bytes(100_000))
            file.flush()
            self.assertIn(is_cached(file.fileno(), 0, 100_000), (True, False, None))

    def test_a_system_without_the_flag(self) -> None:
        """Cannot tell."""
        self.patch(os, "RWF_NOWAIT", 0)
        self.assertEqual((is_cached(self.descriptor, 0, 1), page_cache.available()), (None, False))

    def test_a_kernel_that_forbids_the_call(self) -> None:
        """Cannot tell either."""

        def forbidden(*arguments: object) -> int:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        self.patch(os, "preadv", forbidden)
        self.assertEqual((is_cached(self.descriptor, 0, 1), page_cache.available()), (None, False))

    def test_bytes_of_a_file_in_memory(self) -> None:
        """Are read from the offset on."""
        descriptor = os.memfd_create("test")
        self.addCleanup(os.close, descriptor)
        os.write(descriptor, b"abc")
        room = bytearray(10)
        try:
            count = read_cached(descriptor, room, 1)
        except OSError as problem:
            # Some kernels cannot tell of tmpfs.
            self.assertEqual(problem.errno, errno.EOPNOTSUPP)
        else:
            self.assertEqual(bytes(room[:count]), b"bc")

    def test_a_system_without_prefetching(self) -> None:
        """Is not asked for it."""
        self.patch(os, "posix_fadvise", None)
        del os.posix_fadvise
        prefetch(self.descriptor, 0, 1)
