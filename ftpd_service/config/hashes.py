"""The cost of stored passwords, computed from their parameters without hashing anything."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ftpd_service.auth.passwords import Cost, cost

MUCH_BYTES = 1024**3
MUCH_SECONDS = 5.0
MANY_THREADS = 64

# These figures were measured on a core of 2020.  They are good enough to tell seconds from hours.
_BYTES_A_SECOND = 1024**3
_SECONDS_A_PASS = 5.7e-5
_SECONDS_A_ROUND = 5e-7


@dataclass(frozen=True, slots=True)
class Verdict:
    """A problem with a stored password."""

    works: bool
    """Whether a login with this password can succeed."""
    text: str


def judged(stored: str, *, login_seconds: float, machine_bytes: int) -> Verdict | None:
    """Return a problem with the cost of a stored password, or None; the text shows no part of the password.

    :param login_seconds: the time that a login may take.
    :param machine_bytes: the memory of this machine.
    """
    takes = cost(stored)
    seconds = _seconds(takes)
    again = "make the hash again with a lower cost"
    memory = f"each login takes {_size(takes.memory_bytes)} of memory"
    if takes.memory_bytes > machine_bytes:
        return Verdict(False, f"{memory}, and this machine has {_size(machine_bytes)}: {again}")
    if seconds > login_seconds:
        text = f"each login takes some {_duration(seconds)}, and limits.login_timeout is {login_seconds:g} s: {again}"
        return Verdict(False, text)
    if takes.memory_bytes > MUCH_BYTES:
        return Verdict(True, f"{memory}: some logins at once may use all of it; {again}")
    if seconds > MUCH_SECONDS:
        return Verdict(True, f"each login takes some {_duration(seconds)} of computing: {again}")
    if takes.threads > MANY_THREADS:
        return Verdict(True, f"each login starts {takes.threads} threads: make the hash again with a lower p")
    return None


def machine_bytes() -> int:
    """Return the memory of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _seconds(takes: Cost) -> float:
    rest = _SECONDS_A_ROUND if takes.exclusive else _SECONDS_A_PASS
    return takes.passes * (takes.memory_bytes / _BYTES_A_SECOND + rest)


def _size(count: int) -> str:
    return f"{count / 1024**3:.1f} GiB"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 3600:.1f} hours"
