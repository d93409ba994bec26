"""The parts of the process outside the service: signals, the exit, the log, the garbage collector, root's rights.

The command line puts these around the service.  A program that embeds the service does without them.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from twisted.application.service import MultiService
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.posixbase import PosixReactorBase
from twisted.logger import Logger
from twisted.python.components import Componentized

from ftpd_service.descriptor_limit import DescriptorLimit
from ftpd_service.observe.twistd_log import TwistdLog
from ftpd_service.running_service import CannotServe, CannotUpgrade
from ftpd_service.service import FtpService
from ftpd_service.service_parts import AttachedPart
from ftpd_service.succession.process_upgrade import ProcessUpgrade

_log = Logger(namespace="ftpd")

_YOUNG_OBJECTS = 2_000
"""The number of new objects at which the garbage collector runs.

It exceeds a page of a listing, which is freed as a whole.  The collector does not count the memory that OpenSSL holds:
crowds of 500 half-open handshakes leave as much memory as with 1,000, and left 40 MB more with 5,000 (measured).
"""

_Handler = Callable[[int, FrameType | None], Any] | int | None  # Any: as `signal.signal` declares it


_AS_ROOT = (
    "refused to serve as root: a fault of this program would have all rights on this host. Run it as another user, as"
    " the unit of 'ftpd-service print unit' does, or by 'twistd --uid USER --gid GROUP ftpd -c FILE', which gives"
    " root's rights up once the ports are open; or set service.allow_root to true"
)


class CannotStart(SystemExit, Exception):
    """The service cannot start; the operator sees only this text.

    As a SystemExit it ends the process with a single line and status 1 instead of a traceback.  As an Exception it
    reaches twistd's own except clause, which removes the PID file and tells the waiting parent of a daemon.
    """

    def __init__(self, text: str) -> None:
        super().__init__(1)
        self._text = text

    def __str__(self) -> str:
        return self._text


class ServiceProcess(MultiService):
    """The process of the service: SIGTERM and SIGINT stop it in order, and at once the second time; SIGHUP reloads.

    The former signal handlers return when the service has stopped.

    :ivar log: the log of a process that runs only this service, or None.
    :ivar upgrade: replaces this process at SIGUSR2, or None.
    """

    log: TwistdLog | None = None
    upgrade: ProcessUpgrade | None = None

    def __init__(self, service: FtpService, reactor: PosixReactorBase) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted has no types here
        self._service = service
        self._reactor = reactor
        self._former: dict[int, _Handler] = {}
        self._stopping = False
        service.leave = self._leave
        service.attach(AttachedPart(DescriptorLimit(), lambda config: config.limits.sessions))
        service.setServiceParent(self)  # type: ignore[no-untyped-call]  # likewise

    def setServiceParent(self, parent: object) -> None:
        """Set the parent; twistd's Application also gets the log's observer, which twistd looks for next."""
        if self.log is not None and isinstance(parent, Componentized):
            self.log.install(parent)
        super().setServiceParent(parent)  # type: ignore[no-untyped-call]  # Twisted has no types here

    def privilegedStartService(self) -> None:
        """Start the log, because twistd has forked by now, and open the ports.

        :raises CannotStart: a port cannot be opened.
        """
        if self.log is not None:
            self.log.start()
        try:
            MultiService.privilegedStartService(self)
        except CannotServe as problem:
            raise self._cannot_start(problem) from problem

    def startService(self) -> None:
        """Start the service, and install the signal handlers.

        :raises CannotStart: the remaining rights do not suffice, or are root's.
        """
        # twistd has given up root's rights by now, if it was told to.
        if os.geteuid() == 0 and not self._service.config.service.allow_root:
            raise self._cannot_start(CannotServe(_AS_ROOT))
        # This precedes the service's READY, because systemd may send a signal right after that.
        self._reactor.callWhenRunning(self._take_ends)
        try:
            MultiService.startService(self)
        except CannotServe as problem:
            raise self._cannot_start(problem) from problem
        _calm_collector()
        _tell_aborts()
        if os.geteuid() == 0:
            _log.warn("running as root (service.allow_root): a fault of this program has all rights on this host")
        self._take(signal.SIGHUP, self._on_hup)
        if self.upgrade is not None:
            self._service.upgrade = self.upgrade.ask
        # Without a handler the signal would end the process.
        self._take(signal.SIGUSR2, self._on_usr2)

    def _cannot_start(self, problem: CannotServe) -> CannotStart:
        """Report that the service cannot start: in the log, and on standard error unless the log goes there too."""
        text = f"ftpd: {problem}"
        _log.critical("{text}", text=text)
        # sys.stderr itself now leads to twistd's log.
        terminal = sys.__stderr__
        if terminal is not None and not (self.log is not None and self.log.shown_on(terminal.fileno())):
            terminal.write(f"{text}\n")
        return CannotStart(text)

    def _take_ends(self) -> None:
        # The reactor installs its own handlers as it starts, and those make the exit status 143; so ours come later.
        self._take(signal.SIGTERM, self._on_end)
        self._take(signal.SIGINT, self._on_end)

    def _take(self, number: signal.Signals, handler: Callable[[int, FrameType | None], None]) -> None:
        self._former[number] = signal.signal(number, handler)

    def stopService(self) -> Deferred[None]:
        """Stop the service, then restore the former signal handlers."""
        if self.upgrade is not None:
            self.upgrade.stop()
        stopped: Deferred[None] = MultiService.stopService(self)
        return stopped.addBoth(self._give_back)

    def _give_back(self, result: object) -> object:
        former, self._former = self._former, {}
        for number, handler in former.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        return result

    def _on_hup(self, number: int, frame: FrameType | None) -> None:
        self._reactor.callFromThread(self._service.reload)

    def _on_usr2(self, number: int, frame: FrameType | None) -> None:
        self._reactor.callFromThread(self._upgrade)

    def _upgrade(self) -> None:
        # The reason of a failure is in the log.
        self._service.upgrade().addErrback(lambda failure: failure.trap(CannotUpgrade))

    def _on_end(self, number: int, frame: FrameType | None) -> None:
        self._reactor.callFromThread(self._end)

    def _end(self) -> None:
        """Stop in order at the first signal, and at once at the second."""
        if self._stopping:
            self._service.cut_off("a second signal")
        self._leave()

    def _leave(self) -> None:
        """Stop in order, unless the process does so already."""
        if not self._stopping:
            self._stopping = True
            self._reactor.stop()


def use_steady_clock(reactor: ReactorBase) -> None:
    """Have the timed calls of a reactor follow a clock that is never set, unless it already has timed calls.

    Twisted's own clock is the system's time.  When that is set back by an hour, all timed calls are an hour late, among
    them each timeout and the signs of life for systemd's watchdog.
    """
    if not reactor.getDelayedCalls():
        reactor.seconds = time.monotonic


def _tell_aborts() -> None:
    """Have the stacks of all threads written when the process is aborted, as systemd does with one that hangs."""
    # sys.stderr itself now leads to twistd's log.
    if sys.__stderr__ is not None:
        faulthandler.enable(sys.__stderr__)


def _calm_collector() -> None:
    """Have the garbage collector run less often, and never look at permanent objects again.

    Reference counts free commands and transfers, and only ended sessions wait for the collector.  The collector took a
    tenth of a listing's time (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 10, 10)
