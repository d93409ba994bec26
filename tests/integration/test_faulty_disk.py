"""The disk fails, for real: a FUSE file system below the server answers EIO, ENOSPC or EDQUOT.

A change that fails is refused with the code of its error, and leaves what was there before.  The session goes on.
"""

from __future__ import annotations

import atexit
import ftplib
import io
from functools import lru_cache
from pathlib import Path

from twisted.trial.unittest import SkipTest

from ftpd_bench.peers.hanging import FaultyDisk, NotMounted
from tests.cases import SynchronousTestCase
from tests.interop.server import Server
from tests.interop.trees import octets

FORMER = b"the former file"
NEW = octets(300_000)
"""Several calls of write."""


@lru_cache(maxsize=1)
def faulty_server() -> tuple[Server, FaultyDisk, Path]:
    """One server for all tests of this module, its disk, and the folder behind the disk; they end with the test run."""
    server = Server()
    text = server.configuration.read_text()
    others = (
        "  dora: {password: '{plain}secret', home: home, permissions: all, uploads: {durable: true}}",
        "  rosa: {password: '{plain}secret', home: home, permissions: all, uploads: {mode: resumable}}",
    )
    server.configuration.write_text(text.replace("accounts:\n", "\n".join(("accounts:", *others, ""))))
    files = server.folder / "files"
    files.mkdir()
    try:
        disk = FaultyDisk(server.home, files)
    except NotMounted:
        server.stop()
        raise
    atexit.register(server.stop)
    atexit.register(disk.stop)
    server.start()
    return server, disk, files


class FaultyCase(SynchronousTestCase):
    """A client in a folder of its own, with a former file."""

    account = "alice"

    def setUp(self) -> None:
        try:
            server, self.disk, files = faulty_server()
        except NotMounted as problem:
            raise SkipTest(f"no FUSE: {problem}") from problem
        self.addCleanup(self.disk.heal)
        name = self.id().rpartition(".")[2]
        self.files = files / name
        self.files.mkdir()
        (self.files / "f").write_bytes(FORMER)
        self.client = ftplib.FTP(timeout=20)
        self.addCleanup(self.client.close)
        self.client.connect("127.0.0.1", server.port)
        self.client.login(self.account, "secret")
        self.client.cwd(name)

    def refused(self, code: str, line: str, data: bytes | None = None, rest: int | None = None) -> None:
        """Demand that a command, or an upload, is refused with a code, and that the session goes on."""
        with self.assertRaises(ftplib.Error) as caught:
            if data is None:
                self.client.voidcmd(line)
            else:
                self.client.storbinary(line, io.BytesIO(data), rest=rest)
        self.assertEqual(str(caught.exception)[:3], code)
        self.disk.heal()
        self.assertTrue(self.client.voidcmd("NOOP").startswith("200"))

    def left(self) -> dict[str, bytes | None]:
        """Everything on the disk: the bytes of files, and None for a directory."""
        return {path.name: None if path.is_dir() else path.read_bytes() for path in self.files.iterdir()}

    def unchanged(self, code: str, line: str, data: bytes | None = None) -> None:
        """Demand that a command is refused, and that only the former file is there."""
        self.refused(code, line, data)
        self.assertEqual(self.left(), {"f": FORMER})


class ReplacementTests(FaultyCase):
    """STOR: the former file stays, and nothing else is left."""

    def test_a_write_that_fails(self) -> None:
        """EIO is an error of the server."""
        self.disk.fail("write", "EIO", after=1)
        self.unchanged("451", "STOR f", NEW)

    def test_a_write_without_space(self) -> None:
        """The transfer has begun."""
        self.disk.fail("write", "ENOSPC", after=1)
        self.unchanged("552", "STOR f", NEW)

    def test_a_write_beyond_a_quota_of_the_disk(self) -> None:
        """Likewise."""
        self.disk.fail("write", "EDQUOT", after=1)
        self.unchanged("552", "STOR f", NEW)

    def test_a_small_file_without_space(self) -> None:
        """Its bytes are written by its commit."""
        self.disk.fail("write", "ENOSPC")
        self.unchanged("552", "STOR f", b"small")

    def test_a_file_that_cannot_be_made(self) -> None:
        """Nothing has been transferred: the client may wait for space."""
        self.disk.fail("create", "ENOSPC")
        self.unchanged("452", "STOR f", NEW)

    def test_a_close_that_fails(self) -> None:
        """Disks behind a network tell so late that they are full."""
        self.disk.fail("flush", "EDQUOT")
        self.unchanged("552", "STOR f", NEW)

    def test_a_rename_that_fails(self) -> None:
        """The last step of the commit."""
        self.disk.fail("rename", "EIO")
        self.unchanged("451", "STOR f", NEW)

    def test_a_rename_without_space(self) -> None:
        """A directory may need a block."""
        self.disk.fail("rename", "ENOSPC")
        self.unchanged("552", "STOR new", NEW)

    def test_the_next_upload_after_a_failure(self) -> None:
        """Nothing holds its name or its directory."""
        self.disk.fail("write", "EIO")
        self.refused("451", "STOR f", NEW)
        self.client.storbinary("STOR f", io.BytesIO(NEW))
        self.assertEqual(self.left(), {"f": NEW})


class DurableTests(FaultyCase):
    """STOR where ``durable`` demands that the disk has everything before 226."""

    account = "dora"

    def test_a_file_that_the_disk_does_not_take(self) -> None:
        """It never gets its name."""
        self.disk.fail("fsync", "EIO")
        self.unchanged("451", "STOR f", NEW)

    def test_a_name_that_the_disk_does_not_take(self) -> None:
        """Nobody knows which file is there after a crash: either the former file or the new file, whole."""
        self.disk.fail("fsyncdir", "EIO")
        self.refused("451", "STOR f", NEW)
        self.assertIn(self.left(), ({"f": FORMER}, {"f": NEW}))

    def test_a_disk_that_takes_everything(self) -> None:
        """The calls that fail above are made."""
        self.client.storbinary("STOR f", io.BytesIO(NEW))
        self.assertEqual(self.left(), {"f": NEW})


class ResumableTests(FaultyCase):
    """STOR of a new file that can be resumed."""

    account = "rosa"

    def test_an_upload_without_space_is_resumed(self) -> None:
        """Once there is space again; nobody sees it before under its name."""
        self.disk.fail("write", "ENOSPC", after=1)
        self.refused("552", "STOR new", NEW)
        arrived = self.client.size("new") or 0
        self.assertGreater(arrived, 0)
        self.assertNotIn("new", self.left())
        self.client.storbinary("STOR new", io.BytesIO(NEW[arrived:]), rest=arrived)
        self.assertEqual(self.left(), {"f": FORMER, "new": NEW})

    def test_an_upload_that_replaces_a_file(self) -> None:
        """The former file stays."""
        self.disk.fail("write", "EIO", after=1)
        self.refused("451", "STOR f", NEW)
        self.assertEqual(self.left()["f"], FORMER)


class InPlaceTests(FaultyCase):
    """APPE, and STOR after REST: the bytes before stay, and the bytes that arrived before the failure."""

    def test_appending_without_space(self) -> None:
        """No byte before the failure is lost."""
        self.disk.fail("write", "ENOSPC", after=1)
        self.refused("552", "APPE f", NEW)
        left = self.left()["f"] or b""
        self.assertTrue(len(FORMER) <= len(left) < len(FORMER + NEW))
        self.assertEqual(left, (FORMER + NEW)[: len(left)])

    def test_restarting_on_a_disk_that_fails(self) -> None:
        """Nothing before the offset changes."""
        self.disk.fail("write", "EIO")
        self.refused("451", "STOR f", NEW, rest=4)
        self.assertEqual((self.left()["f"] or b"")[:4], FORMER[:4])


class ChangeTests(FaultyCase):
    """Other changes."""

    def test_a_directory_without_space(self) -> None:
        """It is not made."""
        self.disk.fail("mkdir", "ENOSPC")
        self.unchanged("452", "MKD d")

    def test_a_directory_beyond_a_quota_of_the_disk(self) -> None:
        """Likewise."""
        self.disk.fail("mkdir", "EDQUOT")
        self.unchanged("552", "MKD d")

    def test_a_directory_whose_mode_cannot_be_set(self) -> None:
        """It must not stay with a mode that nobody has chosen."""
        self.disk.fail("chmod", "EIO")
        self.unchanged("451", "MKD d")

    def test_a_new_name_that_cannot_be_given(self) -> None:
        """The file keeps its name."""
        self.client.sendcmd("RNFR f")
        self.disk.fail("rename", "EIO")
        self.unchanged("451", "RNTO g")

    def test_a_file_that_cannot_be_removed(self) -> None:
        """It stays."""
        self.disk.fail("unlink", "EIO")
        self.unchanged("451", "DELE f")

    def test_a_tree_that_cannot_be_removed(self) -> None:
        """What has not been removed stays, and no other entry is tried."""
        (self.files / "d").mkdir()
        (self.files / "d" / "a").write_bytes(b"a")
        (self.files / "d" / "b").write_bytes(b"b")
        self.disk.fail("unlink", "EIO", after=1)
        self.refused("451", "RMDA d")
        self.assertEqual(len(list((self.files / "d").iterdir())), 1)

    def test_a_time_that_cannot_be_set(self) -> None:
        """The mode is not set either."""
        before = (self.files / "f").stat()
        self.disk.fail("utimens", "EIO")
        self.refused("451", "MFF Modify=20200102030405;UNIX.mode=600; f")
        after = (self.files / "f").stat()
        self.assertEqual((after.st_mode, after.st_mtime_ns), (before.st_mode, before.st_mtime_ns))

    def test_a_mode_that_cannot_be_set(self) -> None:
        """The time is put back."""
        before = (self.files / "f").stat()
        self.disk.fail("chmod", "EIO")
        self.refused("451", "MFF Modify=20200102030405;UNIX.mode=600; f")
        after = (self.files / "f").stat()
        self.assertEqual((after.st_mode, after.st_mtime_ns), (before.st_mode, before.st_mtime_ns))


class ReadingTests(FaultyCase):
    """A download that fails has no proper end."""

    def test_a_read_that_fails(self) -> None:
        """The client must not take the rest for the file."""
        (self.files / "f").write_bytes(NEW)
        self.disk.fail("read", "EIO", after=1)
        with self.assertRaises(ConnectionResetError):
            self.client.retrbinary("RETR f", lambda data: None)
        with self.assertRaises(ftplib.Error) as caught:
            self.client.voidresp()
        self.assertEqual(str(caught.exception)[:3], "451")

    def test_a_listing_that_fails(self) -> None:
        """It is not the listing of an empty directory."""
        self.disk.fail("readdir", "EIO")
        with self.assertRaises(ftplib.Error) as caught:
            self.client.retrlines("MLSD", lambda line: None)
        self.assertEqual(str(caught.exception)[:3], "451")
