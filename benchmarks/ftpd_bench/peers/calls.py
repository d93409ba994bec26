"""Counts the calls of Python functions, and the files they stand in, that one operation costs ftpd-service.

``python -m ftpd_bench.peers.calls`` starts a service with a profiling function, has one client do each operation ten
times, and prints for each time: all calls, those of ftpd_service, and its files.  ``--list`` prints the functions too.
``--python`` names the Python of another checkout's environment.  A resumed coroutine counts as a call.
"""

from __future__ import annotations

import argparse
import ftplib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import IO, Any

from twisted.scripts.twistd import run as run_twistd

from ftpd_bench.peers.place import free_port

TIMES = 10
SETTLE_SECONDS = 0.1
"""The end of an operation that the server goes on with behind its reply."""
STARTS_SECONDS = 20.0

PACKAGE = "/ftpd_service/"
CONFIGURATION = """
listeners:
  - endpoint: "tcp:{port}:interface=127.0.0.1"
accounts:
  bench: {{password: "{{plain}}bench", home: "{home}", permissions: all}}
service: {{allow_root: true}}
"""
Counts = dict[str, int]
"""Calls by "file:function"."""


def serve(out: IO[str]) -> None:
    """Be twistd; SIGUSR2 begins to count and ends it, and each time a line is written."""
    counts: Counter[str] = Counter()
    counting = False

    def count(frame: FrameType, event: str, argument: Any) -> None:  # Any: as `sys.setprofile` has it
        if counting and event == "call":
            counts[f"{frame.f_code.co_filename}:{frame.f_code.co_name}"] += 1

    def toggle(number: int, frame: FrameType | None) -> None:
        nonlocal counting
        counting = not counting
        sys.setprofile(count if counting else None)
        if counting:
            counts.clear()
        out.write(json.dumps({} if counting else counts) + "\n")
        out.flush()

    # Threads are profiled from their start on, as nobody else can begin it for them.
    threading.setprofile(count)
    signal.signal(signal.SIGUSR2, toggle)
    run_twistd()


class Server:
    """A service that counts, in a process of its own."""

    def __init__(self, python: str, folder: Path) -> None:
        """Start it.

        :raises OSError: it takes no connection in time.
        """
        home = folder / "home"
        home.mkdir()
        (home / "small").write_bytes(bytes(4096))
        (home / "large").write_bytes(bytes(8 << 20))
        self.port = free_port()
        file = folder / "ftpd.yaml"
        file.write_text(CONFIGURATION.format(port=self.port, home=home))
        file.chmod(0o600)
        reader, writer = os.pipe()
        command = [python, str(Path(__file__).resolve()), "--serve", str(writer)]
        options = ["-n", "--pidfile=", f"--logfile={folder / 'log'}", "ftpd", "-c", str(file)]
        # The measuring client is not installed in each checkout's environment.
        search = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        self._process = subprocess.Popen([*command, *options], pass_fds=[writer], env=search)
        os.close(writer)
        self._lines = os.fdopen(reader)
        self._await_greeting()

    def counts(self, operation: Callable[[], object]) -> Counts:
        """The calls that one of several times costs, in the mean."""
        self._toggle()
        for _ in range(TIMES):
            operation()
        time.sleep(SETTLE_SECONDS)
        return self._toggle()

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
        self._lines.close()

    def _toggle(self) -> Counts:
        self._process.send_signal(signal.SIGUSR2)
        counts: Counts = json.loads(self._lines.readline())
        return counts

    def _await_greeting(self) -> None:
        until = time.monotonic() + STARTS_SECONDS
        while True:
            try:
                client(self.port).close()
            except OSError:
                if time.monotonic() > until:
                    self.stop()
                    raise
                time.sleep(SETTLE_SECONDS)
            else:
                return


def client(port: int) -> ftplib.FTP:
    """A client that is connected."""
    ftp = ftplib.FTP(timeout=STARTS_SECONDS)
    ftp.connect("127.0.0.1", port)
    return ftp


def session(port: int) -> None:
    """Connect, log in, QUIT."""
    ftp = client(port)
    ftp.login("bench", "bench")
    ftp.quit()


def operations(ftp: ftplib.FTP, port: int) -> dict[str, Callable[[], object]]:
    """What is counted; ftplib says TYPE and PASV before each transfer."""
    return {
        "NOOP": lambda: ftp.voidcmd("NOOP"),
        "session": lambda: session(port),
        "RETR 4 KiB": lambda: ftp.retrbinary("RETR small", len),
        "RETR 8 MiB": lambda: ftp.retrbinary("RETR large", len, 1 << 20),
        "STOR 4 KiB": lambda: ftp.storbinary("STOR up", io.BytesIO(bytes(4096))),
    }


def report(name: str, counts: Counts, *, functions: bool) -> str:
    """A line, and a line for each function that is called each time."""
    ours = {function: number for function, number in counts.items() if PACKAGE in function}
    regular = {function.rpartition(":")[0] for function, number in ours.items() if number >= TIMES / 2}
    lines = [f"{name:12}{sum(counts.values()) / TIMES:8.1f}{sum(ours.values()) / TIMES:8.1f}{len(regular):8}"]
    if functions:
        most_first = sorted(counts.items(), key=lambda item: -item[1])
        lines += [f"  {number / TIMES:8.1f}  {function}" for function, number in most_first if number >= TIMES / 2]
    return "\n".join(lines)


def main() -> None:
    """Count from the command line."""
    if sys.argv[1:2] == ["--serve"]:
        out = os.fdopen(int(sys.argv[2]), "w")
        sys.argv[1:3] = []
        return serve(out)
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", default=sys.executable, help="of the environment that has the service")
    parser.add_argument("--list", action="store_true", help="print the functions too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(given.python, Path(folder))
        try:
            with closing(client(server.port)) as ftp:
                ftp.login("bench", "bench")
                sys.stdout.write(f"{'':12}{'calls':>8}{'ours':>8}{'files':>8}\n")
                for name, operation in operations(ftp, server.port).items():
                    operation()
                    counts = server.counts(operation)
                    sys.stdout.write(report(name, counts, functions=given.list) + "\n")
        finally:
            server.stop()
    return None


if __name__ == "__main__":
    main()
