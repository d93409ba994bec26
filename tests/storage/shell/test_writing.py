"""An IFTPShell as a storage: uploads and changes, with Twisted's own shells."""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime
from twisted.protocols.ftp import FTPAnonymousShell
from twisted.python.filepath import FilePath
from zope.interface.verify import verifyObject

from ftpd_service.errors import (
    AlreadyExists,
    IsADirectory,
    LoginUnavailable,
    NameNotAllowed,
    NotADirectory,
    NotEmpty,
    NotFound,
    PermissionDenied,
    Unsupported,
)
from ftpd_service.interfaces import IWriteHandle
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.shell.storage import ShellStorage, as_storage
from ftpd_service.values import ROOT, VirtualPath, WriteMode
from tests.storage.shell.test_storage import DIRECTORY, FILE, MISSING, ShellMixin

NEW = VirtualPath("/new")


class WritingTests(ShellMixin):
    """Uploads."""

    def content(self, name: str) -> bytes:
        """What a file holds on the disk."""
        return (self.root / name).read_bytes()

    def test_provides_its_interface(self) -> None:
        """The data connection may be given this."""
        self.assertTrue(verifyObject(IWriteHandle, self.written(NEW)))

    def test_new_file(self) -> None:
        """What was written stands under its name after the commit."""
        self.successResultOf(self.written(NEW, b"ab", b"cd").commit())
        self.assertEqual(self.content("new"), b"abcd")

    def test_replaces_a_file(self) -> None:
        """A plain upload takes the place of the former file."""
        self.successResultOf(self.written(FILE, b"x").commit())
        self.assertEqual(self.content("file"), b"x")

    def test_empty_upload(self) -> None:
        """An upload of nothing is an empty file."""
        self.successResultOf(self.written(FILE).commit())
        self.assertEqual(self.content("file"), b"")

    def test_nothing_changes_before_the_first_octet(self) -> None:
        """Though a shell cuts off a file when it opens it, opening here changes nothing."""
        self.written(FILE)
        self.assertEqual(self.content("file"), b"0123456789")

    def test_abort_before_the_first_octet_leaves_the_former_file(self) -> None:
        """An upload whose data connection never came changes nothing."""
        self.successResultOf(self.written(FILE).abort())
        self.assertEqual(self.content("file"), b"0123456789")

    def test_abort_keeps_what_arrived(self) -> None:
        """A shell knows no way back."""
        self.successResultOf(self.written(FILE, b"half").abort())
        self.assertEqual(self.content("file"), b"half")

    def test_create(self) -> None:
        """A name of its own, which was free."""
        self.successResultOf(self.written(NEW, b"x", mode=WriteMode.CREATE).commit())
        self.assertEqual(self.content("new"), b"x")

    def test_create_of_a_name_that_is_taken(self) -> None:
        """CREATE does not replace."""
        self.refused(AlreadyExists, self.storage.open_write(FILE, WriteMode.CREATE, 0))

    def test_create_reserves_its_name(self) -> None:
        """While one upload holds the name, it is taken for another."""
        self.written(NEW, mode=WriteMode.CREATE)
        self.refused(AlreadyExists, self.storage.open_write(NEW, WriteMode.CREATE, 0))

    def test_aborted_create_frees_its_name(self) -> None:
        """The name is free once that upload has ended."""
        self.successResultOf(self.written(NEW, mode=WriteMode.CREATE).abort())
        self.successResultOf(self.written(NEW, b"x", mode=WriteMode.CREATE).commit())
        self.assertEqual(self.content("new"), b"x")

    def test_create_does_not_replace_what_came_meanwhile(self) -> None:
        """Somebody else's file of that name stays."""
        handle = self.written(NEW, mode=WriteMode.CREATE)
        (self.root / "new").write_bytes(b"theirs")
        self.refused(AlreadyExists, handle.commit())
        self.assertEqual(self.content("new"), b"theirs")

    def test_append_is_unsupported(self) -> None:
        """A shell writes from the start only."""
        self.refused(Unsupported, self.storage.open_write(FILE, WriteMode.APPEND, 0))

    def test_offset_is_unsupported(self) -> None:
        """So an upload cannot be resumed, and no range of a file be written, also from its first byte on."""
        self.refused(Unsupported, self.storage.open_write(FILE, WriteMode.MODIFY, 1))
        self.refused(Unsupported, self.storage.open_write(FILE, WriteMode.MODIFY, 0))

    def test_directory(self) -> None:
        """A directory is not replaced by a file."""
        self.refused(IsADirectory, self.storage.open_write(DIRECTORY, WriteMode.REPLACE, 0))

    def test_missing_parent(self) -> None:
        """The parent must exist; that is told before the first octet."""
        self.refused(NotFound, self.storage.open_write(VirtualPath("/missing/new"), WriteMode.REPLACE, 0))

    def test_parent_that_is_a_file(self) -> None:
        """A file is no parent."""
        self.refused(NotFound, self.storage.open_write(VirtualPath("/file/new"), WriteMode.REPLACE, 0))

    def test_line_end_in_the_name(self) -> None:
        """No name with CR or LF is made."""
        self.refused(NameNotAllowed, self.storage.open_write(VirtualPath("/a\nb"), WriteMode.REPLACE, 0))


class ChangingTests(ShellMixin):
    """Directories, removal, renaming."""

    def test_make_directory(self) -> None:
        """A directory is made."""
        self.successResultOf(self.storage.make_directory(NEW))
        self.assertTrue((self.root / "new").is_dir())

    def test_make_directory_that_is_there(self) -> None:
        """A name that is taken is AlreadyExists."""
        self.refused(AlreadyExists, self.storage.make_directory(FILE))

    def test_make_root(self) -> None:
        """The root is always there."""
        self.refused(AlreadyExists, self.storage.make_directory(ROOT))

    def test_make_directory_makes_no_parents(self) -> None:
        """Though Twisted's shell would make them."""
        self.refused(NotFound, self.storage.make_directory(VirtualPath("/a/b")))
        self.assertFalse((self.root / "a").exists())

    def test_remove_directory(self) -> None:
        """An empty directory is removed."""
        (self.root / "empty").mkdir()
        self.successResultOf(self.storage.remove_directory(VirtualPath("/empty")))
        self.assertFalse((self.root / "empty").exists())

    def test_remove_full_directory(self) -> None:
        """One that holds something is not."""
        self.refused(NotEmpty, self.storage.remove_directory(DIRECTORY))

    def test_remove_directory_that_is_a_file(self) -> None:
        """A file is no directory."""
        self.refused(NotADirectory, self.storage.remove_directory(FILE))

    def test_remove_missing_directory(self) -> None:
        """What is not there is NotFound."""
        self.refused(NotFound, self.storage.remove_directory(MISSING))

    def test_root_stays(self) -> None:
        """The root is never removed."""
        self.refused(PermissionDenied, self.storage.remove_directory(ROOT))

    def test_remove_file(self) -> None:
        """A file is removed."""
        self.successResultOf(self.storage.remove_file(FILE))
        self.assertFalse((self.root / "file").exists())

    def test_remove_file_that_is_a_directory(self) -> None:
        """A directory is not removed as a file, the root neither."""
        self.refused(IsADirectory, self.storage.remove_file(DIRECTORY))
        self.refused(IsADirectory, self.storage.remove_file(ROOT))

    def test_remove_missing_file(self) -> None:
        """What is not there is NotFound."""
        self.refused(NotFound, self.storage.remove_file(MISSING))

    def test_rename(self) -> None:
        """A file has another name."""
        self.successResultOf(self.storage.rename(FILE, NEW))
        self.assertEqual((self.root / "new").read_bytes(), b"0123456789")

    def test_rename_replaces_a_file(self) -> None:
        """A file may replace a file."""
        self.successResultOf(self.storage.rename(FILE, VirtualPath("/directory/inner")))
        self.assertEqual((self.root / "directory" / "inner").read_bytes(), b"0123456789")

    def test_rename_replaces_no_directory(self) -> None:
        """Nothing replaces a directory, an empty one neither."""
        (self.root / "empty").mkdir()
        self.refused(AlreadyExists, self.storage.rename(DIRECTORY, VirtualPath("/empty")))
        self.refused(AlreadyExists, self.storage.rename(FILE, VirtualPath("/empty")))

    def test_rename_of_a_directory_onto_a_file(self) -> None:
        """A directory replaces no file."""
        self.refused(AlreadyExists, self.storage.rename(DIRECTORY, FILE))

    def test_rename_of_nothing(self) -> None:
        """The source must exist."""
        self.refused(NotFound, self.storage.rename(MISSING, NEW))

    def test_rename_into_nothing(self) -> None:
        """So must the target's parent."""
        self.refused(NotFound, self.storage.rename(FILE, VirtualPath("/missing/new")))

    def test_rename_of_the_root(self) -> None:
        """The root keeps its name."""
        self.refused(PermissionDenied, self.storage.rename(ROOT, NEW))

    def test_times_cannot_be_set(self) -> None:
        """A shell has no word for it."""
        self.refused(Unsupported, self.storage.set_modified(FILE, 0))


class AnonymousShellTests(ShellMixin):
    """Twisted's shell that only reads."""

    def setUp(self) -> None:
        super().setUp()
        self.storage = ShellStorage(FTPAnonymousShell(FilePath(str(self.root))), clock=self.clock)

    def test_reads(self) -> None:
        """What is there can be fetched."""
        self.assertEqual(self.read(self.successResultOf(self.storage.open_read(FILE, 0))), b"0123456789")

    def test_refuses_an_upload(self) -> None:
        """The first octet is refused, and nothing has changed."""
        handle: IWriteHandle = self.successResultOf(self.storage.open_write(FILE, WriteMode.REPLACE, 0))
        self.refused(PermissionDenied, handle.write(b"x"))
        self.successResultOf(handle.abort())
        self.assertEqual((self.root / "file").read_bytes(), b"0123456789")

    def test_refuses_an_empty_upload(self) -> None:
        """So is the commit of an upload without octets."""
        handle: IWriteHandle = self.successResultOf(self.storage.open_write(FILE, WriteMode.REPLACE, 0))
        self.refused(PermissionDenied, handle.commit())

    def test_refuses_changes(self) -> None:
        """Nothing is made, removed or renamed."""
        self.refused(PermissionDenied, self.storage.make_directory(NEW))
        self.refused(PermissionDenied, self.storage.remove_directory(DIRECTORY))
        self.refused(PermissionDenied, self.storage.remove_file(FILE))
        self.refused(PermissionDenied, self.storage.rename(FILE, NEW))


class AsStorageTests(ShellMixin):
    """What a checker may give as the files of an account."""

    def test_storage_is_taken_as_it_is(self) -> None:
        """A storage needs no adapter."""
        storage = MemoryStorage()
        self.assertIs(as_storage(storage, clock=self.clock), storage)

    def test_shell_gets_its_adapter(self) -> None:
        """A shell is adapted."""
        shell = FTPAnonymousShell(FilePath(str(self.root)))
        self.assertIsInstance(as_storage(shell, clock=self.clock), ShellStorage)

    def test_anything_else_is_unavailable(self) -> None:
        """Neither: the login cannot go on, and the text names what was given."""
        problem = self.assertRaises(LoginUnavailable, as_storage, "/srv/ftp", clock=IReactorTime(self.clock))
        self.assertIn("storage_for returned str", str(problem))
