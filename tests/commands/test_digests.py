"""Digests of files: HASH, OPTS HASH, XCRC and its kin, MD5 and MMD5."""

from __future__ import annotations

import hashlib
import zlib

from ftpd_service.policy.permissions import Rules
from ftpd_service.session.settings import SessionSettings
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import Permissions
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in

CONTENT = b"a\nb" * 100_000


def with_file(path: str = "/f", content: bytes = CONTENT, *, settings: SessionSettings | None = None) -> Dialogue:
    """A session of alice with a file."""
    dialogue = logged_in(settings=settings)
    dialogue.memory.put(path, content)
    return dialogue


def upper(digest: str) -> str:
    """The reply of XCRC and its kin."""
    return f"250 {digest.upper()}"


class HashTests(SynchronousTestCase):
    """HASH and OPTS HASH (draft-bryan-ftpext-hash-03)."""

    def test_algorithm_range_digest_and_path(self) -> None:
        """The range has the last byte, the digest is in lower case, and the path is the client's."""
        digest = hashlib.sha256(CONTENT).hexdigest()
        self.assertEqual(with_file().say("HASH f", 213), [f"213 SHA-256 0-299999 {digest} f"])

    def test_an_empty_file(self) -> None:
        """Its range is 0-0."""
        digest = hashlib.sha256(b"").hexdigest()
        self.assertEqual(with_file(content=b"").say("HASH /f", 213), [f"213 SHA-256 0-0 {digest} /f"])

    def test_spaces_in_the_path(self) -> None:
        """They are the name's."""
        dialogue = with_file("/a  b ")
        self.assertTrue(dialogue.say("HASH a  b ", 213)[0].endswith(" a  b "))

    def test_type_does_not_matter(self) -> None:
        """The bytes are those of TYPE I, also in TYPE A."""
        dialogue = with_file()
        before = dialogue.say("HASH f", 213)
        dialogue.say("TYPE I", 200)
        self.assertEqual(dialogue.say("HASH f", 213), before)

    def test_opts_hash_tells_the_algorithm(self) -> None:
        """Without a name."""
        self.assertEqual(logged_in().say("OPTS HASH", 200), ["200 SHA-256"])

    def test_opts_hash_switches(self) -> None:
        """In upper or lower case; FEAT and HASH follow."""
        dialogue = with_file()
        self.assertEqual(dialogue.say("OPTS HASH sha-512", 200), ["200 SHA-512"])
        self.assertIn(" HASH SHA-256;SHA-512*;SHA-1;MD5;CRC32", dialogue.say("FEAT", 211))
        digest = hashlib.sha512(CONTENT).hexdigest()
        self.assertEqual(dialogue.say("HASH f", 213), [f"213 SHA-512 0-299999 {digest} f"])

    def test_crc32_has_eight_digits(self) -> None:
        """Also with leading zeros: the CRC-32 of these bytes is 0x00000000 only for none."""
        dialogue = with_file(content=b"")
        dialogue.say("OPTS HASH CRC32", 200)
        self.assertEqual(dialogue.say("HASH f", 213), ["213 CRC32 0-0 00000000 f"])

    def test_an_unknown_algorithm_is_504(self) -> None:
        """And nothing changes."""
        dialogue = logged_in()
        dialogue.say("OPTS HASH SHA-3", 504)
        self.assertEqual(dialogue.say("OPTS HASH", 200), ["200 SHA-256"])

    def test_rein_resets_the_algorithm(self) -> None:
        """As everything else."""
        dialogue = logged_in()
        dialogue.say("OPTS HASH MD5", 200)
        dialogue.say("REIN", 220)
        dialogue.log_in()
        self.assertEqual(dialogue.say("OPTS HASH", 200), ["200 SHA-256"])

    def test_what_is_no_file_is_550(self) -> None:
        """A directory and a FIFO as a missing name."""
        dialogue = logged_in()
        dialogue.memory.put_directory("/d")
        dialogue.memory.put_special("/fifo")
        dialogue.say("HASH d", 550)
        dialogue.say("HASH fifo", 550)
        dialogue.say("HASH missing", 550)

    def test_a_path_is_wanted(self) -> None:
        """501 without."""
        logged_in().say("HASH", 501)

    def test_a_login_is_wanted(self) -> None:
        """530 without."""
        Dialogue().say("HASH f", 530)

    def test_a_name_that_no_reply_can_hold(self) -> None:
        """The path would be that of another file."""
        with_file("/a\x01b").say("HASH a\x01b", 550)

    def test_the_permission_to_read_is_wanted(self) -> None:
        """A digest tells the content of small files."""
        memory = MemoryStorage()
        memory.put("/f", b"secret")
        dialogue = Dialogue(storage=Permitted(memory, Rules(Permissions.ALL & ~Permissions.READ)))
        dialogue.log_in()
        dialogue.say("HASH f", 550)


class OneAlgorithmTests(SynchronousTestCase):
    """XCRC XMD5 XSHA XSHA1 XSHA256 XSHA512."""

    def test_the_digest_alone_in_upper_case(self) -> None:
        """As Serv-U and GlobalSCAPE answer."""
        dialogue = with_file()
        self.assertEqual(dialogue.say("XCRC f", 250), [f"250 {zlib.crc32(CONTENT):08X}"])
        self.assertEqual(dialogue.say("XMD5 f", 250), [upper(hashlib.md5(CONTENT).hexdigest())])
        self.assertEqual(dialogue.say("XSHA1 f", 250), [upper(hashlib.sha1(CONTENT).hexdigest())])
        self.assertEqual(dialogue.say("XSHA256 f", 250), [upper(hashlib.sha256(CONTENT).hexdigest())])
        self.assertEqual(dialogue.say("XSHA512 f", 250), [upper(hashlib.sha512(CONTENT).hexdigest())])

    def test_xsha_is_sha_1(self) -> None:
        """It is older than the others."""
        self.assertEqual(with_file().say("XSHA f", 250), [upper(hashlib.sha1(CONTENT).hexdigest())])

    def test_leading_zeros_of_xcrc(self) -> None:
        """There are always eight digits."""
        self.assertEqual(with_file(content=b"b8").say("XCRC f", 250), [f"250 {zlib.crc32(b'b8'):08X}"])

    def test_a_path_in_quotes(self) -> None:
        """WinSCP quotes names with spaces."""
        self.assertEqual(with_file("/a b").say('XCRC "a b"', 250), [f"250 {zlib.crc32(CONTENT):08X}"])

    def test_a_range_behind_quotes(self) -> None:
        """The byte at the end of the range does not count."""
        dialogue = with_file("/a b", b"0123456789")
        self.assertEqual(dialogue.say('XCRC "a b" 2 5', 250), [f"250 {zlib.crc32(b'234'):08X}"])

    def test_a_range_without_quotes(self) -> None:
        """If no file has the whole argument as its name."""
        dialogue = with_file("/f", b"0123456789")
        self.assertEqual(dialogue.say("XCRC f 2 5", 250), [f"250 {zlib.crc32(b'234'):08X}"])

    def test_only_a_start(self) -> None:
        """The range ends with the file."""
        dialogue = with_file("/f", b"0123456789")
        self.assertEqual(dialogue.say("XCRC f 7", 250), [f"250 {zlib.crc32(b'789'):08X}"])

    def test_numbers_of_a_name(self) -> None:
        """A file with the whole argument as its name goes first."""
        dialogue = with_file("/f", b"0123456789")
        dialogue.memory.put("/f 2 5", b"other")
        self.assertEqual(dialogue.say("XCRC f 2 5", 250), [f"250 {zlib.crc32(b'other'):08X}"])

    def test_a_range_that_ends_behind_the_file(self) -> None:
        """It ends with the file, as that of a download."""
        dialogue = with_file("/f", b"0123456789")
        self.assertEqual(dialogue.say("XCRC f 7 9000", 250), [f"250 {zlib.crc32(b'789'):08X}"])

    def test_a_range_that_begins_behind_the_file_is_554(self) -> None:
        """As a restart offset."""
        with_file("/f", b"0123456789").say("XCRC f 11 12", 554)

    def test_the_largest_numbers(self) -> None:
        """2**63 - 1 is a number, and 2**63 is none."""
        dialogue = with_file("/f", b"0123456789")
        dialogue.say(f"XCRC f 0 {2**63 - 1}", 250)
        dialogue.say(f"XCRC f {2**63 - 1} {2**63 - 1}", 554)
        dialogue.say(f"XCRC f 0 {2**63}", 501)
        dialogue.say(f'XCRC "f" {"9" * 400}', 501)

    def test_a_range_backwards_is_501(self) -> None:
        """Also a negative number."""
        dialogue = with_file()
        dialogue.say("XCRC f 5 2", 501)
        dialogue.say('XCRC "f" -1', 501)

    def test_what_is_no_file_is_550(self) -> None:
        """A directory, and a missing name with numbers behind it."""
        dialogue = logged_in()
        dialogue.memory.put_directory("/d")
        dialogue.say("XMD5 d", 550)
        dialogue.say("XMD5 missing 1 2", 550)

    def test_bad_arguments_are_501(self) -> None:
        """No path, no end of the quotes, too many numbers."""
        dialogue = with_file()
        dialogue.say("XCRC", 501)
        dialogue.say('XCRC "f', 501)
        dialogue.say('XCRC "f" 1 2 3', 501)
        dialogue.say('XCRC ""', 501)


class TwineTests(SynchronousTestCase):
    """MD5 and MMD5 (draft-twine-ftpmd5-00)."""

    def test_md5(self) -> None:
        """The path, then the digest."""
        digest = hashlib.md5(CONTENT).hexdigest().upper()
        self.assertEqual(with_file().say("MD5 f", 251), [f"251 f {digest}"])

    def test_mmd5(self) -> None:
        """Each path with its digest."""
        dialogue = with_file()
        dialogue.memory.put("/a b", b"x")
        first, second = hashlib.md5(CONTENT).hexdigest().upper(), hashlib.md5(b"x").hexdigest().upper()
        self.assertEqual(dialogue.say("MMD5 f, /a b", 252), [f"252 f {first}, /a b {second}"])

    def test_mmd5_of_a_missing_file_is_550(self) -> None:
        """All or nothing."""
        with_file().say("MMD5 f,missing", 550)

    def test_mmd5_of_nothing_or_too_much_is_501(self) -> None:
        """A hundred paths at most."""
        dialogue = with_file()
        dialogue.say("MMD5 f,,f", 501)
        dialogue.say(f"MMD5 {','.join('f' * 101)}", 501)
        dialogue.say(f"MMD5 {','.join('f' * 100)}", 252)


class ConfiguredTests(SynchronousTestCase):
    """The key ``digests.algorithms``."""

    def test_feat_names_the_verbs(self) -> None:
        """In the order of their names, the algorithms of HASH by their strength."""
        lines = logged_in().say("FEAT", 211)
        self.assertIn(" HASH SHA-256*;SHA-512;SHA-1;MD5;CRC32", lines)
        self.assertEqual([line for line in lines if line.startswith(" X")], [f" X{one}" for one in VERBS])

    def test_other_algorithms(self) -> None:
        """HASH begins with the first; verbs of those that are left out are 502, and no FEAT names them."""
        dialogue = with_file(settings=SessionSettings(digests=("md5", "crc32")))
        lines = dialogue.say("FEAT", 211)
        self.assertIn(" HASH MD5*;CRC32", lines)
        self.assertEqual([line for line in lines if line.startswith(" X")], [" XCRC", " XMD5"])
        dialogue.say("OPTS HASH SHA-256", 504)
        dialogue.say("XSHA256 f", 502)
        dialogue.say("XMD5 f", 250)

    def test_none(self) -> None:
        """There are no digests at all."""
        dialogue = with_file(settings=SessionSettings(digests=()))
        self.assertEqual([line for line in dialogue.say("FEAT", 211) if line.startswith((" HASH", " X"))], [])
        dialogue.say("HASH f", 502)
        dialogue.say("MMD5 f", 502)
        dialogue.say("OPTS HASH", 501)

    def test_an_algorithm_that_a_reload_takes_away(self) -> None:
        """HASH goes back to the first."""
        dialogue = logged_in()
        dialogue.say("OPTS HASH MD5", 200)
        dialogue.session.follow(SessionSettings(digests=("sha1",)))
        self.assertEqual(dialogue.say("OPTS HASH", 200), ["200 SHA-1"])


VERBS = ("CRC", "MD5", "SHA1", "SHA256", "SHA512")
