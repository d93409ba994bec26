"""Dialogues about unfinished uploads: what clients ask before they resume, and how each verb answers."""

from __future__ import annotations

from hashlib import sha256

from ftpd_service.errors import TransferAborted
from ftpd_service.testing.dialogue import Dialogue
from tests.cases import SynchronousTestCase
from tests.storage.local.disk import Disk
from tests.storage.local.unfinished_case import resumable

CONTENT = b"0123456789abcdefghij"


class UnfinishedDialogue(SynchronousTestCase):
    """A session of alice in TYPE I, whose upload of ``f`` broke after 10 of 20 bytes."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)
        self.dialogue = Dialogue(storage=self.disk.storage(resumable()))
        self.dialogue.log_in()
        self.dialogue.say("TYPE I", 200)
        self.dialogue.say("EPSV", 229)
        self.dialogue.data.incoming = CONTENT
        self.dialogue.data.failure = TransferAborted("reset")
        self.dialogue.say("STOR f", 150, 426)

    def says(self, line: str, *codes: int) -> str:
        """Say a line, and return the last reply."""
        return self.dialogue.say(line, *codes)[-1]


class FileZillaTests(UnfinishedDialogue):
    """The order of FileZilla: a listing, SIZE, MDTM, then APPE or REST with STOR."""

    def begun(self) -> None:
        """What comes before the transfer."""
        listing = self.dialogue.download("MLSD")
        self.assertRegex(listing, rb"\ntype=file;size=9;[^ ]* f\r\n\Z")
        self.assertEqual(self.says("SIZE f", 213), "213 9")
        self.assertRegex(self.says("MDTM f", 213), r"\A213 [0-9.]+\Z")

    def test_appe(self) -> None:
        """The file is whole."""
        self.begun()
        self.dialogue.upload("APPE f", CONTENT[9:])
        self.assertEqual((self.disk.names("/"), self.disk.content("/f")), (["f"], CONTENT))

    def test_rest_and_stor(self) -> None:
        """Likewise."""
        self.begun()
        self.says("REST 9", 350)
        self.dialogue.upload("STOR f", CONTENT[9:])
        self.assertEqual((self.disk.names("/"), self.disk.content("/f")), (["f"], CONTENT))


class MeanwhileTests(UnfinishedDialogue):
    """What happens between SIZE and the transfer."""

    def setUp(self) -> None:
        super().setUp()
        self.says("SIZE f", 213)

    def test_the_upload_has_grown(self) -> None:
        """The server had more bytes of the broken connection; APPE begins at the size that the client knows."""
        (hidden,) = self.disk.names("/")
        with open(self.disk.host(f"/{hidden}"), "ab") as file:
            file.write(CONTENT[10:15])
        self.dialogue.upload("APPE f", CONTENT[9:])
        self.assertEqual(self.disk.content("/f"), CONTENT)

    def test_a_finished_file_has_come(self) -> None:
        """The rest of another file is not appended to it."""
        self.disk.put("/f", b"finished")
        self.dialogue.say("EPSV", 229)
        self.says("APPE f", 553)
        self.assertEqual(self.disk.content("/f"), b"finished")

    def test_a_finished_file_has_come_before_rest(self) -> None:
        """Nor written into it."""
        self.disk.put("/f", b"finished")
        self.says("REST 8", 350)
        self.dialogue.say("EPSV", 229)
        self.says("STOR f", 553)

    def test_the_upload_has_gone(self) -> None:
        """The rest of a file makes no file."""
        self.says("DELE f", 250)
        self.dialogue.say("EPSV", 229)
        self.says("APPE f", 554)

    def test_a_finished_file_of_which_the_client_knows(self) -> None:
        """It is appended to, as ever."""
        self.disk.put("/f", b"finished")
        self.says("SIZE f", 213)
        self.dialogue.upload("APPE f", b" more")
        self.assertEqual(self.disk.content("/f"), b"finished more")

    def test_the_next_upload_begins_anew(self) -> None:
        """What was told counts once."""
        self.dialogue.upload("STOR f", b"new")
        self.dialogue.upload("APPE f", b"er")
        self.assertEqual(self.disk.content("/f"), b"newer")


class UnfinishedTests(UnfinishedDialogue):
    """Single verbs."""

    def test_mlst(self) -> None:
        """A file that can be written and removed, but neither fetched nor renamed."""
        facts = self.dialogue.say("MLST f", 250)[1]
        self.assertRegex(facts, r"type=file;size=9;modify=[0-9.]+;perm=adw;")

    def test_list(self) -> None:
        """A row as of any file."""
        self.assertRegex(self.dialogue.download("LIST"), rb"\A-rw------- .* 9 .* f\r\n\Z")

    def test_nlst(self) -> None:
        """Its name."""
        self.assertEqual(self.dialogue.download("NLST"), b"f\r\n")

    def test_stat(self) -> None:
        """A row on the control connection."""
        self.assertTrue(any(" 9 " in row and row.endswith(" f") for row in self.dialogue.say("STAT .", 212)))

    def test_retr(self) -> None:
        """A reader must not take it for the file."""
        self.dialogue.say("EPSV", 229)
        self.assertEqual(self.says("RETR f", 550), "550 The upload of this file has not finished.")

    def test_hash(self) -> None:
        """A client compares what has arrived with its own file before it goes on."""
        digest = sha256(CONTENT[:9]).hexdigest()
        self.assertEqual(self.says("HASH f", 213), f"213 SHA-256 0-8 {digest} f")

    def test_rnfr(self) -> None:
        """Only a finished file leaves its name."""
        self.assertEqual(self.says("RNFR f", 550), "550 The upload of this file has not finished.")

    def test_times_and_modes(self) -> None:
        """They are those of the finished file."""
        self.says("MFMT 20200101000000 f", 550)
        self.says("SITE CHMOD 644 f", 550)

    def test_dele(self) -> None:
        """Drops it."""
        self.says("DELE f", 250)
        self.says("SIZE f", 550)
        self.assertEqual(self.disk.names("/"), [])

    def test_rest_beyond_the_end(self) -> None:
        """There is no gap."""
        self.says("REST 11", 350)
        self.dialogue.say("EPSV", 229)
        self.says("STOR f", 554)

    def test_size_in_type_a(self) -> None:
        """The bytes are converted as of any file."""
        self.says("TYPE A", 200)
        self.assertEqual(self.says("SIZE f", 213), "213 9")

    def test_resuming_in_type_a(self) -> None:
        """The offset is one of the converted file."""
        self.says("TYPE A", 200)
        self.says("REST 9", 350)
        self.dialogue.upload("STOR f", CONTENT[9:])
        self.assertEqual(self.disk.content("/f"), CONTENT)
