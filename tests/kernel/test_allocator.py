"""Memory that is given back to the system."""

from __future__ import annotations

from ftpd_service.kernel import allocator
from tests.cases import SynchronousTestCase


class AllocatorTests(SynchronousTestCase):
    """`trim`."""

    def test_a_library_that_can(self) -> None:
        """Is asked for all that is free."""
        asked: list[int] = []
        self.patch(allocator, "_malloc_trim", asked.append)
        allocator.trim()
        self.assertEqual((asked, allocator.available()), ([0], True))

    def test_a_library_that_cannot(self) -> None:
        """Keeps it."""
        self.patch(allocator, "_malloc_trim", None)
        allocator.trim()
        self.assertFalse(allocator.available())
