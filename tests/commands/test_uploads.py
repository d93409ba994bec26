"""Receiving files: STOR APPE STOU, and REST and ALLO before them."""

from __future__ import annotations

from ftpd_service.errors import DataHandshakeFailed, NoDataConnection, TransferAborted
from ftpd_service.events import TransferFinished
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in, transferring


def binary(content: bytes | None = b"0123456789") -> Dialogue:
    """A session in TYPE I; ``/f`` holds this, or is missing."""
    dialogue = logged_in()
    if content is not None:
        dialogue.memory.put("/f", content)
    dialogue.say("TYPE I", 200)
    return dialogue


class StoreTests(SynchronousTestCase):
    """STOR."""

    def test_what_is_sent_is_the_file(self) -> None:
        """TYPE I changes nothing."""
        dialogue = binary()
        dialogue.upload("STOR new", bytes(range(256)))
        self.assertEqual(dialogue.memory.content("/new"), bytes(range(256)))

    def test_the_former_file_is_replaced(self) -> None:
        """Whole, also by a shorter one."""
        dialogue = binary()
        dialogue.upload("STOR f", b"abc")
        self.assertEqual(dialogue.memory.content("/f"), b"abc")

    def test_an_empty_upload_makes_an_empty_file(self) -> None:
        """The client connects and closes."""
        dialogue = binary(None)
        dialogue.upload("STOR f", b"")
        self.assertEqual(dialogue.memory.content("/f"), b"")

    def test_150_has_no_count(self) -> None:
        """Nobody knows how much comes."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        self.assertEqual(dialogue.say("STOR f", 150, 226)[0], "150 Opening BINARY mode data connection.")

    def test_nothing_is_visible_before_the_end(self) -> None:
        """The former file is there until the commit."""
        dialogue, go_on = transferring("STOR f")
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789")
        go_on.callback(None)
        self.assertEqual(dialogue.memory.content("/f"), b"new content")

    def test_the_connection_is_ended_after_the_commit(self) -> None:
        """A client that sees the end may ask for the size at once."""
        dialogue, go_on = transferring("STOR f")
        go_on.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.data.finished), ([226], 1))

    def test_spaces_around_the_name_belong_to_it(self) -> None:
        """Exactly one space separates verb and path (RFC 3659 section 2.2)."""
        dialogue = binary(None)
        dialogue.upload("STOR  x ", b"")
        self.assertEqual(dialogue.memory.names(), [" x "])

    def test_a_missing_directory_is_553(self) -> None:
        """Without a 150."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.say("STOR missing/f", 553)

    def test_a_directory_is_553(self) -> None:
        """Without a 150."""
        dialogue = binary()
        dialogue.memory.put_directory("/d")
        dialogue.say("EPSV", 229)
        dialogue.say("STOR d", 553)

    def test_a_name_with_a_line_end_is_553(self) -> None:
        """No listing could show it."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.codes()
        dialogue.send(b"STOR a\r\0b\r\n")
        self.assertEqual(dialogue.codes(), [553])

    def test_a_connection_that_never_comes_leaves_the_former_file(self) -> None:
        """425 changes nothing."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.data.failure = NoDataConnection("nobody came")
        dialogue.say("STOR f", 150, 425)
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789")

    def test_a_failed_handshake_leaves_the_former_file(self) -> None:
        """522 changes nothing."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.data.failure = DataHandshakeFailed("no")
        dialogue.say("STOR f", 150, 522)
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789")

    def test_a_broken_upload_leaves_the_former_file(self) -> None:
        """Of a hidden upload nothing is kept."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.data.incoming = b"abcdef"
        dialogue.data.failure = TransferAborted("reset")
        dialogue.say("STOR f", 150, 426)
        self.assertEqual((dialogue.memory.content("/f"), dialogue.memory.names()), (b"0123456789", ["f"]))

    def test_a_broken_upload_leaves_no_new_file(self) -> None:
        """Nor a temporary name in a listing."""
        dialogue = binary(None)
        dialogue.say("EPSV", 229)
        dialogue.data.incoming = b"abcdef"
        dialogue.data.failure = TransferAborted("reset")
        dialogue.say("STOR f", 150, 426)
        self.assertEqual(dialogue.download("NLST"), b"")

    def test_in_place_a_broken_upload_keeps_what_arrived(self) -> None:
        """For clients that resume a broken first upload."""
        storage = MemoryStorage(StorageSettings(uploads=UploadPolicy(mode=UploadMode.IN_PLACE)))
        dialogue = Dialogue(storage=storage)
        dialogue.log_in()
        dialogue.say("TYPE I", 200)
        dialogue.say("EPSV", 229)
        dialogue.data.incoming = b"abcdef"
        dialogue.data.failure = TransferAborted("reset")
        dialogue.say("STOR f", 150, 426)
        self.assertEqual(dialogue.say("SIZE f", 213), ["213 3"])

    def test_no_space_at_the_beginning_is_452(self) -> None:
        """Before the preliminary reply."""
        dialogue = binary()
        dialogue.memory.capacity_bytes = 10
        dialogue.say("EPSV", 229)
        dialogue.say("STOR new", 452)

    def test_no_space_in_the_midst_is_552(self) -> None:
        """After the preliminary reply; the former file is intact and the session goes on."""
        dialogue = binary()
        dialogue.memory.capacity_bytes = 15
        dialogue.say("EPSV", 229)
        dialogue.data.incoming = b"x" * 20
        dialogue.say("STOR f", 150, 552)
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")

    def test_bytes_received_are_reported(self) -> None:
        """As they came over the connection."""
        dialogue = binary()
        dialogue.upload("STOR f", b"abc")
        self.assertEqual([(e.octets, e.outcome) for e in dialogue.recorder.of(TransferFinished)], [(3, "complete")])

    def test_without_a_port_the_target_is_left_alone(self) -> None:
        """425 before the preliminary reply."""
        dialogue = binary()
        dialogue.say("STOR f", 425)
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789")


class RestartTests(SynchronousTestCase):
    """REST before STOR and APPE."""

    def test_bytes_are_written_from_the_offset_on(self) -> None:
        """What stands before it stays (RFC 3659 section 5)."""
        dialogue = binary()
        dialogue.say("REST 8", 350)
        dialogue.upload("STOR f", b"abcd")
        self.assertEqual(dialogue.memory.content("/f"), b"01234567abcd")

    def test_nothing_is_cut_off_behind_what_is_written(self) -> None:
        """RFC 3659 section 5.3 leaves it open; the tail is kept."""
        dialogue = binary()
        dialogue.say("REST 2", 350)
        dialogue.upload("STOR f", b"ab")
        self.assertEqual(dialogue.memory.content("/f"), b"01ab456789")

    def test_an_offset_behind_the_end_is_554(self) -> None:
        """A gap is never filled."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.say("REST 11", 350)
        dialogue.say("STOR f", 554)

    def test_a_broken_upload_keeps_what_arrived(self) -> None:
        """SIZE tells where to go on."""
        dialogue = binary()
        dialogue.say("REST 10", 350)
        dialogue.say("EPSV", 229)
        dialogue.data.incoming = b"abcdef"
        dialogue.data.failure = TransferAborted("reset")
        dialogue.say("STOR f", 150, 426)
        self.assertEqual(dialogue.say("SIZE f", 213), ["213 13"])

    def test_appe_behind_it_is_as_stor(self) -> None:
        """RFC 3659 section 5.3."""
        dialogue = binary()
        dialogue.say("REST 8", 350)
        dialogue.upload("APPE f", b"abcd")
        self.assertEqual(dialogue.memory.content("/f"), b"01234567abcd")

    def test_stou_behind_it_is_refused(self) -> None:
        """A new file has no place to go on (RFC 3659 section 5.3)."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.say("REST 8", 350)
        dialogue.say("STOU", 554)


class AppendTests(SynchronousTestCase):
    """APPE."""

    def test_bytes_go_behind_the_end(self) -> None:
        """RFC 959 section 4.1.3."""
        dialogue = binary()
        dialogue.upload("APPE f", b"abc")
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789abc")

    def test_a_missing_file_is_made(self) -> None:
        """RFC 959 section 4.1.3."""
        dialogue = binary(None)
        dialogue.upload("APPE f", b"abc")
        self.assertEqual(dialogue.memory.content("/f"), b"abc")

    def test_a_broken_one_keeps_what_arrived(self) -> None:
        """SIZE tells where to go on."""
        dialogue, _ = transferring("APPE f")
        dialogue.say("ABOR", 426, 226)
        self.assertEqual(dialogue.say("SIZE f", 213), ["213 15"])

    def test_a_directory_is_553(self) -> None:
        """Without a 150."""
        dialogue = binary()
        dialogue.memory.put_directory("/d")
        dialogue.say("APPE d", 553)


class StoreUniqueTests(SynchronousTestCase):
    """STOU."""

    def test_150_is_exactly_the_name(self) -> None:
        """RFC 1123 section 4.1.2.9; the clock makes the name."""
        dialogue = binary(None)
        dialogue.say("EPSV", 229)
        dialogue.data.incoming = b"abc"
        lines = dialogue.say("STOU", 150, 226)
        name = lines[0].removeprefix("150 FILE: ")
        self.assertEqual((dialogue.memory.names(), dialogue.memory.content(f"/{name}")), ([name], b"abc"))

    def test_two_have_two_names(self) -> None:
        """In the same millisecond too."""
        dialogue = binary(None)
        dialogue.upload("STOU", b"1")
        dialogue.upload("STOU", b"2")
        self.assertEqual(sorted(map(dialogue.memory.content, dialogue.memory.names())), [b"1", b"2"])

    def test_a_hint_is_taken_when_it_is_free(self) -> None:
        """Clients send the local name."""
        dialogue = binary(None)
        dialogue.say("EPSV", 229)
        self.assertEqual(dialogue.say("STOU a.txt", 150, 226)[0], "150 FILE: a.txt")

    def test_a_taken_hint_gets_a_number_before_its_suffix(self) -> None:
        """Programs go by the suffix."""
        dialogue = binary(None)
        dialogue.memory.put("/a.txt", b"old")
        dialogue.say("EPSV", 229)
        self.assertEqual(dialogue.say("STOU a.txt", 150, 226)[0], "150 FILE: a.1.txt")
        self.assertEqual(dialogue.memory.content("/a.txt"), b"old")

    def test_a_hint_elsewhere_is_told_with_its_path(self) -> None:
        """The name must be usable from here."""
        dialogue = binary(None)
        dialogue.memory.put_directory("/d")
        dialogue.say("EPSV", 229)
        self.assertEqual(dialogue.say("STOU d/a", 150, 226)[0], "150 FILE: /d/a")

    def test_a_name_is_reserved_while_it_is_received(self) -> None:
        """Two sessions never announce the same one."""
        dialogue, _ = transferring("STOU a")
        second = Dialogue(storage=dialogue.memory)
        second.log_in()
        second.say("EPSV", 229)
        self.assertEqual(second.say("STOU a", 150, 226)[0], "150 FILE: a.1")

    def test_a_missing_directory_is_553(self) -> None:
        """Without a 150."""
        dialogue = binary()
        dialogue.say("EPSV", 229)
        dialogue.say("STOU missing/a", 553)


class AllocateTests(SynchronousTestCase):
    """ALLO."""

    def test_it_is_200(self) -> None:
        """BusyBox wants it; a camera loops at 202."""
        binary().say("ALLO 100 R 10", 200)

    def test_what_is_no_number_is_501(self) -> None:
        """RFC 959 section 5.4."""
        binary().say("ALLO x", 501)

    def test_it_is_never_refused_for_space(self) -> None:
        """The upload that cannot fit is, before its preliminary reply."""
        dialogue = binary()
        dialogue.memory.capacity_bytes = 20
        dialogue.say("ALLO 11", 200)
        dialogue.say("EPSV", 229)
        dialogue.say("STOR new", 452)

    def test_what_fits_is_taken(self) -> None:
        """The boundary itself."""
        dialogue = binary()
        dialogue.memory.capacity_bytes = 20
        dialogue.say("ALLO 10", 200)
        dialogue.upload("STOR new", b"1234567890")

    def test_it_counts_for_one_upload(self) -> None:
        """The refused one."""
        dialogue = binary()
        dialogue.memory.capacity_bytes = 20
        dialogue.say("ALLO 11", 200)
        dialogue.say("EPSV", 229)
        dialogue.say("STOR new", 452)
        dialogue.upload("STOR new", b"abc")
