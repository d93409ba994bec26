"""The kernel's account of a tree of processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from ftpd_bench.accounting import NoProcess, cpu_seconds, memory_bytes, parse_stat, tree
from tests.cases import SynchronousTestCase

BURNT_SECONDS = 0.2
BURN = f"import time\nuntil = time.process_time() + {BURNT_SECONDS}\nwhile time.process_time() < until: pass\n"
# What has ended is in the kernel's ticks only, user's and system's each rounded down.
ROUNDING_SECONDS = 2 / os.sysconf("SC_CLK_TCK") + 1e-6
ENDED_CHILD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN!r}])\n"
THREAD = f"import threading\nthread = threading.Thread(target=lambda: exec({BURN!r}))\nthread.start(); thread.join()\n"
WAIT = "print(flush=True)\nsys = __import__('sys')\nsys.stdin.read()\n"
MEBIBYTES = 64
HOLD = f"held = bytearray({MEBIBYTES} << 20)\nfor at in range(0, len(held), 4096): held[at] = 1\n"


class AccountTests(SynchronousTestCase):
    """Against real processes, each of which says when it has done its part."""

    def started(self, code: str) -> int:
        """A process that has run this code and waits."""
        process = subprocess.Popen([sys.executable, "-c", code + WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin is not None and process.stdout is not None
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        process.stdout.readline()
        return process.pid

    def test_own_time(self) -> None:
        """What the process itself used."""
        self.assertGreaterEqual(cpu_seconds(self.started(BURN)), BURNT_SECONDS)

    def test_time_of_ended_children(self) -> None:
        """A server that forks for each session has it there."""
        self.assertGreaterEqual(cpu_seconds(self.started(ENDED_CHILD)), BURNT_SECONDS - ROUNDING_SECONDS)

    def test_time_of_ended_threads(self) -> None:
        """A thread that is gone has cost what it cost."""
        self.assertGreaterEqual(cpu_seconds(self.started(THREAD)), BURNT_SECONDS)

    def test_waiting_costs_nothing(self) -> None:
        """Only the CPU's time counts, not the clock's."""
        pid = self.started("")
        before = cpu_seconds(pid)
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", BURN], check=True)
        self.assertLess(cpu_seconds(pid) - before, (time.monotonic() - began) / 4)

    def test_a_tree_holds_the_children(self) -> None:
        """Ours among them."""
        self.assertIn(self.started(""), tree(os.getpid()))

    def test_memory(self) -> None:
        """What is held is seen."""
        self.assertGreater(memory_bytes(self.started(HOLD)) - memory_bytes(self.started("")), (MEBIBYTES - 4) << 20)

    def test_no_such_process(self) -> None:
        """It is not taken for one that costs nothing."""
        process = subprocess.Popen([sys.executable, "-c", ""])
        process.wait()
        self.assertRaises(NoProcess, cpu_seconds, process.pid)


class StatTests(SynchronousTestCase):
    """The line in ``/proc/PID/stat``."""

    def test_a_name_with_blanks_and_brackets(self) -> None:
        """Fields are counted behind the last bracket."""
        tick = 1 / os.sysconf("SC_CLK_TCK")
        line = "7 (a) b (c)) S 3 7 7 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 5"
        found = parse_stat(line)
        self.assertEqual(found.parent, 3)
        self.assertAlmostEqual(found.own_seconds, 30 * tick)
        self.assertAlmostEqual(found.ended_children_seconds, 70 * tick)
