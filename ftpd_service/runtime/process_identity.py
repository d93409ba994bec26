"""The identity of a process of this host, by which another process can tell later whether it still runs."""

from __future__ import annotations

import os
from pathlib import Path

from ftpd_service.kernel.change_times import boot_name

_START_FIELD = 19
"""The place of the start time behind the name of the program in /proc/PID/stat (proc(5))."""


def own_identity() -> str:
    """Return a text that no other process of this host has, also after a restart of the host."""
    return _identity(os.getpid()) or f"{os.getpid()}"


def is_running(identity: str) -> bool:
    """Return whether the process with an identity still runs."""
    number = identity.partition(":")[0]
    return number.isascii() and number.isdigit() and _identity(int(number)) == identity


def _identity(process: int) -> str | None:
    try:
        facts = Path(f"/proc/{process}/stat").read_text(errors="replace")
    except OSError:
        return None
    # The name of the program stands in parentheses and may hold any character.
    started = facts.rpartition(")")[2].split()[_START_FIELD]
    return f"{process}:{started}:{boot_name()}"
