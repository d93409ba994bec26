"""A real server in a process of its own, for tests: started in ``/``, outside the source tree, ended by its pid."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from twisted.trial.unittest import SkipTest

READY_SECONDS = 30.0
LOGGED_SECONDS = 30.0


def twistd() -> str:
    """The twistd of the interpreter that runs the tests."""
    return str(Path(sys.executable).with_name("twistd"))


def for_root(text: str) -> str:
    """The text of a configuration that root may serve, too, who may run the tests."""
    if "allow_root:" in text:
        return text
    if "service: {" in text:
        return text.replace("service: {", "service: {allow_root: true, ")
    return f"{text.rstrip()}\nservice: {{allow_root: true}}\n"


class Server:
    """``twistd -n ftpd -c FILE`` on a free port, with an account ``alice`` (password ``secret``) and anonymous.

    :ivar home: alice's files on the host.
    :ivar prefix: a command that runs twistd, and is replaced by it.
    :ivar program: the twistd.
    :ivar manner: whether it stays in the foreground, and its PID file.
    :ivar arguments: twistd's own options.
    :ivar environment: what the process has beside the environment of the tests.
    :ivar folder: a folder of its own for everything, removed at the end.
    """

    def __init__(
        self, *, extra: str = "", arguments: tuple[str, ...] = (), limits: str = "", endpoint: str = "tcp"
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ftpd-test-"))
        self.home = self.folder / "home"
        self.home.mkdir()
        self._held: list[socket.socket] = []
        self.port = self.free_port()
        self._endpoint = endpoint
        self.configuration = self.folder / "ftpd.yaml"
        self.write(extra=extra, limits=limits)
        self.program = twistd()
        self.manner: tuple[str, ...] = ("--nodaemon", "--pidfile=")
        self.arguments = arguments
        self.prefix: tuple[str, ...] = ()
        self.environment: dict[str, str] = {}
        self._ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ready.bind(str(self.folder / "notify"))
        self._ready.settimeout(READY_SECONDS)
        self.process: subprocess.Popen[bytes] | None = None

    def free_port(self) -> int:
        """A port of loopback that nobody listens on.

        Until `stop` the kernel gives it to nobody else, be it as a passive port or as a client's: only who asks for
        this very one, with SO_REUSEADDR as servers do, gets it.
        """
        held = socket.socket()
        self._held.append(held)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])

    def write(self, *, extra: str = "", limits: str = "") -> None:
        """Write the configuration; `extra` is YAML at the top level, `limits` the inside of that section."""
        self.configuration.write_text(
            f"listeners: [{{endpoint: '{self._endpoint}:{self.port}:interface=127.0.0.1'}}]\n"
            "accounts:\n"
            "  alice: {password: '{plain}secret', home: home, permissions: all}\n"
            "  anonymous: {password: any, home: home, permissions: read}\n"
            f"limits: {{{limits}}}\n"
            f"{for_root(extra)}\n"
        )

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def logged(self, text: str, *, since: int = 0) -> str:
        """What was logged behind the first `since` characters, once it holds a text.

        :raises AssertionError: it does not come, or the process has ended without it.
        """
        until = time.monotonic() + LOGGED_SECONDS
        over = False
        while text not in (log := self.log[since:]):
            if over:
                raise AssertionError(f"no {text!r} in {log}")
            over = self._ended_within(0.02) or time.monotonic() >= until
        return log

    def _ended_within(self, seconds: float) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(seconds)
            return True
        return False

    @property
    def url(self) -> str:
        """For clients that take a name and a password in the URL."""
        return f"ftp://alice:secret@127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start the process and wait until it says READY.

        :raises AssertionError: it ended instead; the log says why.
        """
        with contextlib.suppress(OSError):
            self.configuration.write_text(for_root(self.configuration.read_text()))
        environment = {**os.environ, **self.environment, "NOTIFY_SOCKET": str(self.folder / "notify")}
        self.process = subprocess.Popen(
            [
                *self.prefix,
                self.program,
                *self.manner,
                f"--logfile={self.folder / 'log'}",
                *self.arguments,
                "ftpd",
                "-c",
                str(self.configuration),
            ],
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if "READY=1" not in self.notified():
            raise AssertionError(f"the server did not start: {self.log}")

    def notified(self) -> str:
        """The next message to systemd, except those about stored sockets."""
        try:
            while (told := self._ready.recv(4096).decode()).startswith("FDSTORE"):
                pass
            return told
        except TimeoutError:
            raise AssertionError(f"no message to systemd came: {self.log}") from None

    def signal(self, number: signal.Signals) -> None:
        """Send the server a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self, seconds: float = 20.0) -> int:
        """Wait for the process's end: its exit status."""
        assert self.process is not None
        return self.process.wait(seconds)

    def stop(self) -> None:
        """End the process, if it runs, and remove its folder."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self._ready.close()
        for held in self._held:
            held.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def run(
    *command: str,
    seconds: float = 120.0,
    cwd: str | None = None,
    inherited: tuple[int, ...] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end; its output is kept.

    :param environment: what it has beside the environment of the tests.
    :param inherited: descriptors that it and its children keep open.
    :raises SkipTest: this host has no such program.
    """
    if shutil.which(command[0]) is None:
        raise SkipTest(f"{command[0]} is not installed")
    return subprocess.run(
        command,
        capture_output=True,
        timeout=seconds,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        pass_fds=inherited,
        env={**os.environ, **environment},
        check=False,
    )
