"""A systemd of the tests' own, in namespaces: it starts services as on a host, and nothing of the host changes.

It needs root and namespaces.  Where a host has neither, the skip's text says why; the service's part of the protocol
(notifications, descriptors) is tested without systemd too, in tests.integration.test_process.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SkipTest

import ftpd_service
from tests.integration.namespace_boot import BOOT, HOLD

BOUND_SECONDS = 60.0
"""The time for each command and each wait."""

_PACKAGE = Path(ftpd_service.__file__).parent
_SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
_PYTHON_BELOW = Path("/opt/python")
"""Where the interpreter is in the namespace, as folders of users are hidden from services."""
_DEPENDENCIES = Path("/opt/dependencies")
OPT = Path("/opt/ftpd")
"""Where the service is installed, as its unit expects."""

_CLONE_NEWNET = 0x40000000
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class SystemdBench:
    """One booted systemd, with this interpreter and the service at ``/opt/ftpd``.

    :ivar root: the files of the namespace, seen from outside.
    :ivar packages: the folder of the installed service's packages in the namespace.
    """

    def __init__(self) -> None:
        """Boot it.

        :raises SkipTest: this host does not allow it; the text says why.
        """
        missing = [name for name in ("unshare", "nsenter", "/lib/systemd/systemd") if shutil.which(name) is None]
        if os.geteuid() != 0:
            raise SkipTest("systemd boots for tests only if root runs them")
        if missing:
            raise SkipTest(f"systemd cannot boot for tests: {', '.join(missing)} is not installed")
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", HOLD, "hold", *_binds()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": _PATH, "BOOT": BOOT},
            cwd="/",
        )
        try:
            self._process = self._booted()
            self.root = Path(f"/proc/{self._process}/root")
            self._enter = f"nsenter --target {self._process} --mount --pid --net --ipc --uts --cgroup --".split()
            state = self.run("systemctl", "is-system-running", "--wait", failing=True).stdout.strip()
            if state != "running":
                raise SkipTest(f"systemd boots for tests, but is {state!r}")
            self._install()
        except BaseException:
            self.stop()
            raise

    def _booted(self) -> int:
        """Return the id of systemd's process.

        :raises SkipTest: it does not boot.
        """
        assert self._holder.stdout is not None and self._holder.stderr is not None
        above = self._holder.stdout.readline().decode().strip()
        until = time.monotonic() + BOUND_SECONDS
        while above and time.monotonic() < until:
            try:
                for child in Path(f"/proc/{above}/task/{above}/children").read_text().split():
                    if Path(f"/proc/{child}/root/run/systemd/private").exists():
                        return int(child)
            except OSError:
                break
            time.sleep(0.02)
        assert self._holder.stdin is not None
        self._holder.stdin.close()
        reason = self._holder.stderr.read().decode(errors="replace").strip()
        raise SkipTest(f"this host lets no systemd boot for tests: {reason or 'it did not come up in time'}")

    def _install(self) -> None:
        """Install the service as a virtual environment at ``/opt/ftpd`` would, with copies of its files."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        place = self.inside(OPT)
        self.packages = OPT / "lib" / version / "site-packages"
        packages = self.inside(self.packages)
        python = _python()
        packages.mkdir(parents=True)
        (place / "bin").mkdir()
        (place / "bin" / "python").symlink_to(python)
        (place / "pyvenv.cfg").write_text(f"home = {python.parent}\ninclude-system-site-packages = false\n")
        (packages / "dependencies.pth").write_text(f"{_DEPENDENCIES}\n")
        shutil.copytree(_PACKAGE, packages / "ftpd_service")
        plugins = packages / "twisted" / "plugins"
        plugins.mkdir(parents=True)
        shutil.copy(_PACKAGE.parent / "twisted" / "plugins" / "ftpd_plugin.py", plugins)
        for name, module, call in (
            ("twistd", "twisted.scripts.twistd", "run"),
            ("ftpd-service", "ftpd_service.admin.cli", "main"),
        ):
            script = place / "bin" / name
            script.write_text(f"#!{OPT}/bin/python\nfrom {module} import {call}\n{call}()\n")
            script.chmod(0o755)
        if python.is_relative_to(_PYTHON_BELOW):
            self.write("/etc/ld.so.conf.d/python.conf", f"{_PYTHON_BELOW}/lib\n")
            self.run("ldconfig")

    def inside(self, path: str | Path) -> Path:
        """Return the path, seen from outside, of a file in the namespace."""
        return self.root / str(path).lstrip("/")

    def write(self, path: str | Path, text: str) -> None:
        """Write a file in the namespace, and make its folder."""
        place = self.inside(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command in the namespace; its standard output and error are pipes."""
        return subprocess.Popen(
            [*self._enter, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": _PATH, "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""},
            cwd="/",
        )

    def run(
        self, *command: str, failing: bool = False, seconds: float = BOUND_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the namespace to its end, as root.

        :param failing: whether the command may fail.
        :raises AssertionError: it failed.
        """
        process = self.start(*command)
        try:
            output, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        if process.returncode and not failing:
            raise AssertionError(f"{' '.join(command)} exited with {process.returncode}: {output}{errors}")
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    def systemctl(self, *arguments: str) -> str:
        """Run systemctl, and return its output.

        :raises AssertionError: it failed; the text has the end of the service's log.
        """
        ended = self.run("systemctl", *arguments, failing=True)
        if ended.returncode:
            text = f"{ended.stdout}{ended.stderr}"
            raise AssertionError(
                f"systemctl {' '.join(arguments)} exited with {ended.returncode}: {text}\n{self.log()}"
            )
        return ended.stdout

    def show(self, name: str, unit: str = "ftpd.service") -> str:
        """Return a property of a unit, such as MainPID, ActiveState, NRestarts, StatusText."""
        return self.systemctl("show", "--value", "--property", name, unit).strip()

    def wait_for(self, name: str, value: str, unit: str = "ftpd.service", seconds: float = BOUND_SECONDS) -> None:
        """Wait until a property of a unit has a value.

        :raises AssertionError: it does not get it in time.
        """
        until = time.monotonic() + seconds
        while (found := self.show(name, unit)) != value:
            if time.monotonic() >= until:
                raise AssertionError(f"{name} of {unit} is {found!r}, not {value!r}: {self.log(unit)}")
            time.sleep(0.05)

    def log(self, unit: str = "ftpd.service") -> str:
        """Return the last 1000 lines that the journal has about a unit."""
        return self.run("journalctl", "--quiet", "--lines=1000", "--output=cat", "--unit", unit, failing=True).stdout

    def logged(self, text: str, unit: str = "ftpd.service", seconds: float = BOUND_SECONDS) -> str:
        """Wait until the log has a text, and return the log.

        :raises AssertionError: the text does not come in time.
        """
        until = time.monotonic() + seconds
        while text not in (log := self.log(unit)):
            if time.monotonic() >= until:
                raise AssertionError(f"no {text!r} in {log}")
            time.sleep(0.05)
        return log

    @contextlib.contextmanager
    def network(self) -> Iterator[None]:
        """Have this thread's new sockets, and those of threads that it starts, in the namespace's network."""
        with open("/proc/thread-self/ns/net", "rb") as own, open(f"/proc/{self._process}/ns/net", "rb") as other:
            _set_network(other.fileno())
            try:
                yield
            finally:
                _set_network(own.fileno())

    def stop(self) -> None:
        """End all its processes and remove all that it had; a second call does nothing."""
        for pipe in (self._holder.stdin, self._holder.stdout, self._holder.stderr):
            if pipe is not None:
                pipe.close()
        self._holder.wait(BOUND_SECONDS)


def _hidden(path: Path) -> bool:
    """Return whether a service may be unable to see a path, as in a user's folder or on another mount."""
    return not path.is_relative_to("/usr")


def _python() -> Path:
    """Return the interpreter as the namespace has it."""
    base = Path(sys.base_prefix).resolve()
    program = Path(os.path.realpath(sys.executable))
    return _PYTHON_BELOW / program.relative_to(base) if _hidden(base) else program


def _binds() -> list[str]:
    """Return pairs of a folder of this host and its place in the namespace."""
    base = Path(sys.base_prefix).resolve()
    return [
        str(_SITE_PACKAGES),
        str(_DEPENDENCIES),
        *((str(base), str(_PYTHON_BELOW)) if _hidden(base) else ()),
    ]


def _set_network(descriptor: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
