"""Copies on the server as clients see them: CPFR CPTO, SITE CPFR and CPTO, and RNTO across folders."""

from __future__ import annotations

from dataclasses import replace

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface import implementer

from ftpd_service.account import Account, LiveAccount
from ftpd_service.events import FileCopied, Refused, Renamed
from ftpd_service.interfaces import IStorage, IWriteHandle
from ftpd_service.path_rules import Folder
from ftpd_service.storage.account_tree import account_tree
from ftpd_service.storage.copying import Copies
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.contract_ground import HIDDEN
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.upload_policy import GivenUploads
from ftpd_service.values import Entry, Permissions, VirtualPath, WriteMode
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in

CONTENT = b"content"


class Opening(MemoryStorage):
    """A home or folder that waits.

    :ivar opening: lets the opening of uploads go on; None lets them go on at once.
    :ivar looking: likewise the look at a target.
    :ivar committing: likewise the commit of an upload.
    """

    committing: Deferred[None] | None = None

    opening: Deferred[None] | None = None
    looking: Deferred[None] | None = None

    async def stat(self, path: VirtualPath) -> Entry:
        if self.looking is not None and path == "/g":
            await self.looking
        return await super().stat(path)

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        if self.opening is not None:
            await self.opening
        handle = await super().open_write(path, mode, offset)
        return handle if self.committing is None else Committing(handle, self.committing)


@implementer(IWriteHandle)
class Committing:
    """A write handle whose commit waits."""

    def __init__(self, handle: IWriteHandle, committing: Deferred[None]) -> None:
        self._committing = committing
        self.write, self.abort, self._commit = handle.write, handle.abort, handle.commit

    async def commit(self) -> None:
        await self._committing
        await self._commit()


class CopiesCase(SynchronousTestCase):
    """A session of alice with ``/f``, ``/d`` and a folder ``/shared``."""

    def setUp(self) -> None:
        self.home, self.folder = MemoryStorage(), Opening()
        self.home.put("/f", CONTENT)
        self.home.put_directory("/d")
        self.folder.put("/old", b"old")
        folders = (Folder(path=VirtualPath("/shared"), host="/srv"),)
        live = self.live = LiveAccount(Account(name="alice", permissions=Permissions.ALL, folders=folders))

        def files_of(path: str, uploads: GivenUploads) -> IStorage:
            return self.folder

        tree = account_tree(self.home, live, files_of, clock=Clock(), copies=Copies(Clock()))
        self.dialogue = Dialogue(storage=tree)
        self.dialogue.log_in()
        self.say = self.dialogue.say

    def begin(self, first: str, second: str) -> None:
        """Begin a copy that waits."""
        self.folder.opening = Deferred()
        self.say(first, 350)
        self.say(second)

    def nothing_happened(self) -> None:
        """Demand that nothing was copied or removed."""
        self.assertEqual((self.home.names("/"), self.folder.names("/")), (["d", "f"], ["old"]))
        self.assertEqual(self.dialogue.recorder.of(Renamed) + self.dialogue.recorder.of(FileCopied), [])


class CopyTests(CopiesCase):
    """CPFR and CPTO."""

    def test_a_file_is_copied(self) -> None:
        """350 and 250."""
        self.assertEqual(
            self.say("CPFR f", 350) + self.say("CPTO g", 250), ["350 Ready for CPTO.", "250 Copy successful."]
        )
        self.assertEqual((self.home.content("/f"), self.home.content("/g")), (CONTENT, CONTENT))

    def test_by_site(self) -> None:
        """As WinSCP does."""
        self.say("SITE CPFR /f", 350)
        self.say("site cpto /shared/my copy", 250)
        self.assertEqual(self.folder.content("/my copy"), CONTENT)

    def test_it_is_told(self) -> None:
        """With both paths."""
        self.say("CPFR f", 350)
        self.say("CPTO shared/old", 250)
        (told,) = self.dialogue.recorder.of(FileCopied)
        self.assertEqual((told.account, told.source, told.target), ("alice", "/f", "/shared/old"))

    def test_feat(self) -> None:
        """WinSCP looks for it."""
        self.assertIn(" SITE COPY", self.say("FEAT", 211))

    def test_a_storage_that_cannot_copy(self) -> None:
        """Does not promise it."""
        dialogue = logged_in()
        self.assertNotIn(" SITE COPY", dialogue.say("FEAT", 211))
        dialogue.say("CPFR f", 504)

    def test_out_of_sequence(self) -> None:
        """CPTO follows CPFR directly, by either form, and once."""
        self.say("CPTO g", 503)
        self.say("SITE CPTO g", 503)
        self.say("CPFR f", 350)
        self.say("NOOP", 200)
        self.say("CPTO g", 250)
        self.say("CPTO h", 503)
        self.say("SITE CPFR f", 350)
        self.say("SITE HELP", 214)
        self.say("SITE CPTO g", 503)

    def test_a_range_of_rang(self) -> None:
        """Lives on, as through other verbs that transfer nothing."""
        self.say("TYPE I", 200)
        self.say("RANG 1 2", 350)
        self.say("SITE CPFR f", 350)
        self.say("SITE CPTO g", 250)
        self.say("CPFR f", 350)
        self.say("CPTO g", 250)
        self.assertEqual(self.dialogue.download("RETR f"), b"on")

    def test_another_verb_between(self) -> None:
        """As for RNFR."""
        self.say("CPFR f", 350)
        self.say("PWD", 257)
        self.say("CPTO g", 503)

    def test_a_refused_source(self) -> None:
        """550, and no earlier source counts any more."""
        self.say("CPFR f", 350)
        self.say("CPFR missing", 550)
        self.say("CPTO g", 503)
        self.say("SITE CPFR f", 350)
        self.say("SITE CPFR d", 550)
        self.say("SITE CPTO g", 503)

    def test_a_refused_target(self) -> None:
        """553: the file itself, a directory, the place of a folder, no directory, a hidden name."""
        targets = ("f", "./f", "d", "shared", "missing/g", f"{HIDDEN}g")
        self.assertEqual([self.answer(target) for target in targets], [[350, 553]] * len(targets))
        self.nothing_happened()

    def answer(self, target: str) -> list[int]:
        """The codes of a copy by SITE."""
        self.dialogue.replies()
        self.dialogue.send(f"SITE CPFR f\r\nSITE CPTO {target}\r\n".encode())
        return self.dialogue.codes()

    def test_a_source_that_is_gone(self) -> None:
        """Is looked for again."""
        self.say("CPFR f", 350)
        self.successResultOf(self.home.remove_file(VirtualPath("/f")))
        self.say("CPTO g", 553)


class MoveTests(CopiesCase):
    """RNTO across folders."""

    def test_a_file_moves(self) -> None:
        """And replaces a file."""
        self.say("RNFR f", 350)
        self.assertEqual(self.say("RNTO shared/old", 250), ["250 Rename successful."])
        self.assertEqual((self.home.names("/"), self.folder.content("/old")), (["d"], CONTENT))
        (told,) = self.dialogue.recorder.of(Renamed)
        self.assertEqual((told.source, told.target), ("/f", "/shared/old"))

    def test_a_directory_does_not(self) -> None:
        """The reply tells why."""
        self.say("RNFR d", 350)
        lines = self.say("RNTO shared/d", 553)
        self.assertEqual(lines, ["553 Not in the same folder or on the same disk: only files move there."])
        self.nothing_happened()


class StopTests(CopiesCase):
    """A copy that does not come to its end."""

    def test_abor(self) -> None:
        """451 for the copy, and 226."""
        self.begin("CPFR f", "CPTO shared/g")
        self.say("ABOR", 451, 226)
        self.nothing_happened()

    def test_abor_of_a_rename(self) -> None:
        """Across folders it is a copy."""
        self.begin("RNFR f", "RNTO shared/g")
        self.say("ABOR", 451, 226)
        self.nothing_happened()

    def test_abor_of_site(self) -> None:
        """SITE is not aborted else."""
        self.begin("SITE CPFR f", "SITE CPTO shared/g")
        self.say("ABOR", 451, 226)
        self.nothing_happened()

    def test_abor_during_the_commit(self) -> None:
        """Comes too late."""
        self.folder.committing = Deferred()
        self.say("RNFR f", 350)
        self.say("RNTO shared/g")
        self.say("ABOR")
        self.folder.committing.callback(None)
        self.assertEqual((self.dialogue.codes(), self.home.names("/")), ([250, 226], ["d"]))

    def test_abor_before_the_copy_begins(self) -> None:
        """While the rename is tried it waits; then no copy begins."""
        self.live.account = replace(self.live.account, permissions=Permissions.ALL & ~Permissions.OVERWRITE)
        self.folder.looking = Deferred()
        self.say("RNFR f", 350)
        self.say("RNTO shared/g")
        self.say("ABOR")
        self.folder.looking.callback(None)
        self.assertEqual(self.dialogue.codes(), [426, 225])
        self.nothing_happened()

    def test_stat(self) -> None:
        """Is answered in its turn, because a copy has no preliminary reply."""
        self.begin("CPFR f", "CPTO shared/g")
        self.say("STAT")
        assert self.folder.opening is not None
        self.folder.opening.callback(None)
        self.assertEqual(self.dialogue.codes(), [250, 211])

    def test_a_client_that_closes_its_side(self) -> None:
        """A killed client does no more."""
        self.begin("RNFR f", "RNTO shared/g")
        self.dialogue.half_close()
        self.assertEqual(self.dialogue.codes(), [451])
        self.nothing_happened()

    def test_a_client_that_closed_its_side_before(self) -> None:
        """No copy begins."""
        self.say("RNFR f", 350)
        self.dialogue.replies()
        self.dialogue.take_nothing()
        self.dialogue.send(b"RNTO shared/g\r\n")
        self.dialogue.half_close()
        self.dialogue.take_replies()
        self.assertEqual(self.dialogue.codes(), [426])
        self.nothing_happened()

    def test_a_client_that_said_quit(self) -> None:
        """Gets its copy first."""
        self.begin("RNFR f", "RNTO shared/g")
        self.dialogue.send(b"QUIT\r\n")
        self.dialogue.half_close()
        assert self.folder.opening is not None
        self.folder.opening.callback(None)
        self.assertEqual((self.dialogue.codes(), self.folder.names("/")), ([250, 221], ["g", "old"]))

    def test_a_lost_connection(self) -> None:
        """The copy ends, and leaves nothing."""
        self.begin("CPFR f", "CPTO shared/g")
        self.dialogue.lose()
        self.nothing_happened()

    def test_a_client_that_left_before_the_commit(self) -> None:
        """Its connection has not told yet."""
        self.say("RNFR f", 350)
        answers = iter([False, True])
        self.dialogue.connection._context.client_left = lambda: next(answers)
        self.say("RNTO shared/g", 426)
        self.nothing_happened()

    def test_an_idle_client(self) -> None:
        """Is not idle while its copy runs."""
        self.begin("CPFR f", "CPTO shared/g")
        self.dialogue.clock.advance(10 * self.dialogue.session.idle_seconds)
        self.assertFalse(self.dialogue.closed)

    def test_the_end_of_the_service(self) -> None:
        """421 in place of the reply of the copy."""
        self.begin("CPFR f", "CPTO shared/g")
        self.dialogue.connection.drop()
        self.assertEqual(self.dialogue.codes(), [421])
        self.nothing_happened()

    def test_a_refusal_is_told_once(self) -> None:
        """With the path and the reason, for the log."""
        self.say("CPFR f", 350)
        self.say("SITE CPTO f", 553)
        (refused,) = self.dialogue.recorder.of(Refused)
        self.assertEqual((refused.verb, refused.path), ("SITE", "/f"))
        self.assertEqual(refused.reason, "File exists: source and target are the same file")
