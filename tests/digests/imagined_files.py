"""Files and a kernel in memory, with change times that move in ticks, as kernels before 6.13 have them."""

from __future__ import annotations

from random import Random

from twisted.internet.task import Clock
from zope.interface import implementer

from ftpd_service.digests.proofs import KernelFiles, Look
from ftpd_service.interfaces import IReadDescriptor
from ftpd_service.values import ByteRange, Entry, EntryKind, FileVersion

TICK_NS = 4_000_000
STARTED_NS = 1_700_000_000_001_234_567


class ImaginedFile:
    """A file of two halves.  Each content is a number of its own, so that no two are alike by chance."""

    def __init__(self, inode: int) -> None:
        self.inode = inode
        self.halves = [0, 0]
        self.mtime_ns = self.ctime_ns = STARTED_NS
        self.writers = 0

    @property
    def digest(self) -> str:
        """The digest of the content now."""
        return digest_of(*self.halves)


def digest_of(first: int, second: int) -> str:
    """The digest of a content, which names it."""
    return f"{first}-{second}"


class ImaginedKernel(KernelFiles):
    """The kernel of these files, by the clock of a test; a descriptor is the number of the inode."""

    def __init__(self, clock: Clock, files: dict[int, ImaginedFile]) -> None:
        super().__init__()
        self._tick_ns = TICK_NS
        self._clock = clock
        self._files = files

    def trusted(self, descriptor: int) -> bool:
        return True

    def now_ns(self) -> int:
        now = round(self._clock.seconds() * 1_000_000_000)
        return STARTED_NS + now // TICK_NS * TICK_NS

    def version(self, descriptor: int) -> FileVersion:
        file = self._files[descriptor]
        return FileVersion(1, file.inode, 2, file.mtime_ns, file.ctime_ns)

    def writers(self, descriptor: int) -> bool | None:
        return self._files[descriptor].writers > 0


class WithoutChangeTime(ImaginedKernel):
    """A mistake: versions without the change time."""

    def version(self, descriptor: int) -> FileVersion:
        return super().version(descriptor)._replace(ctime_ns=STARTED_NS)


class WithoutTicks(ImaginedKernel):
    """A mistake: every version proves its bytes at once."""

    def look(self, descriptor: int) -> Look:
        look = super().look(descriptor)
        return look if look.wait_seconds is None else look._replace(wait_seconds=0.0)


class WithoutWriters(ImaginedKernel):
    """A mistake: nobody counts as writing."""

    def writers(self, descriptor: int) -> bool | None:
        return False


@implementer(IReadDescriptor)
class ImaginedHandle:
    """A handle of such a file."""

    def __init__(self, file: ImaginedFile) -> None:
        self.file = file

    def descriptor(self) -> int:
        return self.file.inode

    def entry(self) -> Entry:
        return Entry("f", EntryKind.FILE, 2, 0, 0o644)

    def first(self) -> bytes:
        return b""

    def range(self) -> ByteRange:
        return ByteRange(start=0, stop=2)

    async def read(self, count: int) -> bytes:
        raise NotImplementedError

    async def close(self) -> None:
        return


class Changes:
    """What other programs and sessions do to the files, at random."""

    def __init__(self, files: dict[int, ImaginedFile], kernel: KernelFiles, random: Random) -> None:
        self._files = files
        self._kernel = kernel
        self._random = random
        self._content = 0

    def step(self) -> None:
        """Make one change."""
        file = self._files[self._random.choice(list(self._files))]
        self._random.choice((self.write, self.put_back, self.copy_over, self.begin_long, self.end_long))(file)

    def _stamp(self, file: ImaginedFile, mtime_ns: int | None = None) -> None:
        file.ctime_ns = self._kernel.now_ns()
        file.mtime_ns = file.ctime_ns if mtime_ns is None else mtime_ns

    def _fill(self, file: ImaginedFile) -> None:
        self._content += 1
        file.halves = [self._content, self._content]

    def write(self, file: ImaginedFile) -> None:
        """Write another content of the same size."""
        self._stamp(file)
        self._fill(file)

    def put_back(self, file: ImaginedFile) -> None:
        """Write, and set the modification time back to what it was."""
        mtime_ns = file.mtime_ns
        self.write(file)
        self._stamp(file, mtime_ns)

    def copy_over(self, file: ImaginedFile) -> None:
        """Write and set a time, always the same, as ``cp -p`` does."""
        self.write(file)
        self._stamp(file, STARTED_NS)

    def begin_long(self, file: ImaginedFile) -> None:
        """Begin a call of write(2), which sets the times and copies half of the bytes."""
        file.writers += 1
        self._stamp(file)
        self._content += 1
        file.halves[0] = self._content

    def end_long(self, file: ImaginedFile) -> None:
        """Copy its other half."""
        if file.writers:
            file.writers -= 1
            self._content += 1
            file.halves[1] = self._content
