"""A file system whose files hang, by mfusepy (FUSE), in a process of its own: MOUNTPOINT SECONDS.

In it, besides ``ordinary``, a directory is named for the call that waits: ``lookup/file``, ``open/file``,
``read/file`` and ``close/file``, and the directory ``lookup/home``.  (While a lookup waits, libfuse 3.14 has the kernel
hold all others in the same directory.)  A call waits for the seconds, or until a line comes on standard input, and is
then answered as by any disk.  Each that begins to wait is said on standard output, after ``mounted``.

The end of standard input, which is the end of whoever started this, unmounts and ends the process.  It runs by the
Python that has mfusepy, so it imports nothing of this project.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
import threading
from collections.abc import Iterator

import mfusepy

ORDINARY_BYTES = 4096
LARGE_BYTES = 1 << 20
CALLS = ("lookup", "open", "read", "close")
SIZES = {"/ordinary": ORDINARY_BYTES} | {f"/{call}/file": LARGE_BYTES for call in CALLS}
NAMES = {"/": ("ordinary", *CALLS), "/lookup/home": ()} | {f"/{call}": ("file",) for call in CALLS}
DETACH = 2  # MNT_DETACH of umount2(2)


class HangingFiles:
    """The file system, which answers the kernel late.

    :ivar use_ns: what mfusepy wants to know of all: times are nanoseconds.
    """

    use_ns = True

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.released = threading.Event()

    def init(self, path: str) -> None:
        """It is mounted."""
        say("mounted")

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        """Attributes; a lookup asks for them, too."""
        if path.startswith("/lookup/"):
            self._hang("lookup")
        if path in NAMES:
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
        if path not in SIZES:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return {"st_mode": stat.S_IFREG | 0o644, "st_nlink": 1, "st_size": SIZES[path]}

    def readdir(self, path: str, fh: int) -> Iterator[str]:
        """The names."""
        yield from (".", "..", *NAMES[path])

    def open(self, path: str, flags: int) -> int:
        """Open for reading."""
        if path == "/open/file":
            self._hang("open")
        return 0

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """Zeros; only the first piece of a file hangs, so that the whole of it takes the seconds once."""
        if path == "/read/file" and offset == 0:
            self._hang("read")
        return bytes(max(0, min(size, SIZES[path] - offset)))

    def flush(self, path: str, fh: int) -> int:
        """close(2) waits for this."""
        if path == "/close/file":
            self._hang("close")
        return 0

    def _hang(self, call: str) -> None:
        if not self.released.is_set():
            say(call)
            self.released.wait(self._seconds)


def say(word: str) -> None:
    """A line in one write, as several threads serve."""
    os.write(sys.stdout.fileno(), f"{word}\n".encode())


def obey(mountpoint: str, released: threading.Event) -> None:
    """Read standard input to its end."""
    for _ in sys.stdin:
        released.set()
    ctypes.CDLL(None).umount2(os.fsencode(mountpoint), DETACH)
    os._exit(0)


def main() -> None:
    """Mount and serve until the process is ended."""
    mountpoint, seconds = sys.argv[1:]
    files = HangingFiles(float(seconds))
    threading.Thread(target=obey, args=(mountpoint, files.released), daemon=True).start()
    # Names stay known, as on a disk.  Direct: no call waits for the page that another one's read holds.
    mfusepy.FUSE(
        files, mountpoint, foreground=True, allow_other=True, ro=True, direct_io=True, entry_timeout=60, attr_timeout=60
    )


if __name__ == "__main__":
    main()
