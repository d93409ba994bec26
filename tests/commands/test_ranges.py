"""RANG, and transfers of a part of a file (draft-bryan-ftp-range-09)."""

from __future__ import annotations

import hashlib
import zlib

from ftpd_service.events import TransferFinished
from ftpd_service.policy.permissions import Rules
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import Entry, EntryKind, Permissions, VirtualPath
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in

LARGEST = 2**63 - 1
CONTENT = bytes(range(256)) * 1000


def binary(content: bytes = b"0123456789") -> Dialogue:
    """A session of alice in TYPE I, with a file."""
    dialogue = logged_in()
    dialogue.memory.put("/f", content)
    dialogue.say("TYPE I", 200)
    return dialogue


def received(dialogue: Dialogue, start: int, end: int) -> bytes:
    """The bytes of a RETR after RANG."""
    dialogue.say(f"RANG {start} {end}", 350)
    return dialogue.download("RETR f")


def refused_upload(dialogue: Dialogue, line: str, *codes: int) -> None:
    """A transfer that is refused."""
    dialogue.say("EPSV", 229)
    dialogue.data.incoming = b"abc"
    dialogue.say(line, *codes)


def stored(dialogue: Dialogue, start: int, end: int, data: bytes, line: str = "STOR f") -> bytes:
    """The file after a STOR of these bytes after RANG."""
    dialogue.say(f"RANG {start} {end}", 350)
    dialogue.upload(line, data)
    return dialogue.memory.content("/f")


class RangTests(SynchronousTestCase):
    """The verb."""

    def test_it_is_350(self) -> None:
        """The draft's text."""
        self.assertEqual(binary().say("RANG 10 19", 350), ["350 Restarting at 10. End byte range at 19."])

    def test_backwards_is_501(self) -> None:
        """And the former range is forgotten: the client must not go on with it."""
        dialogue = binary()
        dialogue.say("RANG 1 2", 350)
        dialogue.say("RANG 5 4", 501)
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")

    def test_one_zero_forgets_the_range(self) -> None:
        """The next transfer is that of the whole file."""
        dialogue = binary()
        dialogue.say("RANG 1 2", 350)
        dialogue.say("RANG 1 0", 350)
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")

    def test_rest_goes_before_an_earlier_range(self) -> None:
        """The later of both counts; also REST 0."""
        dialogue = binary()
        dialogue.say("RANG 1 2", 350)
        dialogue.say("REST 8", 350)
        self.assertEqual(dialogue.download("RETR f"), b"89")
        dialogue.say("RANG 1 2", 350)
        dialogue.say("REST 0", 350)
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")

    def test_a_range_goes_before_an_earlier_rest(self) -> None:
        """Also one that is refused, and RANG 1 0."""
        dialogue = binary()
        dialogue.say("REST 8", 350)
        self.assertEqual(received(dialogue, 1, 2), b"12")
        dialogue.say("REST 8", 350)
        dialogue.say("RANG 1 0", 350)
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")

    def test_ascii_is_551(self) -> None:
        """The range counts bytes of the file; RANG 1 0 works always."""
        dialogue = logged_in()
        dialogue.say("RANG 1 2", 551)
        dialogue.say("RANG 1 0", 350)

    def test_ascii_chosen_afterwards_is_551(self) -> None:
        """At the transfer, before its 150."""
        dialogue = binary()
        for line in ("RETR f", "STOR f"):
            dialogue.say("TYPE I", 200)
            dialogue.say("RANG 1 2", 350)
            dialogue.say("TYPE A", 200)
            refused_upload(dialogue, line, 551)
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789")

    def test_bad_numbers_are_501(self) -> None:
        """Negative numbers, and numbers of 64 bits."""
        dialogue = binary()
        for wrong in ("", "1", "-1 2", "1 -1", f"0 {2**63}", f"{2**64} {2**64}", "a b", "1 2 3"):
            dialogue.say(f"RANG {wrong}".rstrip(), 501)

    def test_a_transfer_uses_it_up(self) -> None:
        """Also one that is refused, and a listing."""
        dialogue = binary()
        self.assertEqual((received(dialogue, 1, 2), dialogue.download("RETR f")), (b"12", b"0123456789"))
        dialogue.say("RANG 1 2", 350)
        refused_upload(dialogue, "RETR missing", 550)
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")
        dialogue.say("RANG 1 2", 350)
        dialogue.download("NLST")
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")

    def test_other_verbs_keep_it(self) -> None:
        """Clients choose the port after it, or ask for the size."""
        dialogue = binary()
        dialogue.say("RANG 1 2", 350)
        dialogue.say("SIZE f", 213)
        dialogue.say("NOOP", 200)
        self.assertEqual(dialogue.download("RETR f"), b"12")

    def test_a_login_forgets_it(self) -> None:
        """As REIN does."""
        dialogue = binary()
        dialogue.say("RANG 1 2", 350)
        dialogue.log_in()
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")

    def test_a_login_is_wanted(self) -> None:
        """530 without."""
        Dialogue().say("RANG 1 2", 530)


class DownloadTests(SynchronousTestCase):
    """RETR of a part."""

    def test_both_bytes_belong_to_the_range(self) -> None:
        """RANG 10 19 is ten bytes; the 150 tells their number."""
        dialogue = binary(CONTENT)
        dialogue.say("RANG 10 19", 350)
        dialogue.say("EPSV", 229)
        lines = dialogue.say("RETR f", 150, 226)
        self.assertEqual(lines[0], "150 Opening BINARY mode data connection (10 bytes).")
        self.assertEqual(dialogue.data.sent[-1], CONTENT[10:20])

    def test_parts_of_a_large_file(self) -> None:
        """At its start, its end, and across the bytes that were read while it was opened."""
        dialogue = binary(CONTENT)
        size = len(CONTENT)
        self.assertEqual(received(dialogue, 0, 0), CONTENT[:1])
        self.assertEqual(received(dialogue, size - 1, size - 1), CONTENT[-1:])
        self.assertEqual(received(dialogue, 5, 200_000), CONTENT[5:200_001])
        self.assertEqual(received(dialogue, 70_000, 70_009), CONTENT[70_000:70_010])

    def test_an_end_behind_the_file(self) -> None:
        """The part ends with the file, whatever the number is."""
        dialogue = binary()
        self.assertEqual([received(dialogue, 7, end) for end in (9, 10, LARGEST)], [b"789"] * 3)

    def test_a_start_behind_the_file_is_empty(self) -> None:
        """226, not 554 as after REST."""
        dialogue = binary()
        self.assertEqual([received(dialogue, start, LARGEST) for start in (10, 11, LARGEST)], [b""] * 3)

    def test_an_empty_file(self) -> None:
        """Every part of it is empty."""
        self.assertEqual(received(binary(b""), 0, 9), b"")


class UploadTests(SynchronousTestCase):
    """STOR of a part."""

    def test_nothing_outside_changes(self) -> None:
        """The file is not cut off."""
        self.assertEqual(stored(binary(), 2, 4, b"abc"), b"01abc56789")

    def test_at_the_start(self) -> None:
        """Byte 0 is no plain STOR."""
        self.assertEqual(stored(binary(), 0, 2, b"abc"), b"abc3456789")

    def test_fewer_bytes_than_the_range(self) -> None:
        """The rest of the range stays as it was."""
        self.assertEqual(stored(binary(), 2, 8, b"abc"), b"01abc56789")

    def test_a_file_becomes_longer(self) -> None:
        """It ends with the range."""
        self.assertEqual(stored(binary(), 8, 12, b"abcde"), b"01234567abcde")

    def test_behind_the_end(self) -> None:
        """At the end is allowed; behind it would leave a gap: 554."""
        dialogue = binary()
        self.assertEqual(stored(dialogue, 10, 11, b"ab"), b"0123456789ab")
        dialogue.say("RANG 13 14", 350)
        refused_upload(dialogue, "STOR f", 554)
        dialogue.say(f"RANG {LARGEST} {LARGEST}", 350)
        refused_upload(dialogue, "STOR f", 554)
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789ab")

    def test_a_new_file(self) -> None:
        """From its first byte on."""
        dialogue = binary()
        stored(dialogue, 0, 9, b"abc", "STOR g")
        self.assertEqual(dialogue.memory.content("/g"), b"abc")
        dialogue.say("RANG 1 9", 350)
        refused_upload(dialogue, "STOR h", 554)

    def test_more_bytes_than_the_range_are_552(self) -> None:
        """Those of the range are kept, and no other is written."""
        dialogue = binary()
        dialogue.say("RANG 2 4", 350)
        dialogue.say("EPSV", 229)
        dialogue.data.incoming = b"abcdefg"
        self.assertEqual(dialogue.say("STOR f", 150, 552)[-1], "552 More bytes than the range of RANG.")
        self.assertEqual(dialogue.memory.content("/f"), b"01abc56789")
        (finished,) = dialogue.recorder.of(TransferFinished)
        self.assertEqual(finished.outcome, "RangeExceeded")

    def test_the_largest_end(self) -> None:
        """It is no limit."""
        self.assertEqual(stored(binary(), 2, LARGEST, b"abc"), b"01abc56789")

    def test_appe_and_stou_are_550(self) -> None:
        """Their meaning is open; nothing is written."""
        dialogue = binary()
        for line in ("APPE f", "STOU f"):
            dialogue.say("RANG 2 4", 350)
            refused_upload(dialogue, line, 550)
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789")

    def test_an_unfinished_upload_is_550(self) -> None:
        """The end of a range would publish the file without its rest; RANG lapses."""
        storage = UnfinishedStorage()
        dialogue = Dialogue(storage=storage)
        dialogue.log_in()
        dialogue.say("TYPE I", 200)
        dialogue.say("RANG 0 4", 350)
        refused_upload(dialogue, "STOR f", 550)
        dialogue.upload("STOR f", b"whole")
        self.assertEqual(storage.content("/f"), b"whole")

    def test_permissions(self) -> None:
        """Within the file the right to overwrite is needed, at its end the right to append."""
        answers = {}
        for granted in (Permissions.APPEND, Permissions.OVERWRITE):
            memory = MemoryStorage()
            memory.put("/f", b"0123456789")
            dialogue = Dialogue(storage=Permitted(memory, Rules(granted)))
            dialogue.log_in()
            dialogue.say("TYPE I", 200)
            for start in (2, 10):
                dialogue.say(f"RANG {start} 20", 350)
                dialogue.say("EPSV", 229)
                dialogue.data.incoming = b"a"
                dialogue.replies()
                dialogue.send(b"STOR f\r\n")
                answers[granted, start] = dialogue.codes()[-1]
        expected = {
            (Permissions.APPEND, 2): 553,
            (Permissions.APPEND, 10): 226,
            (Permissions.OVERWRITE, 2): 226,
            (Permissions.OVERWRITE, 10): 553,
        }
        self.assertEqual(answers, expected)


class UnfinishedStorage(MemoryStorage):
    """A storage in which every name is that of an unfinished upload."""

    async def stat(self, path: VirtualPath) -> Entry:
        return Entry(name=path[1:], kind=EntryKind.UNFINISHED, size=5, modified_ns=0, mode=0o600)


class DigestTests(SynchronousTestCase):
    """HASH of a part."""

    def test_hash_of_a_range(self) -> None:
        """The answer tells it; then it is used up."""
        dialogue = binary()
        dialogue.say("RANG 2 4", 350)
        part, whole = hashlib.sha256(b"234").hexdigest(), hashlib.sha256(b"0123456789").hexdigest()
        self.assertEqual(dialogue.say("HASH f", 213), [f"213 SHA-256 2-4 {part} f"])
        self.assertEqual(dialogue.say("HASH f", 213), [f"213 SHA-256 0-9 {whole} f"])

    def test_in_ascii(self) -> None:
        """A digest does not depend on TYPE."""
        dialogue = binary()
        dialogue.say("RANG 2 4", 350)
        dialogue.say("TYPE A", 200)
        self.assertIn(" 2-4 ", dialogue.say("HASH f", 213)[0])

    def test_an_end_behind_the_file(self) -> None:
        """The answer tells where the digest ends."""
        dialogue = binary()
        dialogue.say(f"RANG 7 {LARGEST}", 350)
        self.assertIn(" 7-9 ", dialogue.say("HASH f", 213)[0])

    def test_a_start_behind_the_file_is_554(self) -> None:
        """No range of the answer could say that nothing is there."""
        dialogue = binary()
        for start in (10, 11, LARGEST):
            dialogue.say(f"RANG {start} {LARGEST}", 350)
            dialogue.say("HASH f", 554)

    def test_a_refused_hash_uses_it_up(self) -> None:
        """As a refused transfer."""
        dialogue = binary()
        dialogue.say("RANG 2 4", 350)
        dialogue.say("HASH missing", 550)
        self.assertIn(" 0-9 ", dialogue.say("HASH f", 213)[0])

    def test_hash_keeps_a_restart_offset(self) -> None:
        """It concerns transfers only."""
        dialogue = binary()
        dialogue.say("REST 8", 350)
        self.assertIn(" 0-9 ", dialogue.say("HASH f", 213)[0])
        self.assertEqual(dialogue.download("RETR f"), b"89")

    def test_xcrc_has_its_own_range(self) -> None:
        """It neither follows RANG nor uses it up."""
        dialogue = binary()
        dialogue.say("RANG 2 4", 350)
        self.assertEqual(dialogue.say("XCRC f", 250), [f"250 {zlib.crc32(b'0123456789'):08X}"])
        self.assertEqual(dialogue.download("RETR f"), b"234")
