"""What open files are on, without asking what may not answer."""

from __future__ import annotations

import os

from ftpd_service.kernel import file_systems
from ftpd_service.kernel.file_systems import IN_MEMORY, in_memory, learn, type_of
from tests.cases import SynchronousTestCase


class FileSystemsTests(SynchronousTestCase):
    """`learn` and `type_of`, with nothing known at first."""

    def setUp(self) -> None:
        """A file on tmpfs: the kernel's own mount of it."""
        self.patch(file_systems, "_types", {})
        self.descriptor = os.memfd_create("test")
        self.addCleanup(os.close, self.descriptor)

    def test_nothing_is_known_at_first(self) -> None:
        """And it is not asked here: on a hung network file system that would wait."""
        self.patch(file_systems, "_fstatfs", None)
        self.assertEqual((type_of(self.descriptor), in_memory(self.descriptor)), (0, False))

    def test_what_was_learnt_is_known(self) -> None:
        """Of every file of the mount."""
        learn(self.descriptor)
        other = os.memfd_create("other")
        self.addCleanup(os.close, other)
        self.assertIn(type_of(other), IN_MEMORY)

    def test_a_mount_is_asked_about_once(self) -> None:
        """Also on the pool there is no need to ask again."""
        asked: list[int] = []

        def answer(descriptor: int, result: object) -> int:
            asked.append(descriptor)
            return 0

        self.patch(file_systems, "_fstatfs", answer)
        learn(self.descriptor)
        learn(self.descriptor)
        self.assertEqual(len(asked), 1)

    def test_one_that_cannot_be_asked_stays_unknown(self) -> None:
        """It counts as one that may wait."""
        self.patch(file_systems, "_fstatfs", lambda descriptor, result: -1)
        learn(self.descriptor)
        self.assertEqual(type_of(self.descriptor), 0)

    def test_no_descriptor(self) -> None:
        """Is on nothing."""
        self.assertEqual(type_of(-1), 0)

    def test_what_is_remembered_is_bounded(self) -> None:
        """A thousand mounts are more than anybody serves from."""
        self.patch(file_systems, "_MOST_KNOWN", 1)
        pipe, other = os.pipe()
        self.addCleanup(os.close, pipe)
        self.addCleanup(os.close, other)
        learn(pipe)
        learn(self.descriptor)
        self.assertEqual((type_of(pipe), in_memory(self.descriptor)), (0, True))
