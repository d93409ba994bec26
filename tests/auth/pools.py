"""A pool of programs that run in name only, for tests."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.logger import formatEvent

from ftpd_service.auth.programs.program_pool import PoolSettings, ProgramPool
from tests.auth.strangers import Log
from tests.cases import SynchronousTestCase
from tests.runtime.programs import PretendedProcess, ProgramClock

LATER_SECONDS = 60.0
"""So long after its start, no process has ended at once."""


def number(line: bytes) -> int:
    """An answer is a number here."""
    return int(line)


class PoolCase(SynchronousTestCase):
    """A pool of two processes."""

    def setUp(self) -> None:
        self.clock = ProgramClock()
        self.log = Log(self)
        self.pool = self.make()

    def make(self, *, processes: int = 2, persistent: bool = True) -> ProgramPool[int]:
        """A pool."""
        settings = PoolSettings(label="checker x", command=("/bin/x", "-y"), processes=processes, persistent=persistent)
        return ProgramPool(settings, {"PATH": "/bin"}, self.clock, number)

    def ask(self, request: bytes = b"1?", *, host: str = "a", name: bytes = b"alice") -> Deferred[int]:
        """One login."""
        return Deferred.fromCoroutine(self.pool.ask(request, host=host, name=name))

    @property
    def last(self) -> PretendedProcess:
        """The process that started last."""
        return self.clock.started[-1]

    def logged(self) -> list[str]:
        """The lines of the log."""
        return [formatEvent(event) for event in self.log.events]
