"""The upgrade of a running process: a new process takes its sockets over, and the older one ends with its sessions.

1. This process starts its own command line again, with copies of its listening sockets (``successor.py``).
2. The new process reads the configuration and opens what it needs, but accepts no connection.  It says that it is
   ready, and waits.
3. This process tells systemd the new main process, and tells the new process to serve.
4. The new process serves, and says so.  This process closes its copies of the sockets, and ends when its sessions have
   ended (``FtpService.succeeded``).

If the new process ends or is silent before step 4, it is killed, and this process serves as before.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.internet.defer import TimeoutError as TooLate
from twisted.internet.posixbase import PosixReactorBase
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpd_service.observe.escapes import escaped
from ftpd_service.running_service import CannotUpgrade, ServiceState
from ftpd_service.service import FtpService
from ftpd_service.succession.pid_file import PidFile
from ftpd_service.succession.process_channel import READY, SERVE, SERVING
from ftpd_service.succession.start_command import StartCommand
from ftpd_service.succession.successor import Successor, SuccessorFailed
from ftpd_service.systemd import Notifier

_log = Logger(namespace="ftpd")


class ProcessUpgrade:
    """Replaces this process on request.

    :param command: starts the new process.
    :param environment: the environment of this process.
    :param pid_file: this process's PID file.
    """

    def __init__(
        self,
        service: FtpService,
        reactor: PosixReactorBase,
        *,
        command: StartCommand,
        environment: Mapping[str, str],
        notifier: Notifier,
        pid_file: PidFile,
    ) -> None:
        self._service = service
        self._reactor = reactor
        self._command = command
        self._environment = environment
        self._notifier = notifier
        self._pid_file = pid_file
        self._running: Deferred[int] | None = None
        self._replaced_by = 0

    def ask(self) -> Deferred[int]:
        """Replace this process; the Deferred fires with the id of the new process when that serves.

        It fails with `CannotUpgrade` if this process goes on to serve; the log has the reason too.
        """
        refusal = self._refusal()
        if refusal:
            _log.error("upgrade refused: {reason}", reason=refusal)
            return fail(CannotUpgrade(refusal))
        _log.info("upgrade: starting {command}", command=escaped(self._command.words[0]))
        self._running = Deferred.fromCoroutine(self._upgraded())
        answer: Deferred[int] = Deferred()
        self._running.addBoth(self._over).chainDeferred(answer)
        return answer

    def stop(self) -> None:
        """End a new process that does not serve yet, because this process ends."""
        if self._running is not None:
            self._running.cancel()

    def _refusal(self) -> str:
        """Return the reason why no upgrade can begin, or an empty text."""
        if self._running is not None:
            return "an upgrade is going on already"
        if self._replaced_by:
            return f"process {self._replaced_by} has replaced this process, which only ends its sessions"
        if self._service.state is not ServiceState.SERVING:
            return "this process does not serve: it still starts, or it drains"
        if os.getpid() == 1:
            return (
                "this is the first process of a container, which ends with it: start a new container, and stop this"
                " one with a long limits.drain_timeout"
            )
        return ""

    def _over(self, outcome: int | Failure) -> int | Failure:
        self._running = None
        if isinstance(outcome, Failure) and not outcome.check(CannotUpgrade):
            if not outcome.check(CancelledError):
                _log.failure("the upgrade has failed, and this process goes on to serve", failure=outcome)
            return Failure(CannotUpgrade("this process ends, or has a fault that its log tells"))
        return outcome

    async def _upgraded(self) -> int:
        changing = self._service.changing
        try:
            await changing.acquire().addTimeout(self._seconds, self._reactor)
        except TooLate as problem:
            raise self._failed("a reload is not over yet: its disk may hang") from problem
        try:
            self._demand_serving()
            return await self._replaced()
        finally:
            changing.release()

    def _demand_serving(self) -> None:
        """Give the upgrade up if a drain has begun, which closes the sockets of the new process too.

        :raises CannotUpgrade: it has.
        """
        if self._service.state is not ServiceState.SERVING:
            reason = "the service drains by now"
            _log.error("upgrade given up: {reason}", reason=reason)
            raise CannotUpgrade(reason)

    async def _replaced(self) -> int:
        successor = Successor(self._reactor)
        try:
            return await self._steps(successor)
        except (SuccessorFailed, TooLate) as problem:
            successor.kill()
            text = str(problem) if isinstance(problem, SuccessorFailed) else self._silence(successor)
            raise self._failed(f"the new process has failed: {text}") from problem
        except BaseException:
            successor.kill()
            raise

    async def _steps(self, successor: Successor) -> int:
        seconds = self._seconds
        await Deferred.fromCoroutine(self._ready(successor)).addTimeout(seconds, self._reactor)
        self._demand_serving()
        self._notifier.send(mainpid=str(successor.pid))
        successor.say(SERVE)
        await Deferred.fromCoroutine(successor.heard(SERVING)).addTimeout(seconds, self._reactor)
        self._replaced_by = successor.pid
        self._notifier.silence()
        self._pid_file.forget()
        _log.info("upgrade: process {pid} serves now, and this process ends with its sessions", pid=successor.pid)
        self._service.succeeded()
        return successor.pid

    @property
    def _seconds(self) -> float:
        return self._service.config.service.upgrade_seconds

    async def _ready(self, successor: Successor) -> None:
        await successor.start(
            self._command,
            environment=self._environment,
            sockets=self._service.open_ports.sockets,
            blocking=self._service.kept.pool.service,
        )
        await successor.heard(READY)

    def _silence(self, successor: Successor) -> str:
        told = f"it is not ready after {self._seconds:.0f} s (service.upgrade_timeout)"
        return " | ".join((told, *successor.last_lines))

    def _failed(self, reason: str) -> CannotUpgrade:
        """Report a failed upgrade: this process is the main process, and serves."""
        text = escaped(reason)
        _log.error("upgrade failed, and this process goes on to serve: {reason}", reason=text)
        self._notifier.send(mainpid=str(os.getpid()), status=f"serving; the last upgrade has failed: {text}")
        return CannotUpgrade(text)
