"""Uploads that end in the quarantine: what is there, what is not under the name, and the share of an account."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import CancelledError

from ftpd_service.errors import PermissionDenied, QuotaExceeded, StorageFailed, StorageFull
from ftpd_service.interfaces import Blocking
from ftpd_service.kernel.openat2 import open_by_kernel
from ftpd_service.quarantine_interfaces import IQuarantinable, QuarantineLabel
from ftpd_service.storage.local import in_place_upload
from ftpd_service.storage.local.quarantine_place import account_directory, quarantine_name
from ftpd_service.storage.local.storage import LocalStorage
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.contract_ground import opened, refused, write
from ftpd_service.testing.fakes import at_once
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from ftpd_service.values import VirtualPath, WriteMode
from tests.cases import SynchronousTestCase, TestCase
from tests.storage.local.disk import ByOpening, Disk
from tests.storage.local.test_hidden import NoUnnamed

T = TypeVar("T")

LABEL = QuarantineLabel(account="alice", path=VirtualPath("/in/a b.csv"))


class OtherFileSystem(ByOpening):
    """A system whose quarantine is on another file system than the files."""

    def __init__(self) -> None:
        super().__init__(open_by_kernel)
        self.crossed = False

    def name_unnamed(self, descriptor: int, directory: int, name: bytes) -> None:
        self._cross()
        super().name_unnamed(descriptor, directory, name)

    def rename_new(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        self._cross()
        super().rename_new(source_directory, source, directory, name)

    def _cross(self) -> None:
        if not self.crossed:
            self.crossed = True
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


class OtherWithoutUnnamed(OtherFileSystem):
    """The same, without O_TMPFILE."""

    def open_unnamed(self, directory: int) -> int:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


class NoNames(ByOpening):
    """A system in which every name in the quarantine is taken."""

    def name_unnamed(self, descriptor: int, directory: int, name: bytes) -> None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


class Cancelling:
    """A `Blocking` whose caller is cancelled at one of its calls."""

    def __init__(self, at: int) -> None:
        self.left = at

    async def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        self.left -= 1
        if not self.left:
            raise CancelledError
        return call()


class QuarantineCase(TestCase):
    """A tree and a quarantine on the disk."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)
        self.place = os.path.join(os.path.realpath(os.getcwd()), self.mktemp(), "quarantine")

    def files(
        self,
        mode: UploadMode = UploadMode.ATOMIC,
        system: SystemCalls | None = None,
        blocking: Blocking = at_once,
        most: int | None = None,
    ) -> LocalStorage:
        """The files, with the quarantine."""
        settings = StorageSettings(uploads=UploadPolicy(mode=mode, quarantine=self.place, quarantine_bytes=most))
        return self.disk.storage(settings, system=system, blocking=blocking)

    async def put_away(self, storage: LocalStorage, content: bytes, label: QuarantineLabel = LABEL) -> str:
        """Upload /a to its end, and put it into quarantine."""
        handle = IQuarantinable(await opened(storage, "/a"))
        await handle.write(content)
        return await handle.quarantine(label)

    def kept(self) -> list[bytes]:
        """The contents of all files in the quarantine of alice."""
        above = os.path.join(self.place, "alice")
        found = []
        for name in sorted(os.listdir(above)):
            with open(os.path.join(above, name), "rb") as file:
                found.append(file.read())
        return found


class TestMoved(QuarantineCase):
    """Inside a file system."""

    async def test_a_hidden_upload_gets_no_name(self) -> None:
        """The former file stays, and the bytes are in the quarantine."""
        self.disk.put("/a", b"former")
        await self.put_away(self.files(), b"abc")
        self.assertEqual((self.disk.content("/a"), self.disk.names("/"), self.kept()), (b"former", ["a"], [b"abc"]))

    async def test_a_hidden_upload_with_a_hidden_name(self) -> None:
        """Where the file system has no files without names, the hidden name goes too."""
        await self.put_away(self.files(system=NoUnnamed()), b"abc")
        self.assertEqual((self.disk.names("/"), self.kept()), ([], [b"abc"]))

    async def test_an_upload_in_place_is_moved_away(self) -> None:
        """Nothing stands under its name any more."""
        self.disk.put("/a", b"former")
        await self.put_away(self.files(UploadMode.IN_PLACE), b"abc")
        self.assertEqual((self.disk.names("/"), self.kept()), ([], [b"abc"]))

    async def test_an_append_is_moved_away_whole(self) -> None:
        """The file is doubtful as it is now, so its former bytes go along."""
        self.disk.put("/a", b"former")
        handle = IQuarantinable(await opened(self.files(), "/a", WriteMode.APPEND))
        await handle.write(b"abc")
        await handle.quarantine(LABEL)
        self.assertEqual((self.disk.names("/"), self.kept()), ([], [b"formerabc"]))

    async def test_a_file_that_took_the_name_meanwhile_stays(self) -> None:
        """Only the file of the upload is moved: here its name leads to another file since."""
        handle = IQuarantinable(await opened(self.files(UploadMode.IN_PLACE), "/a"))
        await handle.write(b"abc")
        self.disk.put("/b", b"theirs")
        os.rename(self.disk.host("/b"), self.disk.host("/a"))
        await handle.quarantine(LABEL)
        self.assertEqual((self.disk.content("/a"), self.kept()), (b"theirs", [b"abc"]))

    async def test_only_the_service_may_read_it(self) -> None:
        """Mode 0600 in a directory of mode 0700, whatever the umask of uploads says."""
        name = await self.put_away(self.files(), b"abc")
        path = os.path.join(self.place, name)
        modes = [stat.S_IMODE(os.stat(one).st_mode) for one in (path, os.path.dirname(path), self.place)]
        self.assertEqual(modes, [0o600, 0o700, 0o700])

    async def test_it_is_named_by_account_time_and_path(self) -> None:
        """The clock of the test stands at 2023-11-14."""
        name = await self.put_away(self.files(system=NoUnnamed()), b"abc")
        self.assertRegex(name, r"^alice/20231114T221320Z-[0-9a-f]{16}-in%2Fa%20b.csv$")
        self.assertEqual(os.listdir(self.place + "/alice"), [name.rpartition("/")[2]])

    async def test_nothing_stays_open(self) -> None:
        """Neither the upload nor a directory."""
        await self.put_away(self.files(), b"abc")
        self.assertEqual(self.disk.open_in(), [])

    async def test_the_upload_has_ended(self) -> None:
        """A commit behind it is refused, and an abort does nothing."""
        handle = IQuarantinable(await opened(self.files(), "/a"))
        await handle.quarantine(LABEL)
        await handle.abort()
        with refused(StorageFailed):
            await handle.commit()
        self.assertEqual(self.kept(), [b""])

    async def test_without_a_quarantine(self) -> None:
        """A storage without the setting refuses, and keeps nothing."""
        handle = IQuarantinable(await opened(self.disk.storage(), "/a"))
        await handle.write(b"abc")
        with refused(StorageFailed):
            await handle.quarantine(LABEL)
        self.assertEqual((self.disk.names("/"), self.disk.open_in()), ([], []))

    async def test_no_name_is_free(self) -> None:
        """The error tells, and nothing is kept."""
        with refused(StorageFailed):
            await self.put_away(self.files(system=NoNames(open_by_kernel)), b"abc")
        self.assertEqual((self.disk.names("/"), self.kept()), ([], []))


class TestCopied(QuarantineCase):
    """The quarantine is on another file system."""

    async def test_a_hidden_upload_is_copied(self) -> None:
        """It is whole in the quarantine, and gone where it was written."""
        content = os.urandom(300_000)
        await self.put_away(self.files(system=OtherFileSystem()), content)
        self.assertEqual((self.disk.names("/"), self.kept(), self.disk.open_in()), ([], [content], []))

    async def test_a_copy_with_a_hidden_name(self) -> None:
        """Without O_TMPFILE no hidden name is left on either side."""
        await self.put_away(self.files(system=OtherWithoutUnnamed()), b"abc")
        self.assertEqual((self.disk.names("/"), self.kept()), ([], [b"abc"]))

    async def test_an_upload_in_place_is_copied_and_removed(self) -> None:
        """Only the copy is left."""
        await self.put_away(self.files(UploadMode.IN_PLACE, system=OtherFileSystem()), b"abc")
        self.assertEqual((self.disk.names("/"), self.kept()), ([], [b"abc"]))

    async def test_a_cancelled_copy(self) -> None:
        """Nothing is in the quarantine, and a file in place keeps its bytes as after an abort."""
        blocking = Cancelling(4)
        handle = IQuarantinable(
            await opened(self.files(UploadMode.IN_PLACE, system=OtherFileSystem(), blocking=blocking), "/a")
        )
        await handle.write(b"abc")
        with self.assertRaises(CancelledError):
            await handle.quarantine(LABEL)
        self.assertEqual((self.disk.content("/a"), self.kept(), self.disk.open_in()), (b"abc", [], []))

    async def test_the_floor_of_free_space(self) -> None:
        """`limits.free_space` holds on the file system of the quarantine too."""
        label = QuarantineLabel(account="alice", path=LABEL.path, keep_free=2**60)
        with refused(StorageFull):
            await self.put_away(self.files(system=OtherFileSystem()), b"abc", label)
        self.assertEqual((self.disk.names("/"), self.kept()), ([], []))


class TestUnmovable(QuarantineCase):
    """A file in a directory that may not be written."""

    async def test_it_is_told(self) -> None:
        """The bytes keep their name, so nothing pretends that they are in the quarantine."""
        self.disk.put("/a", b"former")
        handle = IQuarantinable(await opened(self.files(), "/a", WriteMode.APPEND))
        self.patch(in_place_upload, "may_write", lambda directory, name: False)
        with refused(PermissionDenied):
            await handle.quarantine(LABEL)
        self.assertEqual((self.disk.content("/a"), self.kept()), (b"former", []))


class TestShare(QuarantineCase):
    """What an account may have in the quarantine."""

    async def test_exactly_the_share(self) -> None:
        """The last byte fits."""
        storage = self.files(most=10_000)
        await self.put_away(storage, bytes(5_000))
        await self.put_away(storage, bytes(5_000))
        self.assertEqual(len(self.kept()), 2)

    async def test_one_byte_more(self) -> None:
        """The upload is refused and leaves nothing; there is room for smaller uploads still."""
        storage = self.files(most=10_000)
        await self.put_away(storage, bytes(5_000))
        with refused(QuotaExceeded):
            await self.put_away(storage, bytes(5_001))
        self.assertEqual((len(self.kept()), self.disk.names("/")), (1, []))

    async def test_small_files_count_a_block(self) -> None:
        """An account cannot fill the quarantine with names."""
        storage = self.files(most=10_000)
        await self.put_away(storage, b"")
        await self.put_away(storage, b"")
        with refused(QuotaExceeded):
            await self.put_away(storage, b"")

    async def test_shares_are_of_accounts(self) -> None:
        """What alice has there takes nothing from bob."""
        storage = self.files(most=5_000)
        await self.put_away(storage, bytes(5_000))
        await self.put_away(storage, bytes(5_000), QuarantineLabel(account="bob", path=LABEL.path))
        self.assertEqual(sorted(os.listdir(self.place)), ["alice", "bob"])

    async def test_other_uploads_go_on(self) -> None:
        """A full share stops no good upload."""
        storage = self.files(most=0)
        with refused(QuotaExceeded):
            await self.put_away(storage, b"abc")
        await write(storage, "/a", b"good")
        self.assertEqual(self.disk.content("/a"), b"good")


class NamesTests(SynchronousTestCase):
    """Names in the quarantine."""

    def test_an_account_that_begins_with_a_dot(self) -> None:
        """Is no name for the directory above."""
        self.assertEqual((account_directory(".."), account_directory(".ftpd-x")), ("%2E.", "%2Eftpd-x"))

    def test_an_account_with_a_slash(self) -> None:
        """Stays one name."""
        self.assertEqual(account_directory("a/b"), "a%2Fb")

    def test_long_accounts_differ(self) -> None:
        """A cut name has a digest of the whole."""
        one, other = (account_directory("ü" * 100 + end) for end in "ab")
        self.assertNotEqual(one, other)
        self.assertLessEqual(len(one), 255)

    def test_a_long_path_keeps_its_end(self) -> None:
        """The suffix tells most, and no escape is cut."""
        name = quarantine_name(VirtualPath("/" + "ü" * 120 + ".csv"), 0.0, "0" * 16)
        self.assertRegex(name, r"^19700101T000000Z-0{16}-(%[0-9A-F]{2})+\.csv$")
        self.assertLessEqual(len(name), 255)

    def test_bytes_that_are_no_text(self) -> None:
        """Every byte of a name can be told."""
        self.assertTrue(quarantine_name(VirtualPath("/\udcff\n"), 0.0, "t").endswith("-%FF%0A"))
