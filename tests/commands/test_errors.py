"""From each class of error to its reply, in each column, before and after the preliminary reply."""

from __future__ import annotations

from ftpd_service import errors
from ftpd_service.commands.command import Column
from ftpd_service.commands.for_errors import reply_for
from ftpd_service.errors import FtpdError
from ftpd_service.events import Refused, ResourcesExhausted, UnexpectedError
from ftpd_service.interfaces import IReadHandle
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import VirtualPath
from ftpd_service.wire.reply import After
from tests.cases import SynchronousTestCase

SECRET = "/srv/host/path: secret"

SAME_EVERYWHERE: dict[type[FtpdError], int] = {
    errors.BadSyntax: 500,
    errors.BadArgument: 501,
    errors.BadSequence: 503,
    errors.UnsupportedParameter: 504,
    errors.Unsupported: 504,
    errors.NotLoggedIn: 530,
    errors.LoginRefused: 530,
    errors.TlsRequired: 530,
    errors.LoginUnavailable: 421,
    errors.LoginsSaturated: 421,
    errors.PolicyDenied: 534,
    errors.NoDataConnection: 425,
    errors.NoDataResources: 425,
    errors.TransferAborted: 426,
    errors.DataProtectionRequired: 522,
    errors.DataHandshakeFailed: 522,
    errors.ResumptionRequired: 522,
    errors.NameNotAllowed: 553,
    errors.RestartBeyondEnd: 554,
    errors.QuotaExceeded: 552,
    errors.TemporarilyUnavailable: 450,
    errors.OutOfResources: 450,
    errors.StorageFailed: 451,
    errors.LimitReached: 421,
    errors.StorageError: 451,
    FtpdError: 451,
}
"""Errors whose reply depends on nothing else."""

ABOUT_PATHS: tuple[type[FtpdError], ...] = (
    errors.NotFound,
    errors.PermissionDenied,
    errors.AlreadyExists,
    errors.IsADirectory,
    errors.NotEmpty,
    errors.NotAPlainFile,
    errors.TooManyEntries,
    errors.AcrossFolders,
)
"""Errors that are 553 for a target and 550 for any other path."""


def code(kind: type[FtpdError], column: Column, *, begun: bool = False) -> int:
    """The code of the reply to an error."""
    return reply_for(kind(SECRET), begun=begun, column=column).code


class BrokenStorage(MemoryStorage):
    """A storage whose files cannot be read, for a reason of the test's."""

    def __init__(self, problem: Exception) -> None:
        super().__init__()
        self._problem = problem

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        raise self._problem


def broken(problem: Exception) -> Dialogue:
    """A session on such a storage, with a port chosen."""
    dialogue = Dialogue(storage=BrokenStorage(problem))
    dialogue.log_in()
    dialogue.say("EPSV", 229)
    return dialogue


class ColumnTests(SynchronousTestCase):
    """The table."""

    def test_most_errors_have_one_reply(self) -> None:
        """In each column, before and after the preliminary reply."""
        found = {
            kind: {code(kind, column, begun=begun) for column in Column for begun in (False, True)}
            for kind in SAME_EVERYWHERE
        }
        self.assertEqual(found, {kind: {wanted} for kind, wanted in SAME_EVERYWHERE.items()})

    def test_errors_about_targets_are_553(self) -> None:
        """STOR STOU APPE RNTO."""
        self.assertEqual({code(kind, Column.WRITES) for kind in ABOUT_PATHS}, {553})

    def test_errors_about_other_paths_are_550(self) -> None:
        """Whatever is read, changed or removed."""
        self.assertEqual({code(kind, Column.READS) for kind in ABOUT_PATHS}, {550})

    def test_errors_about_listed_paths_are_550(self) -> None:
        """Not 450, which curl takes for an empty directory."""
        self.assertEqual({code(kind, Column.LISTS) for kind in ABOUT_PATHS}, {550})

    def test_errors_about_paths_behind_the_preliminary_reply_are_451(self) -> None:
        """A file or directory that goes while it is sent (RFC 959 section 5.4 has no 550 there)."""
        kinds = (errors.NotFound, errors.PermissionDenied, errors.NotADirectory)
        found = {code(kind, column, begun=True) for kind in kinds for column in (Column.READS, Column.LISTS)}
        self.assertEqual(found, {451})

    def test_what_is_no_directory_has_a_reply_in_each_column(self) -> None:
        """501 for MLSD (RFC 3659 section 7.2.1)."""
        found = {column: code(errors.NotADirectory, column) for column in Column}
        self.assertEqual(found, {Column.READS: 550, Column.WRITES: 553, Column.LISTS: 501})

    def test_no_space_before_the_preliminary_reply_is_452(self) -> None:
        """And in verbs that have none."""
        self.assertEqual({code(errors.StorageFull, column) for column in Column}, {452})

    def test_no_space_after_the_preliminary_reply_is_552(self) -> None:
        """In the midst of an upload."""
        self.assertEqual({code(errors.StorageFull, column, begun=True) for column in Column}, {552})

    def test_421_closes(self) -> None:
        """RFC 959 section 4.2."""
        kinds = (errors.LoginUnavailable, errors.LimitReached)
        after = {reply_for(kind(), begun=False, column=Column.READS).after for kind in kinds}
        self.assertEqual(after, {After.CLOSE})

    def test_a_class_without_a_row_has_that_of_the_class_above(self) -> None:
        """A stranger's own subclass."""

        class Frozen(errors.PermissionDenied):
            """Below one that has a row."""

        self.assertEqual(reply_for(Frozen(), begun=False, column=Column.WRITES).code, 553)

    def test_only_errors_of_the_request_show_their_text(self) -> None:
        """All others may hold a host path."""
        shown = {
            kind
            for kind in (*SAME_EVERYWHERE, *ABOUT_PATHS, errors.NotADirectory, errors.StorageFull)
            if SECRET in reply_for(kind(SECRET), begun=False, column=Column.READS).lines[0]
        }
        self.assertEqual(
            shown,
            {
                errors.BadSyntax,
                errors.BadArgument,
                errors.BadSequence,
                errors.UnsupportedParameter,
                errors.Unsupported,
            },
        )


class SessionTests(SynchronousTestCase):
    """The same, seen by a client and by the operator."""

    def test_an_unexpected_exception_is_451(self) -> None:
        """Without a word of it, and the session goes on."""
        dialogue = broken(ValueError(SECRET))
        self.assertEqual(dialogue.say("RETR f", 451), ["451 Local error in processing."])
        dialogue.say("NOOP", 200)

    def test_an_unexpected_exception_is_reported(self) -> None:
        """The log shows its traceback."""
        problem = ValueError(SECRET)
        dialogue = broken(problem)
        dialogue.say("RETR f", 451)
        self.assertEqual([(e.verb, e.exception) for e in dialogue.recorder.of(UnexpectedError)], [("RETR", problem)])

    def test_a_refusal_is_reported_with_the_reason(self) -> None:
        """Which the client is not told."""
        dialogue = broken(errors.StorageFailed(SECRET))
        dialogue.say("RETR f", 451)
        refused = dialogue.recorder.of(Refused)[-1]
        self.assertEqual(
            (refused.account, refused.verb, refused.argument, refused.code, refused.reason),
            ("alice", "RETR", "f", 451, f"Local error in processing: {SECRET}"),
        )

    def test_a_refusal_names_the_deciding_rule(self) -> None:
        """For the operator who wrote it."""
        dialogue = broken(errors.PermissionDenied("reading", rule="home.permissions"))
        dialogue.say("RETR f", 550)
        self.assertEqual(dialogue.recorder.of(Refused)[-1].reason, "Permission denied: reading (rule home.permissions)")

    def test_a_server_short_of_resources_says_so(self) -> None:
        """And not that the file is busy; the operator gets an error in the log."""
        dialogue = broken(errors.OutOfResources("EMFILE"))
        self.assertEqual(dialogue.say("RETR f", 450), ["450 The server is short of resources, try again later."])
        (event,) = dialogue.recorder.of(ResourcesExhausted)
        self.assertEqual((event.account, event.verb, event.reason), ("alice", "RETR", "EMFILE"))

    def test_a_data_connection_without_a_descriptor_is_reported_too(self) -> None:
        """425, as for any connection that could not be opened."""
        dialogue = broken(errors.NoDataResources("EMFILE"))
        self.assertIn("short of resources", dialogue.say("RETR f", 425)[0])
        self.assertEqual([event.reason for event in dialogue.recorder.of(ResourcesExhausted)], ["EMFILE"])

    def test_a_file_that_is_busy_is_no_shortage(self) -> None:
        """Nothing is to be done by the operator."""
        dialogue = broken(errors.TemporarilyUnavailable("EBUSY"))
        self.assertEqual(dialogue.say("RETR f", 450), ["450 File is busy, try again later."])
        self.assertEqual(dialogue.recorder.of(ResourcesExhausted), [])

    def test_an_error_in_the_midst_of_a_transfer_is_answered_as_such(self) -> None:
        """After the 150 no space is 552."""
        dialogue = Dialogue()
        dialogue.log_in()
        dialogue.say("EPSV", 229)
        dialogue.data.failure = errors.StorageFull("disk")
        dialogue.say("STOR f", 150, 552)

    def test_the_mark_of_one_transfer_does_not_count_for_the_next(self) -> None:
        """Before its own 150 no space is 452."""
        dialogue = Dialogue()
        dialogue.log_in()
        dialogue.upload("STOR f", b"abc")
        dialogue.memory.capacity_bytes = 3
        dialogue.say("STOR g", 452)
