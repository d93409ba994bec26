"""The older process, as its successor sees it."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress

from twisted.internet.defer import Deferred
from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.succession.given_sockets import GivenSockets, from_systemd
from ftpd_service.succession.handover_text import (
    HANDOVER_VARIABLE,
    BrokenHandover,
    Handover,
    PassedSocket,
    read_handover,
)
from ftpd_service.succession.pid_file import PidFile, TwistdOptions, without_own_rights
from ftpd_service.succession.process_channel import READY, SERVE, SERVING, STARTING, Channel, connect
from ftpd_service.systemd import handed_over, started_with

_STANDARD_ERROR = 2


class PredecessorGone(Exception):
    """The older process has given this process up, or has ended."""


class Predecessor:
    """The older process, which this process replaces.

    :param handover: the descriptors that it has passed.
    :param pid_file: names the older process until this process serves.
    """

    def __init__(self, handover: Handover, pid_file: PidFile) -> None:
        self._handover = handover
        self._pid_file = pid_file
        self._end: socket.socket | None = socket.socket(fileno=handover.channel)
        self._channel = Channel(self._said, self._closed)
        self._turn: Deferred[None] = Deferred()

    @property
    def sockets(self) -> tuple[PassedSocket, ...]:
        """The listening sockets that it has passed."""
        return self._handover.sockets

    def starting(self) -> None:
        """Tell the process id, after the last fork, so that the older process can end a process that hangs."""
        assert self._end is not None, "the reactor has the channel only later"
        with suppress(OSError):
            self._end.sendall(f"{STARTING} {os.getpid()}\n".encode())

    async def turn(self, reactor: PosixReactorBase) -> None:
        """Tell that this process is ready, and wait until it shall serve.

        :raises PredecessorGone: it shall not.
        """
        end, self._end = self._end, None
        assert end is not None, "this process is ready once"
        connect(end, self._channel, reactor)
        self._channel.say(f"{READY} {os.getpid()}")
        await self._turn

    def take_place(self) -> None:
        """Do what waits for disks at the change of processes."""
        self._pid_file.write()

    def serving(self) -> None:
        """Tell that this process serves, and write to the standard error of the older process from now on."""
        self._pid_file.own()
        os.dup2(self._handover.errors, _STANDARD_ERROR)
        os.close(self._handover.errors)
        self._channel.say(SERVING)
        self._channel.close()

    def _said(self, word: str, number: int) -> None:
        if word == SERVE and not self._turn.called:
            self._turn.callback(None)

    def _closed(self) -> None:
        if not self._turn.called:
            self._turn.errback(PredecessorGone("the older process has given this process up, or has ended"))


def predecessor_of(environ: MutableMapping[str, str], options: TwistdOptions | None) -> Predecessor | None:
    """Return the process that an environment names as the predecessor, or None; remove the variable.

    :param options: twistd's options, in which a successor has no PID file yet, and no other user.
    :raises BrokenHandover: the variable cannot be understood.
    """
    text = environ.pop(HANDOVER_VARIABLE, None)
    if text is None:
        return None
    handover = read_handover(text)
    try:
        for descriptor in (handover.channel, handover.errors, *(passed.descriptor for passed in handover.sockets)):
            # Programs that the server starts must not get them.
            os.set_inheritable(descriptor, False)
    except OSError as problem:
        raise BrokenHandover(f"{HANDOVER_VARIABLE} names a descriptor that is not open") from problem
    pid_file = PidFile(options)
    pid_file.hide()
    without_own_rights(options)
    return Predecessor(handover, pid_file)


def sockets_at_start(predecessor: Predecessor | None) -> GivenSockets:
    """Return the listening sockets that the process was given, by a predecessor or by systemd.

    Call this before twistd's change to the background, after which the process has another id.
    """
    if predecessor is not None:
        return GivenSockets(predecessor.sockets)
    return GivenSockets(from_systemd(handed_over(started_with(), os.getpid())))
