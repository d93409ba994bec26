"""The certificates in force: changed files are read again without a reload.

Each look compares times, sizes and inodes, beside the reactor.  Changed files are read once two looks in a row agree,
so that no pair is read while only half of it is replaced.  A wrong file is an error in the log, once, and the old
certificates stay in force.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpd_service.events import CertificatesRefused, CertificatesReplaced
from ftpd_service.interfaces import Blocking, Emit, Now
from ftpd_service.tls.contexts import prove
from ftpd_service.tls.loading import CertificateProblem, Loaded, Marks, files, load, marks
from ftpd_service.tls.settings import TlsSettings

LOOK_SECONDS = 1.5
"""The time between two looks; a change is in force after two looks."""
_REMINDED_EVERY = timedelta(days=1)

_log = Logger(namespace="ftpd.tls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """Certificates that OpenSSL accepts."""

    settings: TlsSettings
    loaded: Loaded
    marks: Marks
    """The marks of the files just before they were read."""


def proved(settings: TlsSettings) -> Proved:
    """Read the certificates of a configuration and test them; waits for disks.

    :raises CertificateProblem: for the first wrong file.
    """
    seen = marks(files(settings))
    loaded = load(settings)
    prove(loaded, settings)
    return Proved(settings=settings, loaded=loaded, marks=seen)


class Certificates:
    """The certificates of a configuration.

    :ivar loaded: the certificates in force; a session takes them when its TLS begins.
    """

    def __init__(self, first: Proved, *, clock: IReactorTime, blocking: Blocking, now: Now, emit: Emit) -> None:
        """Take the first certificates."""
        self.settings = first.settings
        self.loaded, self._marks = first.loaded, first.marks
        self._candidate = self._marks
        self._blocking = blocking
        self._now = now
        self._emit = emit
        self._reminded: datetime | None = None
        self._watch = LoopingCall.withCount(self._look)
        self._watch.clock = clock

    def start(self) -> None:
        """Begin to watch the files, and warn of certificates that expire soon."""
        self._watch.start(LOOK_SECONDS, now=False).addErrback(self._broken)
        self._remind()

    def stop(self) -> None:
        """Stop watching; safe to call again."""
        if self._watch.running:
            self._watch.stop()

    def _look(self, count: int) -> Deferred[None]:
        return Deferred.fromCoroutine(self._looked())

    async def _looked(self) -> None:
        if self._time() - (self._reminded or self._time()) >= _REMINDED_EVERY:
            self._remind()
        seen = await self._blocking(partial(marks, files(self.settings)))
        former, self._candidate = self._candidate, seen
        if seen == self._marks or seen != former:
            return
        self._marks = seen
        try:
            fresh = await self._blocking(partial(proved, self.settings))
        except CertificateProblem as problem:
            self._emit(CertificatesRefused(path=self.settings.pair.certificate, reason=str(problem)))
            return
        self.loaded, self._marks = fresh.loaded, fresh.marks
        self._emit(CertificatesReplaced(path=self.settings.pair.certificate))
        self._remind()

    def _broken(self, failure: Failure) -> None:
        _log.failure("certificates are no longer watched: restart the service", failure=failure)

    def _remind(self) -> None:
        now = self._time()
        self._reminded = now
        for text in self.loaded.warnings(now):
            _log.warn("{text}", text=text)

    def _time(self) -> datetime:
        return datetime.fromtimestamp(self._now(), timezone.utc)
