"""Notifications to systemd (sd_notify(3)), and the sockets that systemd passes (sd_listen_fds(3)).

Outside systemd, that is without ``NOTIFY_SOCKET``, nothing is sent.  Listening descriptors come through Twisted's
``systemd:`` endpoints.  Twisted forgets all sockets if they have no names (``systemd-socket-activate`` without
``--fdname``), and it has removed the variables from the environment by then.  So this module reads the sockets from the
environment with which the process was started.
"""

from __future__ import annotations

import os
import socket
from array import array
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Notifier:
    """The sender of states to the socket that systemd named in the environment.

    :param environ: the process's environment, which is read once.
    :ivar heard: whether systemd asked for states.
    :ivar watchdog_seconds: the time for which systemd waits for a sign of life, or None if it expects none.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        self.heard = bool(self._address)
        self._silent = False
        self.watchdog_seconds = _watchdog_seconds(environ, os.getpid()) if self._address else None

    def send(self, **states: str) -> None:
        """Send states as ``KEY=value`` lines, with keys in upper case, if systemd asked for states.

        A line end in a value becomes a space, because a line of its own would be another state.  A failure is ignored,
        because it is no reason to stop serving.
        """
        self._send(states)

    def store(self, descriptor: int, name: str) -> None:
        """Have systemd keep a copy of a descriptor for the next process, as ``FileDescriptorStoreMax=`` allows."""
        self._send({"fdstore": "1", "fdname": name}, descriptor)

    def forget(self, name: str) -> None:
        """Have systemd close the copies of a name."""
        self._send({"fdstoreremove": "1", "fdname": name})

    def silence(self) -> None:
        """Send nothing from now on: another process is the main process, and systemd would log each message."""
        self._silent = True

    def speak(self) -> None:
        """Send again: this is the main process."""
        self._silent = False

    def _send(self, states: Mapping[str, str], *descriptors: int) -> None:
        if not self.heard or self._silent:
            return
        # A leading @ stands for the abstract namespace, whose names begin with a zero byte.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        message = "\n".join(f"{key.upper()}={' '.join(value.splitlines())}" for key, value in states.items())
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.setblocking(False)
            # socket.send_fds ignores the address in Python 3.10 and 3.11.
            passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", descriptors))] if descriptors else []
            channel.sendmsg([message.encode(errors="replace")], passed, 0, address)


UNSOUND_SECONDS = 1.0
"""The time after which an unsound process is looked at again."""


class Watchdog:
    """Sends ``WATCHDOG=1`` to systemd while the process is sound, twice in the time that systemd allows.

    systemd kills and restarts a process that sends nothing for that time (``WatchdogSec``).
    """

    def __init__(self, notifier: Notifier, problems: Callable[[], Collection[str]], clock: IReactorTime) -> None:
        """Send nothing yet.

        :param problems: returns the reasons why the process is unsound.
        """
        self._notifier = notifier
        self._problems = problems
        self._clock = clock
        self._timer: IDelayedCall | None = None

    def start(self) -> None:
        """Send from now on, if systemd asked for it."""
        if self._notifier.watchdog_seconds is not None:
            self._look(self._notifier.watchdog_seconds / 2)

    def stop(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _look(self, every: float) -> None:
        sound = not self._problems()
        if sound:
            self._notifier.send(watchdog="1")
        self._timer = self._clock.callLater(every if sound else min(every, UNSOUND_SECONDS), self._look, every)


def _watchdog_seconds(environ: Mapping[str, str], process: int) -> float | None:
    if environ.get("WATCHDOG_PID", str(process)) != str(process):
        return None
    try:
        microseconds = int(environ.get("WATCHDOG_USEC", "0"))
    except ValueError:
        return None
    return microseconds / 1_000_000 if microseconds > 0 else None


FIRST_DESCRIPTOR = 3
"""The number of the first passed descriptor."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The sockets that systemd has passed, by position, each with its name or ``unknown``."""

    names: tuple[str, ...] = ()

    def descriptor(self, index: int) -> int | None:
        """Return the descriptor at a position, or None."""
        return FIRST_DESCRIPTOR + index if 0 <= index < len(self.names) else None

    def __str__(self) -> str:
        if not self.names:
            return "no socket"
        return ", ".join(f"index={index} (name={name})" for index, name in enumerate(self.names))


def handed_over(environ: Mapping[str, str], process: int) -> HandedOver:
    """Return the sockets for a process that an environment describes."""
    if environ.get("LISTEN_PID") != str(process):
        return HandedOver()
    try:
        count = int(environ.get("LISTEN_FDS", "0"))
    except ValueError:
        return HandedOver()
    names = [name or "unknown" for name in environ.get("LISTEN_FDNAMES", "").split(":")]
    names += ["unknown"] * max(0, count - len(names))
    return HandedOver(tuple(names[: max(0, count)]))


def started_with() -> Mapping[str, str]:
    """Return the environment with which the process was started, without later changes."""
    try:
        with open("/proc/self/environ", "rb") as file:
            pairs = os.fsdecode(file.read()).split("\0")
    except OSError:
        return os.environ
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)
