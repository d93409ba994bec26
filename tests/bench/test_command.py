"""The command ``ftpd-bench``."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from ftpd_bench.main import arguments, load_of
from ftpd_bench.target import BadTarget
from tests.bench.grounds import GroundCase
from tests.cases import SynchronousTestCase


class CommandTests(GroundCase):
    """In a process of its own, as users run it."""

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run it."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        return subprocess.run(
            [sys.executable, "-m", "ftpd_bench.main", *words],
            capture_output=True,
            text=True,
            env=environment,
            timeout=30,
            check=False,
        )

    def test_json(self) -> None:
        """One object with all figures."""
        process = self.server.process
        assert process is not None
        done = self.command("commands", self.server.url, "--count", "20", "--pid", str(process.pid), "--json")
        figures = json.loads(done.stdout)
        self.assertEqual((done.returncode, figures["scenario"], figures["amount"]), (0, "commands", 20))
        self.assertGreater(figures["cpu_ms_each"], 0)

    def test_table(self) -> None:
        """For people."""
        done = self.command("sessions", self.server.url, "--count", "3")
        self.assertEqual(done.stdout.splitlines()[0].split()[:2], ["scenario", "rate/s"])

    def test_a_server_that_is_not_there(self) -> None:
        """Said in one line, and the status is 1."""
        done = self.command("sessions", f"ftp://127.0.0.1:{self.server.free_port()}/")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_a_wrong_url(self) -> None:
        """The status is 2, as for other wrong arguments."""
        self.assertEqual(self.command("sessions", "gopher://x/").returncode, 2)


class ArgumentTests(SynchronousTestCase):
    """What the scenario's usual load becomes."""

    def test_what_is_not_said_is_the_scenarios(self) -> None:
        """A thousand idle sessions, say."""
        self.assertEqual(load_of(arguments(["idle", "ftp://host"])).streams, 1000)

    def test_what_is_said_counts(self) -> None:
        """Size and streams."""
        load = load_of(arguments(["upload", "ftp://host", "--size", "4KiB", "--streams", "7"]))
        self.assertEqual((load.size_bytes, load.streams), (4096, 7))

    def test_no_streams_are_refused(self) -> None:
        """They would be over at once and very fast."""
        self.assertRaises(BadTarget, load_of, arguments(["upload", "ftp://host", "--streams", "0"]))

    def test_a_hang_needs_a_file(self) -> None:
        """No other one is known to hang."""
        self.assertRaises(BadTarget, load_of, arguments(["hang", "ftp://host"]))

    def test_the_file_that_hangs(self) -> None:
        """Below the URL."""
        self.assertEqual(load_of(arguments(["hang", "ftp://host", "--file", "disk/file"])).file, "disk/file")
