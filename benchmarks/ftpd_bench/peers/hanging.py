"""Starts and ends file systems of our own: disks that hang or fail, for measurements and for tests/integration."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import subprocess
import sys
import time
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parent
MOUNT_SECONDS = 20.0
DETACH = 2  # MNT_DETACH of umount2(2): the name is free at once, whoever still waits there


class NotMounted(Exception):
    """No such file system can be had here; the text is why."""


class MountedDisk:
    """A file system by FUSE, served by a program beside this file; its maker calls `stop`.

    :ivar folder: where it is mounted: a folder that exists and is empty.
    """

    def __init__(
        self,
        folder: Path,
        program: tuple[str, ...],
        *,
        python: Path = Path(sys.executable),
        library: Path | None = None,
    ) -> None:
        """Mount it.

        :param program: the file of the program, and its arguments behind the folder.
        :param python: a Python that has mfusepy.
        :param library: libfuse3; None for the installed one.
        :raises NotMounted:
        """
        _check_host()
        self.folder = folder
        self._said = b""
        own = {} if library is None else {"FUSE_LIBRARY_PATH": str(library)}
        file, *arguments = program
        command = [str(python), str(PROGRAMS / file), str(folder), *arguments]
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen(command, env={**os.environ, **own}, stdin=pipe, stdout=pipe, stderr=pipe)
        except OSError as problem:
            raise NotMounted(str(problem)) from problem
        try:
            said = self.next_line(MOUNT_SECONDS)
            if said != "mounted":
                raise NotMounted(f"{said} instead of a mount")
        except BaseException:
            self.stop()
            raise

    def next_line(self, seconds: float) -> str:
        """The next line that the program writes.

        :raises NotMounted: no line came in so long a time, or the process has ended.
        """
        assert self._process.stdout is not None
        until = time.monotonic() + seconds
        while b"\n" not in self._said:
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise NotMounted(f"nothing comes in {seconds} s")
            data = os.read(self._process.stdout.fileno(), 4096)
            if not data:
                raise NotMounted(self._complaint())
            self._said += data
        line, _, self._said = self._said.partition(b"\n")
        return line.decode()

    def tell(self, line: str) -> None:
        """Give the program a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def stop(self) -> None:
        """Unmount and end the process: calls that still hang fail.  Harmless when it has ended."""
        ctypes.CDLL(None).umount2(os.fsencode(self.folder), DETACH)
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert stream is not None
            with contextlib.suppress(OSError):
                stream.close()

    def _complaint(self) -> str:
        """The reason that libfuse gives, else the last line, of a process that has ended."""
        assert self._process.stderr is not None
        lines = self._process.stderr.read().decode(errors="replace").strip().splitlines()
        reasons = [line for line in lines if line.startswith("fuse")] or lines
        return reasons[-1] if reasons else "its process has ended"


class HangingDisk(MountedDisk):
    """A mounted file system with files that hang."""

    def __init__(
        self, folder: Path, *, seconds: float, python: Path = Path(sys.executable), library: Path | None = None
    ) -> None:
        """Mount it; each call hangs for the seconds.

        :raises NotMounted:
        """
        super().__init__(folder, ("hanging_files.py", str(seconds)), python=python, library=library)

    def next_call(self, seconds: float) -> str:
        """The next call that hangs, told once it does: ``lookup``, ``open``, ``read`` or ``close``.

        :raises NotMounted: none came in so long a time, or the process has ended.
        """
        return self.next_line(seconds)

    def release(self) -> None:
        """Answer whatever hangs, now and later."""
        self.tell("go")


class FaultyDisk(MountedDisk):
    """A mounted file system that shows the files of a folder, and fails where it is told to."""

    def __init__(self, folder: Path, files: Path) -> None:
        """Mount it.

        :raises NotMounted:
        """
        super().__init__(folder, ("faulty_files.py", str(files)))

    def fail(self, call: str, error: str, *, after: int = 0) -> None:
        """Have every call of a kind fail with an error such as ``EIO``, after some that pass."""
        self._set(f"{call} {after} {error}")

    def heal(self) -> None:
        """Have nothing fail any more."""
        self._set("clear")

    def _set(self, line: str) -> None:
        self.tell(line)
        if self.next_line(MOUNT_SECONDS) != "set":
            raise NotMounted("no answer")


def _check_host() -> None:
    if os.getuid() != 0:
        raise NotMounted("only root mounts what other users may read")
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        raise NotMounted("there is no /dev/fuse")
