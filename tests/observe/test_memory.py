"""Memory goes back to the system when a crowd has gone."""

from __future__ import annotations

import weakref
from ipaddress import ip_address
from pathlib import Path

from ftpd_service.events import CommandFinished, SessionEnded, SessionStarted
from ftpd_service.kernel import allocator
from ftpd_service.observe.memory import CROWD, HASHES_BYTES, Crowds, give_back, memory_for_hashes
from ftpd_service.values import Peer, SessionId
from tests.cases import SynchronousTestCase

PEER = Peer(
    address=ip_address("192.0.2.1"), port=40000, local_address=ip_address("192.0.2.7"), local_port=21, listener="test"
)


class Ring:
    """Holds itself, so that only the collector frees it."""

    def __init__(self) -> None:
        self.itself = self


class CrowdsTests(SynchronousTestCase):
    """`Crowds`."""

    def setUp(self) -> None:
        """Count what is told."""
        self.told: list[None] = []
        self.crowds = Crowds(lambda: self.told.append(None))

    def come(self, count: int) -> None:
        """So many sessions begin."""
        for _ in range(count):
            self.crowds.observe(SessionStarted(session=SessionId("s1"), peer=PEER))

    def go(self, count: int) -> None:
        """So many end."""
        for _ in range(count):
            self.crowds.observe(
                SessionEnded(session=SessionId("s1"), peer=PEER, seconds=1.0, reason="QUIT", account=None)
            )

    def test_half_of_a_crowd(self) -> None:
        """Is told with the one that makes it half, and once."""
        self.come(CROWD)
        self.go(CROWD // 2 - 1)
        before = len(self.told)
        self.go(1)
        at = len(self.told)
        self.go(CROWD // 2)
        self.assertEqual((before, at, len(self.told)), (0, 1, 1))

    def test_fewer_than_a_crowd(self) -> None:
        """Are not worth it."""
        self.come(CROWD - 1)
        self.go(CROWD - 1)
        self.assertEqual(self.told, [])

    def test_the_next_crowd(self) -> None:
        """Counts anew."""
        for _ in range(2):
            self.come(CROWD)
            self.go(CROWD)
        self.assertEqual(len(self.told), 2)

    def test_only_sessions_are_wanted(self) -> None:
        """An event for each command need not be made."""
        wanted = [self.crowds.wants(kind) for kind in (SessionStarted, SessionEnded, CommandFinished)]
        self.assertEqual(wanted, [True, True, False])

    def test_one_after_the_other(self) -> None:
        """Are no crowd, however many they are in a day."""
        for _ in range(2 * CROWD):
            self.come(1)
            self.go(1)
        self.assertEqual(self.told, [])

    def test_a_library_that_can(self) -> None:
        """Is asked for all that is free."""
        asked: list[int] = []
        self.patch(allocator, "_malloc_trim", asked.append)
        give_back()
        self.assertEqual(asked, [0])

    def test_a_library_that_cannot(self) -> None:
        """Keeps it; what holds itself is collected all the same."""
        self.patch(allocator, "_malloc_trim", None)
        ring = Ring()
        seen = weakref.ref(ring)
        del ring
        give_back()
        self.assertIsNone(seen())


class HashesTests(SynchronousTestCase):
    """`memory_for_hashes`: the system's files are written down."""

    def budget(self, *, meminfo: str = "", cgroup: str = "") -> int:
        """What hashes may take on such a system."""
        folder = Path(self.mktemp())
        (folder / "proc").mkdir(parents=True)
        (folder / "sys/fs/cgroup").mkdir(parents=True)
        if meminfo:
            (folder / "proc/meminfo").write_text(meminfo)
        if cgroup:
            (folder / "sys/fs/cgroup/memory.max").write_text(cgroup)
        return memory_for_hashes(f"{folder}/")

    def test_a_quarter_of_what_is_free(self) -> None:
        """On a small system."""
        self.assertEqual(self.budget(meminfo="MemTotal: 900000 kB\nMemAvailable:   400000 kB\n"), 100_000 * 1024)

    def test_no_more_than_a_bound(self) -> None:
        """On a large one."""
        self.assertEqual(self.budget(meminfo="MemAvailable: 64000000 kB\n", cgroup="max\n"), HASHES_BYTES)

    def test_a_container_has_less(self) -> None:
        """Its limit counts, and not the host's memory."""
        self.assertEqual(self.budget(meminfo="MemAvailable: 64000000 kB\n", cgroup="104857600\n"), 25 << 20)

    def test_a_system_that_tells_nothing(self) -> None:
        """The bound holds."""
        self.assertEqual(self.budget(), HASHES_BYTES)
