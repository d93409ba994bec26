"""An IFTPShell as a storage: Twisted's own shells on a real directory."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.protocols.ftp import FTPShell
from twisted.python.filepath import FilePath
from zope.interface.verify import verifyObject

from ftpd_service.errors import (
    FtpdError,
    IsADirectory,
    NotADirectory,
    NotFound,
    RestartBeyondEnd,
)
from ftpd_service.interfaces import IReadHandle, IStorage, IWriteHandle
from ftpd_service.storage.shell.storage import ShellStorage
from ftpd_service.values import ROOT, Entry, EntryKind, VirtualPath, WriteMode
from tests.cases import SynchronousTestCase
from tests.open_files import open_files

FILE = VirtualPath("/file")
DIRECTORY = VirtualPath("/directory")
MISSING = VirtualPath("/missing")


class ShellMixin(SynchronousTestCase):
    """A directory with a file of ten octets and a directory with one file in it."""

    def setUp(self) -> None:
        self.root = Path(self.mktemp())
        (self.root / "directory").mkdir(parents=True)
        (self.root / "directory" / "inner").write_bytes(b"inner")
        (self.root / "file").write_bytes(b"0123456789")
        self.clock = Clock()
        self.storage = ShellStorage(FTPShell(FilePath(str(self.root))), clock=self.clock)

    def refused(self, error: type[FtpdError], coroutine: object) -> None:
        """A coroutine ends in an error of ours."""
        self.failureResultOf(coroutine, error)

    def names(self, path: VirtualPath = ROOT) -> list[str]:
        """The names in a directory, as they are listed."""
        return [entry.name for page in self.pages(path) for entry in page]

    def pages(self, path: VirtualPath = ROOT) -> list[tuple[Entry, ...]]:
        """The pages of a listing."""

        async def all_pages() -> list[tuple[Entry, ...]]:
            return [page async for page in self.storage.entries(path)]

        pages: list[tuple[Entry, ...]] = self.successResultOf(all_pages())
        return pages

    def written(self, path: VirtualPath, *pieces: bytes, mode: WriteMode = WriteMode.REPLACE) -> IWriteHandle:
        """A write handle with octets in it."""
        handle: IWriteHandle = self.successResultOf(self.storage.open_write(path, mode, 0))
        [self.successResultOf(handle.write(piece)) for piece in pieces]
        return handle

    def read(self, handle: IReadHandle, count: int = 65536) -> bytes:
        """All that a handle still gives."""

        async def rest() -> bytes:
            octets = handle.first()
            while piece := await handle.read(count):
                octets += piece
            await handle.close()
            return octets

        reading = Deferred.fromCoroutine(rest())
        self.clock.pump([0.0] * 100)
        octets: bytes = self.successResultOf(reading)
        return octets


class LookingTests(ShellMixin):
    """Entries and listings."""

    def test_provides_its_interface(self) -> None:
        """A session may be given this."""
        self.assertTrue(verifyObject(IStorage, self.storage))

    def test_file(self) -> None:
        """A file has its size, its time and its permission bits."""
        os.utime(self.root / "file", (1_000_000_000, 1_000_000_000))
        (self.root / "file").chmod(0o640)
        self.assertEqual(
            self.successResultOf(self.storage.stat(FILE)),
            Entry(name="file", kind=EntryKind.FILE, size=10, modified_ns=10**18, mode=0o640),
        )

    def test_directory(self) -> None:
        """A directory is one."""
        self.assertIs(self.successResultOf(self.storage.stat(DIRECTORY)).kind, EntryKind.DIRECTORY)

    def test_root_has_no_name(self) -> None:
        """The root is a directory with an empty name."""
        root = self.successResultOf(self.storage.stat(ROOT))
        self.assertEqual((root.name, root.kind), ("", EntryKind.DIRECTORY))

    def test_missing(self) -> None:
        """A name that is not there is NotFound."""
        self.refused(NotFound, self.storage.stat(MISSING))

    def test_path_through_a_file(self) -> None:
        """A path that leads through a file is NotFound."""
        self.refused(NotFound, self.storage.stat(VirtualPath("/file/below")))

    def test_fifo_is_not_found(self) -> None:
        """A shell knows files and directories only, and opens no FIFO."""
        os.mkfifo(self.root / "fifo")
        self.refused(NotFound, self.storage.open_read(VirtualPath("/fifo"), 0))

    def test_listing_is_sorted_by_bytes(self) -> None:
        """Entries come in the order of their names' bytes."""
        (self.root / "Zoo").touch()
        (self.root / "ä").touch()
        self.assertEqual(self.names(), ["Zoo", "directory", "file", "ä"])

    def test_listing_of_a_file(self) -> None:
        """A file is no directory."""
        self.failureResultOf(Deferred.fromCoroutine(self.first_page(FILE)), NotADirectory)

    def test_listing_of_nothing(self) -> None:
        """A missing directory is NotFound."""
        self.failureResultOf(Deferred.fromCoroutine(self.first_page(MISSING)), NotFound)

    async def first_page(self, path: VirtualPath) -> tuple[Entry, ...]:
        """The first page of a listing."""
        return await self.storage.entries(path).__anext__()

    def test_empty_directory_has_no_page(self) -> None:
        """Nothing in it, nothing listed."""
        (self.root / "empty").mkdir()
        self.assertEqual(self.names(VirtualPath("/empty")), [])

    def test_pages_hold_a_thousand(self) -> None:
        """A long listing comes in pages."""
        (self.root / "many").mkdir()
        [(self.root / "many" / f"{number:04}").write_bytes(b"") for number in range(1001)]
        self.assertEqual([len(page) for page in self.pages(VirtualPath("/many"))], [1000, 1])

    def test_dangling_link_hides_nothing_else(self) -> None:
        """A link that leads nowhere is left out, and what stands beside it is listed."""
        (self.root / "dangling").symlink_to("nowhere")
        self.assertEqual(self.names(), ["directory", "file"])

    def test_names_with_line_ends_are_left_out(self) -> None:
        """A name with CR or LF cannot be told on a line."""
        (self.root / "a\nb").touch()
        (self.root / "a\rb").touch()
        self.assertEqual(self.names(), ["directory", "file"])

    def test_bytes_that_are_no_utf8(self) -> None:
        """Such a name is listed and found, by the bytes it has."""
        Path(os.fsdecode(os.fsencode(self.root) + b"/\xff")).write_bytes(b"x")
        self.assertIn("\udcff", self.names())
        self.assertEqual(self.successResultOf(self.storage.stat(VirtualPath("/\udcff"))).size, 1)


class ReadingTests(ShellMixin):
    """Downloads."""

    def opened(self, path: VirtualPath, offset: int = 0) -> IReadHandle:
        """A handle for reading."""
        handle: IReadHandle = self.successResultOf(self.storage.open_read(path, offset))
        return handle

    def test_provides_its_interface(self) -> None:
        """The data connection may be given this."""
        handle = self.opened(FILE)
        self.assertTrue(verifyObject(IReadHandle, handle))
        self.successResultOf(handle.close())

    def test_whole_file(self) -> None:
        """All octets, in order, then the end."""
        self.assertEqual(self.read(self.opened(FILE)), b"0123456789")

    def test_entry_is_known_before(self) -> None:
        """The size is there for the preliminary reply."""
        handle = self.opened(FILE, 4)
        self.assertEqual(handle.entry().size, 10)
        self.successResultOf(handle.close())

    def test_empty_file(self) -> None:
        """An empty file is nothing but its end."""
        (self.root / "empty").touch()
        self.assertEqual(self.read(self.opened(VirtualPath("/empty"))), b"")

    def test_end_stays_the_end(self) -> None:
        """Reading on at the end gives nothing again."""
        handle = self.opened(FILE)
        self.read(handle)
        self.assertEqual(self.successResultOf(handle.read(10)), b"")

    def test_pieces_are_as_small_as_asked(self) -> None:
        """`read` never gives more than it was asked for."""
        handle = self.opened(FILE)
        self.assertEqual([self.successResultOf(handle.read(4)) for _ in range(4)], [b"0123", b"4567", b"89", b""])

    def test_restart_offset(self) -> None:
        """The octets before the offset are thrown away."""
        self.assertEqual(self.read(self.opened(FILE, 4)), b"456789")

    def test_restart_at_the_end(self) -> None:
        """An offset equal to the size is allowed."""
        self.assertEqual(self.read(self.opened(FILE, 10)), b"")

    def test_restart_beyond_the_end(self) -> None:
        """One more is not."""
        self.refused(RestartBeyondEnd, self.storage.open_read(FILE, 11))

    def test_large_file_from_far_behind(self) -> None:
        """Getting at an offset lets the reactor turn meanwhile, and loses no octet."""
        octets = bytes(range(256)) * 16384
        (self.root / "large").write_bytes(octets)
        handle = self.opened(VirtualPath("/large"), 3_000_000)
        reading = Deferred.fromCoroutine(handle.read(10))
        self.assertNoResult(reading)
        self.clock.pump([0.0] * 10)
        self.assertEqual(self.successResultOf(reading) + self.read(handle), octets[3_000_000:])

    def test_directory(self) -> None:
        """A directory has no octets."""
        self.refused(IsADirectory, self.storage.open_read(DIRECTORY, 0))

    def test_missing(self) -> None:
        """Nor has what is not there."""
        self.refused(NotFound, self.storage.open_read(MISSING, 0))

    def test_closing_early_closes_the_file(self) -> None:
        """A download that is given up leaves no descriptor open, and closing twice is safe."""
        handle = self.opened(FILE)
        self.successResultOf(handle.read(1))
        root = str(self.root.resolve())
        self.assertEqual(len(open_files(root)), 1)
        self.successResultOf(handle.close())
        self.successResultOf(handle.close())
        self.assertEqual(open_files(root), set())
