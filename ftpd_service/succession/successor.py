"""A new process on its way to replace this process.

A shell starts it, beside the reactor.  A plain fork would copy locks that other threads hold; and the shell waits for
the disk that has the program, if the disk hangs.  The new process gets a session of its own, and its parent is the
system's first process (or systemd for users): systemd learns of the death of a main process only as its parent.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TooLate
from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.interfaces import Blocking
from ftpd_service.succession.handover_text import HANDOVER_VARIABLE, Handover, PassedSocket, written_handover
from ftpd_service.succession.process_channel import READY, SERVING, STARTING, Channel, LastLines, connect
from ftpd_service.succession.start_command import StartCommand

STANDARD_ERROR = 2

_LAUNCH = """cd -- "$1" && shift && exec setsid --fork /bin/sh -c 'echo "$$" >&2; exec "$@"' sh "$@" """
"""``setsid --fork`` leaves the process to the system's first process; the inner shell tells the process id."""

LAUNCH_SECONDS = 10.0
"""The time for which a thread waits for the first shell."""

LAST_WORDS_SECONDS = 1.0
"""The time in which the last lines of a process that has ended arrive."""

_OF_ONE_PROCESS = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID", HANDOVER_VARIABLE)
"""The variables that systemd, or a predecessor, has set for this process alone."""


class SuccessorFailed(Exception):
    """The new process cannot be started, has ended or is not ready in time; the text has its last lines."""


class Successor:
    """A new process on its way to replace this process."""

    def __init__(self, reactor: PosixReactorBase) -> None:
        self._reactor = reactor
        self._channel = Channel(self._said, self._closed)
        self._errors = LastLines()
        self._numbers: dict[str, int] = {}
        self._waiting: tuple[str, Deferred[None]] | None = None
        self._ended = False

    @property
    def pid(self) -> int:
        """The process id, or 0 as long as it is not known."""
        return self._numbers.get(READY) or self._numbers.get(STARTING) or self._errors.pid

    async def start(
        self,
        command: StartCommand,
        *,
        environment: Mapping[str, str],
        sockets: Sequence[PassedSocket],
        blocking: Blocking,
    ) -> None:
        """Start the process.

        :param sockets: the process gets copies of them.
        :raises SuccessorFailed: the system refuses.
        """
        try:
            launch = self._launch(command, environment, sockets)
            await blocking(launch, discard=_nothing)
        except OSError as problem:
            raise SuccessorFailed(f"it cannot be started: {problem}") from problem

    def _launch(
        self, command: StartCommand, environment: Mapping[str, str], sockets: Sequence[PassedSocket]
    ) -> _Launch:
        channel, theirs = socket.socketpair()
        connect(channel, self._channel, self._reactor)
        errors, their_errors = socket.socketpair()
        connect(errors, self._errors, self._reactor)
        copies = tuple(_Copy.of(passed) for passed in sockets)
        return _Launch(command=command, environment=environment, channel=theirs, errors=their_errors, copies=copies)

    async def heard(self, word: str) -> int:
        """Wait until the process has said a word, and return the number behind the word.

        :raises SuccessorFailed: the process has ended.
        """
        if word not in self._numbers and not self._ended:
            waiter: Deferred[None] = Deferred()
            self._waiting = (word, waiter)
            await waiter
        if word in self._numbers:
            return self._numbers[word]
        with suppress(TooLate):
            await self._errors.ended().addTimeout(LAST_WORDS_SECONDS, self._reactor)
        raise SuccessorFailed(" | ".join(("it has ended", *self._errors.lines)))

    def say(self, word: str) -> None:
        """Send the process a word."""
        self._channel.say(word)

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The last lines that the process has written on its standard error."""
        return tuple(self._errors.lines)

    def kill(self) -> None:
        """End the process, if it still runs, and everything that it has started in its session."""
        if self._ended:
            # Its number may be that of a different process by now.
            return
        for pid in {self._errors.pid, *self._numbers.values()} - {0}:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            with suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
        self._channel.close()

    def _said(self, word: str, number: int) -> None:
        if word in (STARTING, READY, SERVING):
            self._numbers[word] = number
            self._wake(word)

    def _closed(self) -> None:
        self._ended = True
        self._wake(None)

    def _wake(self, word: str | None) -> None:
        if self._waiting is not None and word in (self._waiting[0], None):
            waiter, self._waiting = self._waiting[1], None
            if not waiter.called:
                waiter.callback(None)


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy of a socket, which belongs to nobody else: its number stays the same until the process has started."""

    passed: PassedSocket
    held: socket.socket

    @classmethod
    def of(cls, passed: PassedSocket) -> _Copy:
        held = socket.socket(fileno=os.dup(passed.descriptor))
        return cls(replace(passed, descriptor=held.fileno()), held)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Launch:
    """The start itself, for a thread; it closes the descriptors that it is given."""

    command: StartCommand
    environment: Mapping[str, str]
    channel: socket.socket
    errors: socket.socket
    copies: tuple[_Copy, ...]

    def __call__(self) -> None:
        """Start the process, without a wait for its program.

        :raises OSError: the system refuses.
        """
        with ExitStack() as closing:
            for held in (self.channel, self.errors, *(copy.held for copy in self.copies)):
                closing.enter_context(held)
            own_errors = os.dup(STANDARD_ERROR)
            closing.callback(os.close, own_errors)
            self._run(own_errors)

    def _run(self, own_errors: int) -> None:
        sockets = tuple(copy.passed for copy in self.copies)
        handover = Handover(channel=self.channel.fileno(), errors=own_errors, sockets=sockets)
        environment = {name: value for name, value in self.environment.items() if name not in _OF_ONE_PROCESS}
        shell = subprocess.Popen(
            ["/bin/sh", "-c", _LAUNCH, "sh", self.command.directory, *self.command.words],
            env={**environment, HANDOVER_VARIABLE: written_handover(handover)},
            stderr=self.errors.fileno(),
            pass_fds=(handover.channel, own_errors, *(passed.descriptor for passed in sockets)),
        )
        with suppress(subprocess.TimeoutExpired):
            shell.wait(LAUNCH_SECONDS)


def _nothing(result: None) -> None:
    """Leave a start alone whose caller has given up: the process ends, because its channel is closed."""
