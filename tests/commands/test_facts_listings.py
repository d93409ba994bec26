"""MLSD and MLST: facts in a session (RFC 3659 section 7)."""

from __future__ import annotations

from ftpd_service.session.settings import SessionSettings
from ftpd_service.testing.dialogue import STARTED, Dialogue
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in

NOW_NS = int(STARTED) * 10**9


def with_tree() -> Dialogue:
    """A session with ``/a`` (3 octets) and ``/sub/b``; the facts are type and size."""
    dialogue = logged_in()
    dialogue.memory.put("/a", b"abc", modified_ns=NOW_NS)
    dialogue.memory.put("/sub/b", modified_ns=NOW_NS)
    dialogue.say("OPTS MLST type;size;", 200)
    return dialogue


class DirectoryTests(SynchronousTestCase):
    """MLSD."""

    def test_rows_are_facts_one_space_and_the_name(self) -> None:
        """RFC 3659 section 7.2; the root has no parent."""
        self.assertEqual(with_tree().download("MLSD"), b"type=cdir; .\r\ntype=file;size=3; a\r\ntype=dir; sub\r\n")

    def test_below_the_root_the_parent_is_told(self) -> None:
        """RFC 3659 section 7.5.1; names have no directory in them."""
        self.assertEqual(with_tree().download("MLSD sub"), b"type=cdir; .\r\ntype=pdir; ..\r\ntype=file;size=0; b\r\n")

    def test_without_the_type_fact_only_children_are_told(self) -> None:
        """Nothing else tells the directory itself from them (RFC 3659 section 7.5.1.2)."""
        dialogue = with_tree()
        dialogue.say("OPTS MLST size;", 200)
        self.assertEqual(dialogue.download("MLSD"), b"size=3; a\r\n sub\r\n")

    def test_without_facts_rows_begin_with_one_space(self) -> None:
        """RFC 3659 section 7.2."""
        dialogue = with_tree()
        dialogue.say("OPTS MLST", 200)
        self.assertEqual(dialogue.download("MLSD"), b" a\r\n sub\r\n")

    def test_the_default_facts(self) -> None:
        """Type first, the mode with four digits, the size without leading zeros."""
        dialogue = logged_in()
        dialogue.memory.put("/a", b"abc", modified_ns=NOW_NS, mode=0o640)
        row = dialogue.download("MLSD").split(b"\r\n")[1]
        self.assertRegex(
            row, rb"^type=file;size=3;modify=20260921141320;perm=adfrw;unique=[0-9a-g]+;UNIX\.mode=0640; a$"
        )

    def test_one_object_has_one_unique_value(self) -> None:
        """A link and what it leads to (RFC 3659 section 7.5.2)."""
        dialogue = with_tree()
        dialogue.memory.put_link("/link", "a")
        dialogue.say("OPTS MLST unique;", 200)
        values = {row.split(b" ")[1]: row.split(b" ")[0] for row in dialogue.download("MLSD").split(b"\r\n")[:-1]}
        self.assertEqual(values[b"link"], values[b"a"])
        self.assertNotEqual(values[b"sub"], values[b"a"])

    def test_an_empty_directory_tells_of_itself(self) -> None:
        """Its own rows wait for no other."""
        dialogue = with_tree()
        dialogue.memory.put_directory("/empty")
        self.assertEqual(dialogue.download("MLSD empty"), b"type=cdir; .\r\ntype=pdir; ..\r\n")

    def test_of_a_file_it_is_501(self) -> None:
        """RFC 3659 section 7.2.1."""
        dialogue = with_tree()
        dialogue.say("EPSV", 229)
        dialogue.say("MLSD a", 501)

    def test_of_a_missing_path_it_is_550(self) -> None:
        """RFC 3659 section 7.2.1."""
        dialogue = with_tree()
        dialogue.say("EPSV", 229)
        dialogue.say("MLSD nothing", 550)

    def test_a_pattern_is_a_name(self) -> None:
        """RFC 3659 section 2.2.2."""
        dialogue = with_tree()
        dialogue.say("EPSV", 229)
        dialogue.say("MLSD *", 550)

    def test_a_lone_option_is_forgiven(self) -> None:
        """Some clients send it; there is no such entry."""
        self.assertTrue(with_tree().download("MLSD -la").startswith(b"type=cdir; .\r\n"))

    def test_an_entry_that_looks_like_an_option_is_a_path(self) -> None:
        """MLSD knows no options."""
        dialogue = with_tree()
        dialogue.memory.put("/-a/x")
        self.assertTrue(dialogue.download("MLSD -a").endswith(b"type=file;size=0; x\r\n"))

    def test_dot_files_may_be_hidden_by_the_operator(self) -> None:
        """As in LIST; the lone option that is forgiven shows them."""
        dialogue = logged_in(settings=SessionSettings(dot_files=False))
        dialogue.memory.put("/.dot")
        dialogue.memory.put("/a")
        dialogue.say("OPTS MLST type;", 200)
        self.assertEqual(dialogue.download("MLSD"), b"type=cdir; .\r\ntype=file; a\r\n")
        self.assertEqual(dialogue.download("MLSD -a"), b"type=cdir; .\r\ntype=file; .dot\r\ntype=file; a\r\n")

    def test_the_type_does_not_matter(self) -> None:
        """And stays (RFC 3659 section 7.2)."""
        dialogue = with_tree()
        in_ascii = dialogue.download("MLSD")
        dialogue.say("TYPE I", 200)
        self.assertEqual(dialogue.download("MLSD"), in_ascii)
        self.assertIn(" TYPE: I N; STRU: F; MODE: S", dialogue.say("STAT", 211))

    def test_a_leading_space_of_a_name_is_kept(self) -> None:
        """Behind the one that separates."""
        dialogue = with_tree()
        dialogue.memory.put("/sub/ x")
        self.assertIn(b"size=0;  x\r\n", dialogue.download("MLSD sub"))


class EntryTests(SynchronousTestCase):
    """MLST."""

    def test_the_entry_is_the_second_of_three_lines(self) -> None:
        """Behind one space, with its absolute path (RFC 3659 section 7.2)."""
        dialogue = with_tree()
        dialogue.say("CWD sub", 250)
        self.assertEqual(dialogue.say("MLST b", 250), ["250-Listing /sub/b", " type=file;size=0; /sub/b", "250 End"])

    def test_without_argument_it_is_where_the_session_stands(self) -> None:
        """RFC 3659 section 7.1."""
        dialogue = with_tree()
        dialogue.say("CWD sub", 250)
        self.assertEqual(dialogue.say("MLST", 250)[1], " type=dir; /sub")

    def test_without_facts_the_line_begins_with_two_spaces(self) -> None:
        """RFC 3659 section 7.2."""
        dialogue = with_tree()
        dialogue.say("OPTS MLST", 200)
        self.assertEqual(dialogue.say("MLST a", 250)[1], "  /a")

    def test_a_missing_path_is_550(self) -> None:
        """One line."""
        self.assertEqual(len(with_tree().say("MLST nothing", 550)), 1)

    def test_a_pattern_is_a_name(self) -> None:
        """RFC 3659 section 2.2.2."""
        with_tree().say("MLST *", 550)

    def test_a_link_that_leads_nowhere_is_told_as_one(self) -> None:
        """It has no other type."""
        dialogue = with_tree()
        dialogue.memory.put_link("/link", "gone")
        self.assertEqual(dialogue.say("MLST link", 250)[1], " type=OS.unix=symlink; /link")
