"""Names with control characters: a reply names what exists, or nothing."""

from __future__ import annotations

from ftpd_service.testing.dialogue import Dialogue
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in

NAME = "m\x1bd"


def session() -> Dialogue:
    """A session where such a file and such a directory stand on the disk."""
    dialogue = logged_in()
    dialogue.memory.put(f"/{NAME}", b"0123")
    dialogue.memory.put(f"/d{NAME}/f", b"0123")
    dialogue.say("TYPE I", 200)
    return dialogue


class MakingTests(SynchronousTestCase):
    """Names that would be new."""

    def test_they_cannot_be_made(self) -> None:
        """553 from each verb that makes a name."""
        dialogue = logged_in()
        dialogue.memory.put("/f")
        dialogue.say("EPSV", 229)
        dialogue.say("STOR a\x1bb", 553)
        dialogue.say("APPE a\x7fb", 553)
        dialogue.say("STOU a\x1bb", 553)
        dialogue.say("MKD a\x1bb", 553)
        dialogue.say("RNFR f", 350)
        dialogue.say("RNTO a\x1bb", 553)
        self.assertEqual(dialogue.memory.names("/"), ["f"])

    def test_a_tab_can(self) -> None:
        """It is harmless in a reply."""
        self.assertEqual(logged_in().say("MKD a\tb", 257), ['257 "/a\tb" created.'])


class ExistingTests(SynchronousTestCase):
    """Names that are there."""

    def test_they_are_told_by_listings(self) -> None:
        """As they are, by MLSD, LIST and NLST."""
        for verb in ("MLSD", "LIST", "NLST"):
            self.assertIn(NAME.encode(), session().download(verb))

    def test_they_can_be_got_rid_of(self) -> None:
        """Read, renamed, removed."""
        dialogue = session()
        self.assertEqual(dialogue.download(f"RETR {NAME}"), b"0123")
        dialogue.say(f"SIZE {NAME}", 213)
        dialogue.say(f"RNFR {NAME}", 350)
        dialogue.say("RNTO plain", 250)
        dialogue.say(f"DELE /d{NAME}/f", 250)
        dialogue.say(f"RMD /d{NAME}", 250)

    def test_no_reply_names_them(self) -> None:
        """Verbs whose reply, or that of PWD, would have to are refused."""
        dialogue = session()
        dialogue.say(f"CWD d{NAME}", 550)
        dialogue.say(f"CWD ~/d{NAME}", 550)
        dialogue.say(f"MLST {NAME}", 550)
        dialogue.say(f"MFMT 20200101000000 {NAME}", 550)
        dialogue.say(f"MFF Modify=20200101000000; {NAME}", 550)
        dialogue.say(f"MKD d{NAME}/new", 550)
        dialogue.say(f"STAT {NAME}", 550)
        self.assertEqual(dialogue.say("PWD", 257), ['257 "/" is the current directory.'])

    def test_stou_names_none_either(self) -> None:
        """Its 150 has the path where the file is not in the working directory."""
        dialogue = session()
        dialogue.say("EPSV", 229)
        dialogue.say(f"STOU d{NAME}/new", 553)
        self.assertEqual(dialogue.memory.names(f"/d{NAME}"), ["f"])

    def test_a_file_below_them_can_be_stored(self) -> None:
        """No reply to STOR has a name."""
        session().upload(f"STOR d{NAME}/new", b"abc")

    def test_stat_of_a_directory_leaves_them_out(self) -> None:
        """Its rows are lines of a reply."""
        dialogue = session()
        dialogue.memory.put("/plain")
        rows = dialogue.say("STAT /", 212)
        self.assertEqual([row.rpartition(" ")[2] for row in rows[1:-1]], ["plain"])
