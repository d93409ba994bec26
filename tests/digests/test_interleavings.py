"""Random interleavings of changes and digests, in memory: no answer is of another content.

``tests/integration/test_digest_races.py`` does the same with real files and another process.
"""

from __future__ import annotations

from random import Random

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ftpd_service.digests.idle_digests import IdleDigests
from ftpd_service.digests.kept_digests import KeptDigests
from ftpd_service.digests.service_digests import ServiceDigests, SessionDigests
from ftpd_service.digests.settings import DigestSettings
from ftpd_service.testing.fakes import at_once
from ftpd_service.values import FileVersion
from tests.cases import SynchronousTestCase
from tests.digests.imagined_files import (
    Changes,
    ImaginedFile,
    ImaginedHandle,
    ImaginedKernel,
    WithoutChangeTime,
    WithoutTicks,
    WithoutWriters,
    digest_of,
)

STEPS = 10_000
PAUSES_SECONDS = (0.0,) * 60 + (0.001, 0.004, 0.02)


class Reader:
    """A client that asks for the digest of a file, step by step, while others change it.

    :ivar wrong: whether the answer came without reading, and was of another content.
    :ivar over: whether there is nothing left to do.
    """

    def __init__(self, digests: SessionDigests, file: ImaginedFile) -> None:
        self._digests = digests
        self._handle = ImaginedHandle(file)
        self._halves: list[int] = []
        self._version: FileVersion | None = None
        self._waiting: Deferred[FileVersion | None] | None = None
        self.found = False
        self.wrong = False
        self.over = False

    def step(self) -> None:
        """Look, wait, read a half, read the other half, or keep."""
        if self._waiting is None:
            self._ask()
        elif self._waiting.called and len(self._halves) < 2:
            self._halves.append(self._handle.file.halves[len(self._halves)])
        elif self._waiting.called:
            self.over = True
            if self._version is not None:
                self._digests.keep(self._handle, self._version, "md5", digest_of(*self._halves))

    def _ask(self) -> None:
        answers: list[str | None] = []
        Deferred.fromCoroutine(self._digests.find(self._handle, "md5")).addCallback(answers.append)
        if answers[0] is not None:
            self.over = self.found = True
            self.wrong = answers[0] != self._handle.file.digest
            return
        self._waiting = Deferred.fromCoroutine(self._digests.begin(self._handle))
        self._waiting.addCallback(self._looked)

    def _looked(self, version: FileVersion | None) -> None:
        self._version = version


class InterleavingTests(SynchronousTestCase):
    """Three files, four clients, and the mistakes that the search has to find."""

    def tried(self, kernel_class: type[ImaginedKernel]) -> tuple[int, int]:
        """Make random steps; return how many answers were found without reading, and how many were wrong."""
        clock, random = Clock(), Random(4)
        files = {inode: ImaginedFile(inode) for inode in (1, 2, 3)}
        kernel = kernel_class(clock, files)
        kept = KeptDigests(clock)
        idle = IdleDigests(kept, kernel, blocking=at_once, clock=clock, busy=lambda: False)
        service = ServiceDigests(DigestSettings(), "md5", kept=kept, files=kernel, watched=None, idle=idle, clock=clock)
        changes, readers = Changes(files, kernel, random), [self.reader(service, files, random) for _ in range(4)]
        found = wrong = 0
        for _ in range(STEPS):
            clock.advance(random.choice(PAUSES_SECONDS))
            if random.random() < 0.1:
                changes.step()
            number = random.randrange(4)
            readers[number].step()
            if readers[number].over:
                found += readers[number].found
                wrong += readers[number].wrong
                readers[number] = self.reader(service, files, random)
        return found, wrong

    def reader(self, service: ServiceDigests, files: dict[int, ImaginedFile], random: Random) -> Reader:
        """Return a client of any of the files."""
        return Reader(SessionDigests(service), files[random.choice(list(files))])

    def test_no_answer_is_of_another_content(self) -> None:
        """And many are found without reading."""
        found, wrong = self.tried(ImaginedKernel)
        self.assertGreater(found, 50)
        self.assertEqual(wrong, 0)

    def test_the_change_time_is_needed(self) -> None:
        """Without it a modification time that is put back hides a change."""
        self.assertGreater(self.tried(WithoutChangeTime)[1], 0)

    def test_the_two_ticks_are_needed(self) -> None:
        """Without them a second change within a tick goes unnoticed."""
        self.assertGreater(self.tried(WithoutTicks)[1], 0)

    def test_the_question_for_writers_is_needed(self) -> None:
        """Without it the end of a long write goes unnoticed."""
        self.assertGreater(self.tried(WithoutWriters)[1], 0)
