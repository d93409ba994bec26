"""Fetching files: RETR, and REST before it; what holds for all transfers alike."""

from __future__ import annotations

from zope.interface import implementer

from ftpd_service.errors import TransferAborted
from ftpd_service.events import Refused, TransferFinished, TransferStarted
from ftpd_service.interfaces import IReadHandle
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import Direction, Entry, EntryKind, VirtualPath
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in, transferring

COMPLETE = "226 Transfer complete."


def binary() -> Dialogue:
    """A session in TYPE I with a file of ten octets."""
    dialogue = logged_in()
    dialogue.memory.put("/f", b"0123456789")
    dialogue.say("TYPE I", 200)
    return dialogue


class RetrieveTests(SynchronousTestCase):
    """RETR."""

    def test_a_file_is_sent_as_it_is(self) -> None:
        """TYPE I changes nothing."""
        dialogue = logged_in()
        dialogue.memory.put("/f", bytes(range(256)))
        dialogue.say("TYPE I", 200)
        self.assertEqual(dialogue.download("RETR f"), bytes(range(256)))

    def test_a_file_longer_than_what_opening_reads_is_sent_whole(self) -> None:
        """The first piece and the rest fit together."""
        dialogue = binary()
        dialogue.memory.put("/long", b"0123456789" * 10_000)
        self.assertEqual(dialogue.download("RETR long"), b"0123456789" * 10_000)

    def test_150_tells_the_bytes_that_come(self) -> None:
        """In the only parenthesis of the line; the dot behind it is wanted by .NET."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        lines = dialogue.say("RETR f", 150, 226)
        self.assertEqual(lines, ["150 Opening BINARY mode data connection (10 bytes).", COMPLETE])

    def test_150_counts_from_the_restart_offset(self) -> None:
        """The octets of this connection, not of the file: ncftp and curl rely on it."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.say("REST 4", 350)
        lines = dialogue.say("RETR f", 150, 226)
        self.assertEqual(lines[0], "150 Opening BINARY mode data connection (6 bytes).")

    def test_150_does_not_tell_the_name(self) -> None:
        """Curl takes the first ``<digits> bytes`` of the line for the size."""
        dialogue = binary()
        dialogue.memory.put("/5 bytes.txt")
        dialogue.say("EPSV", 229)
        lines = dialogue.say("RETR 5 bytes.txt", 150, 226)
        self.assertEqual(lines[0], "150 Opening BINARY mode data connection (0 bytes).")

    def test_150_comes_before_the_data_connection(self) -> None:
        """Some clients connect only after it."""
        dialogue, go_on = transferring("RETR f")
        self.assertEqual(dialogue.data.sent, [])
        go_on.callback(None)
        self.assertEqual((dialogue.replies(), dialogue.data.sent), ([COMPLETE], [b"0123456789"]))

    def test_226_comes_after_the_data_connection_was_ended(self) -> None:
        """Old clients truncate otherwise (RFC 959 section 4.2)."""
        dialogue, go_on = transferring("RETR f")
        self.assertEqual(dialogue.data.finished, 0)
        go_on.callback(None)
        self.assertEqual(dialogue.data.finished, 1)

    def test_a_missing_file_is_550(self) -> None:
        """Without a 150."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.say("RETR nothing", 550)

    def test_a_directory_is_550(self) -> None:
        """It is no file."""
        dialogue = binary()
        dialogue.memory.put_directory("/d")
        dialogue.say("EPSV", 229)
        dialogue.say("RETR d", 550)

    def test_a_fifo_is_550(self) -> None:
        """It would never end."""
        dialogue = binary()
        dialogue.memory.put_special("/fifo")
        dialogue.say("EPSV", 229)
        dialogue.say("RETR fifo", 550)

    def test_a_missing_argument_is_501(self) -> None:
        """A path is wanted."""
        binary().say("RETR", 501)

    def test_a_pattern_is_a_name(self) -> None:
        """RETR matches nothing."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.say("RETR *", 550)

    def test_a_broken_connection_is_426(self) -> None:
        """And the session goes on (RFC 959 section 5.4)."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.data.failure = TransferAborted("reset by the client")
        dialogue.say("RETR f", 150, 426)
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")

    def test_the_path_is_not_told_in_a_refusal(self) -> None:
        """The text is the same for every file."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        self.assertEqual(dialogue.say("RETR nothing", 550), ["550 No such file or directory."])

    def test_a_name_that_is_no_utf8_is_found(self) -> None:
        """Octets are kept from end to end (RFC 3659 section 2.2)."""
        dialogue = binary()
        dialogue.memory.put("/na\udce9ve", b"raw")
        dialogue.say("EPSV", 229)
        dialogue.send(b"RETR na\xe9ve\r\n")
        self.assertEqual(dialogue.data.sent, [b"raw"])


class RestartTests(SynchronousTestCase):
    """REST before RETR."""

    def test_the_tail_is_sent(self) -> None:
        """From the offset on (RFC 3659 section 5)."""
        dialogue = binary()
        dialogue.say("REST 4", 350)
        self.assertEqual(dialogue.download("RETR f"), b"456789")

    def test_the_offset_may_be_the_end(self) -> None:
        """Wget and FileZilla ask for what they have whole."""
        dialogue = binary()
        dialogue.say("REST 10", 350)
        self.assertEqual(dialogue.download("RETR f"), b"")

    def test_an_offset_behind_the_end_is_554(self) -> None:
        """On the transfer, without a 150 (RFC 1123 section 4.1.3.4)."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.say("REST 11", 350)
        dialogue.say("RETR f", 554)

    def test_a_negative_offset_is_501(self) -> None:
        """RFC 3659 section 5.3: digits."""
        binary().say("REST -1", 501)

    def test_an_offset_of_letters_is_501(self) -> None:
        """RFC 3659 section 5.3: digits."""
        binary().say("REST x", 501)

    def test_a_refused_offset_leaves_the_former_one(self) -> None:
        """Nothing is changed by an error."""
        dialogue = binary()
        dialogue.say("REST 4", 350)
        dialogue.say("REST x", 501)
        self.assertEqual(dialogue.download("RETR f"), b"456789")

    def test_offset_zero_is_taken_in_type_a(self) -> None:
        """Probes send it right after the login."""
        dialogue = logged_in()
        dialogue.say("REST 0", 350)

    def test_offset_zero_takes_the_former_one_back(self) -> None:
        """Lftp sends it for that."""
        dialogue = binary()
        dialogue.say("REST 4", 350)
        dialogue.say("REST 0", 350)
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")

    def test_it_outlives_what_sets_up_a_transfer(self) -> None:
        """Some clients send PASV, TYPE and SIZE behind it."""
        dialogue = binary()
        dialogue.say("REST 4", 350)
        dialogue.say("PASV", 227)
        dialogue.say("PORT 192,0,2,1,200,10", 200)
        dialogue.say("TYPE I", 200)
        dialogue.say("SIZE f", 213)
        dialogue.say("CWD /", 250)
        dialogue.say("NOOP", 200)
        dialogue.say("STAT", 211)
        self.assertEqual(dialogue.download("RETR f"), b"456789")

    def test_a_transfer_uses_it_up(self) -> None:
        """The next file is whole."""
        dialogue = binary()
        dialogue.say("REST 4", 350)
        dialogue.download("RETR f")
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")

    def test_a_refused_transfer_uses_it_up(self) -> None:
        """A failure too."""
        dialogue = binary()
        dialogue.say("REST 4", 350)
        dialogue.say("RETR nothing", 550)
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")

    def test_a_listing_uses_it_up(self) -> None:
        """And is not touched by it."""
        dialogue = binary()
        dialogue.say("REST 4", 350)
        self.assertEqual(dialogue.download("NLST"), b"f\r\n")
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")

    def test_a_new_login_drops_it(self) -> None:
        """It belongs to the former one."""
        dialogue = binary()
        dialogue.say("REST 4", 350)
        dialogue.log_in()
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")


class ReportTests(SynchronousTestCase):
    """What observers see of transfers."""

    def test_a_transfer_is_reported_from_begin_to_end(self) -> None:
        """With the octets that went over the connection."""
        dialogue = binary()
        dialogue.say("REST 4", 350)
        dialogue.download("RETR f")
        started, finished = dialogue.recorder.of(TransferStarted), dialogue.recorder.of(TransferFinished)
        self.assertEqual(
            [(e.account, e.verb, e.direction, e.path) for e in started], [("alice", "RETR", Direction.DOWNLOAD, "/f")]
        )
        self.assertEqual([(e.verb, e.path, e.octets, e.outcome) for e in finished], [("RETR", "/f", 6, "complete")])

    def test_a_transfer_is_reported_with_its_client(self) -> None:
        """The address, and that its data connection was in clear."""
        dialogue = binary()
        dialogue.download("RETR f")
        (finished,) = dialogue.recorder.of(TransferFinished)
        self.assertEqual((finished.peer, finished.protected), (dialogue.session.peer, False))

    def test_the_seconds_of_a_transfer_are_reported(self) -> None:
        """From the 150 on."""
        dialogue, go_on = transferring("RETR f")
        dialogue.clock.advance(3)
        go_on.callback(None)
        self.assertEqual([event.seconds for event in dialogue.recorder.of(TransferFinished)], [3.0])

    def test_a_broken_transfer_is_reported_with_its_reason(self) -> None:
        """The class of the error."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.data.failure = TransferAborted("reset")
        dialogue.say("RETR f", 150, 426)
        self.assertEqual([event.outcome for event in dialogue.recorder.of(TransferFinished)], ["TransferAborted"])

    def test_an_aborted_transfer_is_reported_as_such(self) -> None:
        """ABOR is no error of the server."""
        dialogue, _ = transferring("RETR f")
        dialogue.say("ABOR", 426, 226)
        self.assertEqual([event.outcome for event in dialogue.recorder.of(TransferFinished)], ["aborted"])

    def test_a_refused_transfer_is_no_transfer(self) -> None:
        """It is a refusal, with the reason for the operator."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.say("RETR nothing", 550)
        self.assertEqual(dialogue.recorder.of(TransferStarted), [])
        self.assertEqual(
            [event.reason for event in dialogue.recorder.of(Refused)], ["No such file or directory: no such name"]
        )


@implementer(IReadHandle)
class ShrinkingHandle:
    """A file of which a part is gone when it is read."""

    def __init__(self, size: int) -> None:
        self._size = size

    def entry(self) -> Entry:
        """The file as of opening."""
        return Entry(name="f", kind=EntryKind.FILE, size=self._size, modified_ns=0, mode=0o644)

    def first(self) -> bytes:
        """All that there is."""
        return b"part"

    async def read(self, count: int) -> bytes:
        """Nothing more."""
        return b""

    async def close(self) -> None:
        """Nothing is held."""


class Shrinking(MemoryStorage):
    """A storage whose files are cut short while they are sent."""

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        """As the interface says."""
        return ShrinkingHandle(offset + 5)


class TruncatedDownloadTests(SynchronousTestCase):
    """A download that gives less than was announced."""

    def setUp(self) -> None:
        """A session whose files are cut short."""
        self.dialogue = Dialogue(storage=Shrinking())
        self.dialogue.log_in()
        self.dialogue.say("EPSV", 229)

    def test_in_type_i_it_is_451(self) -> None:
        """The 150 has told how many bytes come."""
        self.dialogue.say("TYPE I", 200)
        self.dialogue.say("RETR f", 150, 451)

    def test_in_type_a_it_is_451_too(self) -> None:
        """The file is no more whole for its line ends."""
        self.dialogue.say("RETR f", 150, 451)

    def test_behind_rest_it_is_451_too(self) -> None:
        """The bytes behind the offset are due."""
        self.dialogue.say("TYPE I", 200)
        self.dialogue.say("REST 100", 350)
        self.dialogue.say("RETR f", 150, 451)

    def test_its_outcome_is_not_complete(self) -> None:
        """In the event that the log shows."""
        self.dialogue.say("RETR f", 150, 451)
        self.assertEqual([event.outcome for event in self.dialogue.recorder.of(TransferFinished)], ["StorageFailed"])
