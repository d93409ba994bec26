"""Digests that are computed in idle time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ftpd_service.digests import idle_digests
from ftpd_service.digests.idle_digests import BUSY_SECONDS, IdleDigests
from ftpd_service.digests.kept_digests import KeptDigests
from tests.cases import TestCase
from tests.digests.real_files import CONTENT, LaterFiles, reading
from tests.open_files import open_files

T = TypeVar("T")

DIGEST = hashlib.md5(CONTENT).hexdigest()


class IdleDigestsTests(TestCase):
    """`IdleDigests` with files that were changed a second ago."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.files = LaterFiles()
        self.files.later_ns = 1_000_000_000
        self.kept = KeptDigests(self.clock)
        self.busy = False
        self.steps = 0
        self.before_step: Callable[[], object] = int
        self.patch(idle_digests, "IDLE_STEP_BYTES", 1_000_000)
        self.idle = IdleDigests(self.kept, self.files, blocking=self.blocking, clock=self.clock, busy=lambda: self.busy)
        self.folder = os.path.abspath(self.mktemp())
        os.mkdir(self.folder)

    async def blocking(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        """Make a step, and note it."""
        self.steps += 1
        self.before_step()
        return call()

    def add(self, name: str = "f") -> str:
        """Let a file wait for its digest, and return its path."""
        path = os.path.join(self.folder, name)
        Path(path).write_bytes(CONTENT)
        self.idle.upload(reading(path), "md5").committed()
        return path

    def found(self, path: str) -> str | None:
        """Look for its digest."""
        with open(path, "rb") as file:
            version = self.files.version(file.fileno())
        return self.successResultOf(Deferred.fromCoroutine(self.kept.find(version, "md5")))

    def test_an_idle_service(self) -> None:
        """Computes in steps, keeps the digest, and closes the file."""
        path = self.add()
        self.assertEqual((self.found(path), self.steps), (DIGEST, 3))

    def test_a_busy_service(self) -> None:
        """Computes when it has become idle."""
        self.busy = True
        path = self.add()
        self.clock.advance(BUSY_SECONDS)
        self.assertEqual((self.found(path), self.steps), (None, 0))
        self.busy = False
        self.clock.advance(BUSY_SECONDS)
        self.assertEqual(self.found(path), DIGEST)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_service_that_becomes_busy(self) -> None:
        """Pauses between two steps."""

        def begin_work() -> None:
            self.busy = self.steps == 2

        self.before_step = begin_work
        path = self.add()
        self.assertEqual((self.found(path), self.steps), (None, 2))
        self.busy = False
        self.clock.advance(BUSY_SECONDS)
        self.assertEqual(self.found(path), DIGEST)

    def test_a_file_that_has_just_changed(self) -> None:
        """Is read when its version proves its bytes."""
        self.files.later_ns = -1_000_000_000
        path = self.add()
        self.assertEqual(self.steps, 0)
        self.files.later_ns = 1_000_000_000
        self.clock.advance(2)
        self.assertEqual(self.found(path), DIGEST)

    def test_a_file_that_changes_meanwhile(self) -> None:
        """Has no digest that could be kept."""
        self.before_step = lambda: os.utime(self.path, (1, 1))
        self.path = os.path.join(self.folder, "f")
        self.assertIsNone(self.found(self.add()))

    def test_a_file_that_is_removed_meanwhile(self) -> None:
        """Is closed at once, as its blocks are freed only then."""
        self.before_step = lambda: os.unlink(os.path.join(self.folder, "f")) if self.steps == 1 else None
        self.add()
        self.assertEqual((self.steps, open_files(self.folder)), (1, set()))

    def test_more_files_than_may_wait(self) -> None:
        """The oldest are dropped and closed."""
        self.patch(idle_digests, "MOST_WAITING_FILES", 1)
        self.busy = True
        paths = [self.add(name) for name in "abc"]
        self.busy = False
        self.clock.advance(BUSY_SECONDS)
        self.assertEqual([self.found(path) for path in paths], [DIGEST, None, DIGEST])

    def test_a_file_that_waits_already(self) -> None:
        """Is read once."""
        self.busy = True
        self.add("a")
        self.add("b")
        self.add("b")
        self.busy = False
        self.clock.advance(BUSY_SECONDS)
        self.assertEqual(self.steps, 6)

    def test_the_end(self) -> None:
        """Closes the files that wait, and computes nothing more."""
        self.busy = True
        self.add("a")
        self.add("b")
        self.idle.close()
        self.assertEqual((open_files(self.folder), self.clock.getDelayedCalls()), (set(), []))

    def test_a_disk_that_cannot_be_read(self) -> None:
        """Ends this file, and not the next."""

        def fail() -> None:
            if self.steps == 1:
                raise OSError

        self.before_step = fail
        self.add("a")
        self.assertEqual(self.found(self.add("b")), DIGEST)
