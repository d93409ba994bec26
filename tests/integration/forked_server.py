"""A server that starts within a moment: a process with all modules loaded forks it anew after each kill.

Run as a program, it is that process: for each line of its input it forks a server, tells its process id, and tells its
end.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import subprocess
import sys

import twisted.internet
from twisted.internet import epollreactor
from twisted.scripts import twistd

PRELOADED = (
    "ftpd_service.graph.graph",
    "ftpd_service.service",
    "ftpd_service.config.load",
    "ftpd_service.signals",
    "ftpd_service.log_part",
    "ftpd_service.tls.contexts",
    "ftpd_service.observe.server_log",
    "ftpd_service.observe.xferlog",
    "ftpd_service.config.quick",
    "ftpd_service.storage.shell.storage",
    "twisted.protocols.haproxy._wrapper",
    "twisted.words",
)
"""The modules that take long to load."""


class ForkedServer:
    """The command line of a server, and the process that forks it.

    :ivar pid: the process id of the running server, or None.
    """

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._forker = subprocess.Popen(
            [sys.executable, __file__, *command],
            cwd="/",
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.pid: int | None = None

    def start(self) -> None:
        """Fork a server."""
        self.pid = int(self._asked("start"))

    def kill(self) -> None:
        """Kill the server, and wait for its end."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            self.pid = None
            self._line()

    def close(self) -> None:
        """End both processes."""
        with contextlib.suppress(OSError):
            self.kill()
        self._forker.kill()
        self._forker.communicate()

    def _asked(self, word: str) -> str:
        assert self._forker.stdin is not None
        self._forker.stdin.write(f"{word}\n")
        self._forker.stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self._forker.stdout is not None
        line = self._forker.stdout.readline()
        if not line:
            raise AssertionError("the forking process has ended")
        return line


def fork_at_each_line(command: list[str]) -> None:
    """Fork a server for each line of the input."""
    for module in PRELOADED:
        importlib.import_module(module)
    for _ in sys.stdin:
        pid = os.fork()
        if not pid:
            sys.argv = command
            renew_reactor()
            twistd.run()
            os._exit(0)
        tell(str(pid))
        os.waitpid(pid, 0)
        tell("ended")


def tell(line: str) -> None:
    """Write a line for the test."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def renew_reactor() -> None:
    """Make a reactor for this process, because a fork shares the descriptors of that of its parent."""
    if sys.modules.pop("twisted.internet.reactor", None) is not None:
        del twisted.internet.reactor
    epollreactor.install()


if __name__ == "__main__":
    fork_at_each_line(sys.argv[1:])
