"""The network of a run: a namespace of its own with a loopback of its own, where the kernel and the user allow that.

No other traffic, no packet filter and no tuned setting of the host takes part then.  Above all CUBIC, the kernel's
default, decides when bytes are sent.  BBR, which hosts may have instead, paces them by timers, on loopback too, so that
a figure says more about timers than about a server (seen: the same transfer at 3,000 or at 7,500 MiB/s, by chance).

A host may forbid all of this: a container has no right to a namespace, and ``net.ipv4.tcp_allowed_congestion_control``
may leave CUBIC out.  Then the run goes on with what it has, and `enter` says so.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Protocol

CONGESTION_CONTROL = Path("/proc/sys/net/ipv4/tcp_congestion_control")
WANTED = ("cubic", "reno")
"""In this order: neither paces by timers, and without loss, as on loopback, both send alike."""

_CLONE_NEWNET = 0x40000000
_GET_FLAGS, _SET_FLAGS = 0x8913, 0x8914
"""SIOCGIFFLAGS and SIOCSIFFLAGS of netdevice(7)."""
_UP = 1


def enter() -> str:
    """Have this thread, and all that it starts, in a new network if that is allowed.

    :return: the congestion control, whose network it is, and what could not be had.
    :raises OSError: there is a new network that cannot be used, and no way back.
    """
    try:
        _enter_own()
    except OSError as problem:
        return f"{CONGESTION_CONTROL.read_text().strip()} in the network of this host ({problem.strerror})"
    chosen = choose(CONGESTION_CONTROL)
    return f"{chosen} in a network of its own" + ("" if chosen == WANTED[0] else f" ({WANTED[0]} is not allowed here)")


def _enter_own() -> None:
    """Enter a new network with a loopback.

    :raises OSError: this is not allowed; the thread is in the network of the host.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as before:
        if libc.unshare(_CLONE_NEWNET) != 0:
            raise _last_error()
        try:
            _bring_loopback_up()
        except OSError:
            if libc.setns(before.fileno(), _CLONE_NEWNET) != 0:
                raise _last_error() from None
            raise


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))


class Setting(Protocol):
    """A file of the kernel's settings, as `pathlib.Path` gives it."""

    def read_text(self) -> str:
        """The settings in force."""

    def write_text(self, data: str) -> int:
        """Ask for something else; an OSError where that is not allowed."""


def choose(control: Setting) -> str:
    """Set the first congestion control that is allowed; the name of that which is in force then."""
    for name in WANTED:
        with suppress(OSError):
            control.write_text(name)
            break
    return control.read_text().strip()


def _bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = fcntl.ioctl(any_socket, _GET_FLAGS, struct.pack("16sH22x", b"lo", 0))
        (flags,) = struct.unpack_from("16xH", request)
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH22x", b"lo", flags | _UP))
