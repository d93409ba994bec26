"""A file system whose calls fail, by mfusepy (FUSE), in a process of its own: MOUNTPOINT FOLDER.

Its files are those of a folder.  A line ``CALL COUNT ERROR`` on standard input, such as ``write 2 ENOSPC``, lets the
next two calls of this kind pass, and has every later one fail with the error, until a line ``clear``.  The calls are
the methods of `FaultyFiles`; ``flush`` is what close(2) waits for.  Each line is answered by a line on standard output,
after ``mounted``.

The end of standard input, which is the end of whoever started this, unmounts and ends the process.  It runs by the
Python that has mfusepy, so it imports nothing of this project.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import threading
from collections.abc import Iterator

import mfusepy

DETACH = 2  # MNT_DETACH of umount2(2)
_FACTS = ("st_mode", "st_nlink", "st_size", "st_uid", "st_gid", "st_ino", "st_blocks")


class Faults:
    """What fails next; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._passing: dict[str, int] = {}
        self._errors: dict[str, int] = {}

    def set(self, line: str) -> None:
        """Obey a line."""
        with self._lock:
            if line == "clear":
                self._passing, self._errors = {}, {}
                return
            call, count, name = line.split()
            self._passing[call], self._errors[call] = int(count), int(getattr(errno, name))

    def meet(self, call: str) -> None:
        """Fail if a call of this kind is due to fail."""
        with self._lock:
            number = self._errors.get(call)
            if number is None:
                return
            if self._passing[call]:
                self._passing[call] -= 1
                return
        raise OSError(number, os.strerror(number))


class FaultyFiles:
    """The file system.

    :ivar use_ns: what mfusepy wants to know of all: times are nanoseconds.
    """

    use_ns = True

    def __init__(self, folder: str, faults: Faults) -> None:
        self._folder = folder
        self._faults = faults

    def _host(self, path: str) -> str:
        return self._folder + path

    def init(self, path: str) -> None:
        """It is mounted."""
        say("mounted")

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        """Attributes."""
        self._faults.meet("getattr")
        facts = os.lstat(self._host(path))
        times = {"st_atime": facts.st_atime_ns, "st_mtime": facts.st_mtime_ns, "st_ctime": facts.st_ctime_ns}
        return {name: getattr(facts, name) for name in _FACTS} | times

    def readdir(self, path: str, fh: int) -> Iterator[str]:
        """The names."""
        self._faults.meet("readdir")
        yield from (".", "..", *os.listdir(self._host(path)))

    def statfs(self, path: str) -> dict[str, int]:
        """The space of the folder's disk."""
        space = os.statvfs(self._host(path))
        names = ("f_bsize", "f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree", "f_namemax")
        return {name: getattr(space, name) for name in names}

    def open(self, path: str, flags: int) -> int:
        """Open."""
        self._faults.meet("open")
        return os.open(self._host(path), flags & ~(os.O_APPEND | os.O_NOFOLLOW))

    def create(self, path: str, mode: int, flags: int) -> int:
        """Make a file."""
        self._faults.meet("create")
        return os.open(self._host(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """Read."""
        self._faults.meet("read")
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Write."""
        self._faults.meet("write")
        return os.pwrite(fh, data, offset)

    def truncate(self, path: str, length: int, fh: int | None = None) -> None:
        """Cut off."""
        self._faults.meet("truncate")
        os.truncate(self._host(path), length)

    def flush(self, path: str, fh: int) -> int:
        """close(2) waits for this."""
        self._faults.meet("flush")
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        """fsync(2) of a file."""
        self._faults.meet("fsync")
        return 0

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        """fsync(2) of a directory."""
        self._faults.meet("fsyncdir")
        return 0

    def release(self, path: str, fh: int) -> int:
        """The last descriptor is closed."""
        os.close(fh)
        return 0

    def link(self, target: str, source: str) -> None:
        """Make a hard link."""
        self._faults.meet("link")
        os.link(self._host(source), self._host(target))

    def rename(self, old: str, new: str) -> None:
        """Rename; the kernel itself refuses to replace a file if it may not."""
        self._faults.meet("rename")
        os.rename(self._host(old), self._host(new))

    def unlink(self, path: str) -> None:
        """Remove a file."""
        self._faults.meet("unlink")
        os.unlink(self._host(path))

    def mkdir(self, path: str, mode: int) -> None:
        """Make a directory."""
        self._faults.meet("mkdir")
        os.mkdir(self._host(path), mode)

    def rmdir(self, path: str) -> None:
        """Remove a directory."""
        self._faults.meet("rmdir")
        os.rmdir(self._host(path))

    def chmod(self, path: str, mode: int) -> None:
        """Set the mode."""
        self._faults.meet("chmod")
        os.chmod(self._host(path), mode)

    def chown(self, path: str, uid: int, gid: int) -> None:
        """Set the owner."""
        self._faults.meet("chown")
        os.lchown(self._host(path), uid if uid < 2**32 - 1 else -1, gid if gid < 2**32 - 1 else -1)

    def utimens(self, path: str, times: tuple[int, int]) -> None:
        """Set the times."""
        self._faults.meet("utimens")
        os.utime(self._host(path), ns=times)


def say(word: str) -> None:
    """A line in one write, as several threads serve."""
    os.write(sys.stdout.fileno(), f"{word}\n".encode())


def obey(mountpoint: str, faults: Faults) -> None:
    """Read standard input to its end."""
    for line in sys.stdin:
        faults.set(line.strip())
        say("set")
    ctypes.CDLL(None).umount2(os.fsencode(mountpoint), DETACH)
    os._exit(0)


def main() -> None:
    """Mount and serve until the process is ended."""
    mountpoint, folder = sys.argv[1:]
    faults = Faults()
    threading.Thread(target=obey, args=(mountpoint, faults), daemon=True).start()
    mfusepy.FUSE(FaultyFiles(folder, faults), mountpoint, foreground=True, allow_other=True, default_permissions=True)


if __name__ == "__main__":
    main()
