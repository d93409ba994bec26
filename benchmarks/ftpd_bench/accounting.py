"""The cost of a server, from the kernel's account in ``/proc``: CPU time and memory of a whole tree of processes.

The time of children that ended is in their parent's account once it has waited for them; a server that lets its
children be adopted by init would hide theirs.  Of live processes the scheduler's nanoseconds are read, since a hundred
processes rounded to ticks of 10 ms each would drown a transfer's cost.  They hold ended threads too, whose time would
otherwise be taken back from what has been measured.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_TICK_SECONDS = 1.0 / os.sysconf("SC_CLK_TCK")
_SCHEDULER = 2
"""CPUCLOCK_SCHED of the kernel: the clock of a process, by its id."""
_MEMORY = ("Pss:", "Rss:")
_GONE = (FileNotFoundError, ProcessLookupError)


class NoProcess(Exception):
    """The process whose cost is asked for is not there."""


@dataclass(frozen=True, slots=True)
class ProcessTime:
    """CPU seconds of one process: its own (ended threads too), and of the children that it has waited for."""

    parent: int
    own_seconds: float
    ended_children_seconds: float


def parse_stat(text: str) -> ProcessTime:
    """Return the fields of ``/proc/PID/stat``; the name in it may contain blanks and brackets."""
    fields = text[text.rindex(")") + 2 :].split()
    user, system, ended_user, ended_system = (int(field) * _TICK_SECONDS for field in fields[11:15])
    return ProcessTime(int(fields[1]), user + system, ended_user + ended_system)


def _own_seconds(pid: int, process: ProcessTime) -> float:
    """CPU time of all threads of a process, in the scheduler's nanoseconds; in ticks once it has ended."""
    try:
        # The clock that clock_getcpuclockid(3) names: Python has it for threads only.
        return time.clock_gettime((~pid << 3) | _SCHEDULER)
    except OSError:
        return process.own_seconds


def _all_processes() -> dict[int, ProcessTime]:
    found: dict[int, ProcessTime] = {}
    for name in os.listdir(PROC):
        if name.isdigit():
            with contextlib.suppress(*_GONE):
                found[int(name)] = parse_stat((PROC / name / "stat").read_text())
    return found


def tree(pid: int) -> dict[int, ProcessTime]:
    """A process and all below it.

    :raises NoProcess: it is not there.
    """
    processes = _all_processes()
    if pid not in processes:
        raise NoProcess(f"there is no process {pid}")
    children: dict[int, list[int]] = {}
    for child, process in processes.items():
        children.setdefault(process.parent, []).append(child)
    found, waiting = {}, [pid]
    while waiting:
        member = waiting.pop()
        found[member] = processes[member]
        waiting.extend(children.get(member, ()))
    return found


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, of all below it, and of those that ended.

    :raises NoProcess: it is not there.
    """
    return sum(_own_seconds(member, process) + process.ended_children_seconds for member, process in tree(pid).items())


def memory_bytes(pid: int) -> int:
    """Memory of a process and all below it, shared pages divided among those that share them.

    :raises NoProcess: it is not there.
    :raises PermissionError: it is another user's.
    """
    total = 0
    for member in tree(pid):
        with contextlib.suppress(*_GONE):
            total += _parse_memory((PROC / str(member) / "smaps_rollup").read_text())
    return total


def _parse_memory(text: str) -> int:
    """The proportional set size of a ``smaps_rollup``, or the resident one."""
    sizes = {words[0]: int(words[1]) * 1024 for line in text.splitlines()[1:] if len(words := line.split()) > 2}
    return next((sizes[name] for name in _MEMORY if name in sizes), 0)
