"""Listings of local directories: pages, what is looked at, and that nothing stays open."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from itertools import cycle

from ftpd_service.errors import NotFound, OutOfResources, PermissionDenied
from ftpd_service.kernel import statx
from ftpd_service.kernel.openat2 import open_by_kernel
from ftpd_service.storage.local import scan, storage
from ftpd_service.storage.local.beneath import Jail
from ftpd_service.storage.local.scan import Scan
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.name_rules import NameRules
from ftpd_service.testing.contract_ground import listed, refused
from ftpd_service.testing.fakes import at_once
from ftpd_service.values import Entry, Page, VirtualPath
from tests.cases import TestCase
from tests.data.handles import CountingPool
from tests.storage.local.disk import Disk


class Exhausted(SystemCalls):
    """Opens directories, and has no descriptor left for anything else."""

    def open_beneath(self, root: int, path: bytes, flags: int) -> int:
        """As the system does."""
        if path:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return super().open_beneath(root, path, flags)


_fstat = os.fstat


def _without_links(descriptor: int) -> os.stat_result:
    """As `os.fstat` on a file system that counts no links."""
    facts = list(_fstat(descriptor))
    facts[stat.ST_NLINK] = 0
    return os.stat_result(facts)


def _forbidden(*arguments: object) -> int:
    """As `statx` where a filter of system calls forbids it."""
    ctypes.set_errno(errno.EPERM)
    return -1


def _first_of_a_full_page(page: Page) -> Entry:
    if len(page) < 1000:
        raise ValueError(f"{len(page)}")
    return page[0]


class TestListings(TestCase):
    """Pages of large directories, and what stays open."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)
        self.storage = self.disk.storage()

    def scan(self, sorted_names: int) -> Scan:
        """A scan of the root that has begun."""
        scan = Scan(
            Jail(os.fsencode(self.disk.root), open_by_kernel),
            NameRules(".ftpd-"),
            b"/",
            os.open(self.disk.root, os.O_RDONLY | os.O_DIRECTORY),
        )
        self.addCleanup(scan.close)
        scan.begin(sorted_names)
        return scan

    def scanned(self, sorted_names: int) -> list[str]:
        """The names of a whole scan of the root."""
        return [entry.name for entry in self.scan(sorted_names).page()]

    def pages(self, sorted_names: int) -> list[int]:
        """How many entries each page has."""
        scan = self.scan(sorted_names)
        sizes = []
        while not scan.finished:
            sizes.append(len(scan.page()))
        return sizes

    def test_a_directory_at_the_bound_streams_whole(self) -> None:
        """Names that were read to be sorted and those behind them all come, once."""
        self.disk.put_many("/", 12)
        self.assertEqual(sorted(self.scanned(5)), [f"{number:06}" for number in range(12)])

    def test_a_directory_below_the_bound_is_sorted(self) -> None:
        """One name fewer than the bound."""
        self.disk.put_many("/", 12)
        self.assertEqual(self.scanned(13), [f"{number:06}" for number in range(12)])

    def test_a_directory_of_exactly_one_page_ends_with_it(self) -> None:
        """No second look is needed to know."""
        self.disk.put_many("/", 1000)
        self.assertEqual(self.pages(10_000), [1000])

    def test_a_directory_that_streams_ends_behind_a_full_page(self) -> None:
        """How many names are left is not known there."""
        self.disk.put_many("/", 1000)
        self.assertEqual(self.pages(1000), [1000, 0])

    def without_statx(self, instead: Callable[..., int] | None) -> None:
        """Both ways to the call."""
        self.patch(statx, "_statx", instead)
        self.patch(statx, "_quick_statx", instead)

    async def test_a_listing_where_statx_is_missing(self) -> None:
        """Has the same rows, but for the birth time."""
        self.disk.put_many("/", 200)
        self.disk.put_link("/link", "000000")
        with_statx = await listed(self.storage, "/")
        self.without_statx(None)
        without = await listed(self.storage, "/")
        self.assertEqual([entry._replace(created_ns=None) for entry in with_statx], without)

    async def test_a_listing_where_statx_is_forbidden(self) -> None:
        """Likewise, entry by entry."""
        self.disk.put_many("/", 200)
        with_statx = await listed(self.storage, "/")
        self.without_statx(_forbidden)
        without = await listed(self.storage, "/")
        self.assertEqual([entry._replace(created_ns=None) for entry in with_statx], without)

    async def test_a_listing_without_descriptors(self) -> None:
        """Is refused: a link would be shown as one that leads nowhere."""
        self.disk.put("/a")
        self.disk.put_link("/link", "a")
        storage = self.disk.storage(system=Exhausted())
        with refused(OutOfResources):
            await listed(storage, "/")

    async def test_a_listing_that_is_closed_early(self) -> None:
        """Gives its directory back."""
        self.disk.put_many("/", 1500)
        pages = self.storage.entries(VirtualPath("/"))
        assert isinstance(pages, AsyncGenerator)
        await pages.__anext__()
        during = self.disk.open_in()
        await pages.aclose()
        self.assertNotEqual(during, [])
        self.assertEqual(self.disk.open_in(), [])

    async def test_what_is_made_of_pages(self) -> None:
        """One result for each, in their order."""
        self.disk.put_many("/", 2001)
        self.assertEqual([size async for size in self.storage.mapped(VirtualPath("/"), len)], [1000, 1000, 1])

    async def names(self) -> list[str]:
        """All names of the root, read as names alone."""
        return [name async for page in self.storage.mapped_names(VirtualPath("/"), tuple) for name in page]

    def put_all_kinds(self) -> None:
        """A directory of everything that may stand in one."""
        for name in ("/b", "/\udcff", "/.ftpd-0"):
            self.disk.put(name)
        self.disk.put_directory("/d")
        self.disk.put_special("/fifo")
        self.disk.put_link("/in", "b")
        self.disk.put_link("/nowhere", "/gone")
        self.disk.put_link("/special", "fifo")

    async def test_names_are_those_of_the_entries(self) -> None:
        """Whatever a directory holds."""
        self.put_all_kinds()
        entries = await listed(self.storage, "/")
        self.assertEqual(await self.names(), [entry.name for entry in entries])

    async def test_names_of_a_large_directory_are_those_of_the_entries(self) -> None:
        """Whose names are not sorted."""
        self.disk.put_many("/", 1500)
        self.put_all_kinds()
        self.patch(scan.Scan.begin, "__defaults__", (10,))
        entries = await listed(self.storage, "/")
        self.assertEqual((await self.names(), len(entries)), ([entry.name for entry in entries], 1505))

    async def test_more_links_than_are_looked_at_at_once(self) -> None:
        """Stand in one page of names."""
        for number in range(statx.BATCH + 2):
            self.disk.put_link(f"/{number:03}", "/gone")
        self.assertEqual(await self.names(), [f"{number:03}" for number in range(statx.BATCH + 2)])

    async def test_names_of_files_and_directories_are_not_looked_at(self) -> None:
        """But the first of them, which tells whether the directory may be searched; links and special files are."""
        self.put_all_kinds()
        looked_at: list[bytes] = []

        def counting(directory: int, names: Sequence[bytes]) -> Iterator[statx.RawFacts]:
            looked_at.extend(names)
            return statx.raw_facts(directory, names)

        self.patch(scan, "raw_facts", counting)
        await self.names()
        self.assertEqual(looked_at[1:], [b"fifo", b"in", b"nowhere", b"special"])

    async def test_names_of_a_directory_that_may_not_be_searched(self) -> None:
        """Are refused, as entries are."""
        self.disk.put("/a")

        def refusing(directory: int, names: Sequence[bytes]) -> Iterator[statx.RawFacts]:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        self.patch(scan, "raw_facts", refusing)
        with refused(PermissionDenied):
            await self.names()

    def test_links_stand_where_their_names_belong(self) -> None:
        """Among files, whatever else is left out."""
        for name in ("/a", "/c", "/f"):
            self.disk.put(name)
        for name in ("/b", "/d", "/g"):
            self.disk.put_link(name, "a")
        self.disk.put_special("/e")
        self.assertEqual(self.scanned(10), ["a", "b", "c", "d", "f", "g"])

    async def test_nothing_is_made_of_an_empty_directory(self) -> None:
        """It has no page."""
        self.assertEqual([size async for size in self.storage.mapped(VirtualPath("/"), len)], [])

    async def trips(self, *times: float) -> list[int]:
        """By which trip to the pool each page of a directory has come, a clock telling these times in turn."""
        self.disk.put_many("/", 6001)
        self.patch(storage, "monotonic", cycle(times).__next__)
        pool = CountingPool(at_once)
        listing = self.disk.storage(blocking=pool).entries(VirtualPath("/"))
        return [pool.calls async for _ in listing]

    async def test_trips_of_a_listing(self) -> None:
        """The first page comes alone, so that its rows leave at once; then four at a time."""
        self.assertEqual(await self.trips(0.0), [1, 2, 2, 2, 2, 3, 3])

    async def test_trips_to_a_slow_disk(self) -> None:
        """Each page leaves as soon as it is there."""
        self.assertEqual(await self.trips(0.0, 1.0), [1, 2, 3, 4, 5, 6, 7])

    async def test_a_page_of_which_nothing_can_be_made(self) -> None:
        """The error is the listing's, and the directory is given back."""
        self.disk.put_many("/", 1500)
        pages = self.storage.mapped(VirtualPath("/"), _first_of_a_full_page)
        self.assertEqual((await pages.__anext__()).name, "000000")
        with self.assertRaisesRegex(ValueError, "500"):
            await pages.__anext__()
        self.assertEqual(self.disk.open_in(), [])

    async def test_a_directory_that_is_removed_meanwhile(self) -> None:
        """What had not been read is no shorter directory."""
        self.disk.put_directory("/d")
        self.disk.put_many("/d/", 1500)
        pages = self.storage.entries(VirtualPath("/d"))
        self.assertEqual(len(await pages.__anext__()), 1000)
        shutil.rmtree(self.disk.host("/d"))
        with refused(NotFound):
            await pages.__anext__()
        self.assertEqual(self.disk.open_in(), [])

    async def test_a_directory_that_is_replaced_meanwhile(self) -> None:
        """The new one is another one."""
        self.disk.put_directory("/d")
        self.disk.put_many("/d/", 1500)
        pages = self.storage.entries(VirtualPath("/d"))
        await pages.__anext__()
        shutil.rmtree(self.disk.host("/d"))
        self.disk.put_directory("/d")
        with refused(NotFound):
            await pages.__anext__()

    async def test_a_directory_that_is_renamed_meanwhile(self) -> None:
        """Is listed to its end."""
        self.disk.put_directory("/d")
        self.disk.put_many("/d/", 1500)
        pages = self.storage.entries(VirtualPath("/d"))
        await pages.__anext__()
        os.rename(self.disk.host("/d"), self.disk.host("/e"))
        self.assertEqual(len(await pages.__anext__()), 500)

    async def test_a_file_system_that_counts_no_links(self) -> None:
        """A directory that is where it was has not been removed."""
        self.disk.put_directory("/d")
        self.disk.put_many("/d/", 1500)
        pages = self.storage.entries(VirtualPath("/d"))
        await pages.__anext__()
        self.patch(os, "fstat", _without_links)
        self.assertEqual(len(await pages.__anext__()), 500)

    async def test_a_listing_that_is_dropped(self) -> None:
        """Gives it back too."""
        self.disk.put_many("/", 1500)
        pages = self.storage.entries(VirtualPath("/"))
        await pages.__anext__()
        del pages
        self.assertEqual(self.disk.open_in(), [])

    async def test_an_entry_that_vanishes_meanwhile(self) -> None:
        """Is left out."""
        self.disk.put_many("/", 1500)
        names: list[str] = []
        async for page in self.storage.entries(VirtualPath("/")):
            names += [entry.name for entry in page]
            self.remove_if_there("/001400")
        self.assertEqual(len(names), 1499)

    def remove_if_there(self, path: str) -> None:
        """Remove a file, once."""
        if os.path.exists(self.disk.host(path)):
            os.unlink(self.disk.host(path))
