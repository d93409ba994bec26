"""LIST NLST MLSD MLST: what is listed, and how its rows look in a session."""

from __future__ import annotations

import re

from ftpd_service.session.settings import SessionSettings
from ftpd_service.testing.dialogue import STARTED, Dialogue
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in
from tests.storage.mapping import Mapping

ROW = re.compile(
    rb"^[-dl][rwxsStT-]{9} +\d+ \S+ +\S+ +\d+ (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    rb" [ \d]\d ( \d{4}|\d\d:\d\d) .+$"
)
DAY_NS = 86_400 * 10**9
NOW_NS = int(STARTED) * 10**9


def with_tree(settings: SessionSettings | None = None) -> Dialogue:
    """A session with ``/a`` (3 octets), ``/.dot`` and ``/sub/b``."""
    dialogue = logged_in(settings=settings)
    dialogue.memory.put("/a", b"abc", modified_ns=NOW_NS - DAY_NS)
    dialogue.memory.put("/.dot", modified_ns=NOW_NS)
    dialogue.memory.put("/sub/b", modified_ns=NOW_NS)
    return dialogue


def names_of(rows: bytes) -> list[bytes]:
    """The names in LIST rows that hold none with spaces, or the rows of NLST."""
    return [row.rpartition(b" ")[2] for row in rows.split(b"\r\n")[:-1]]


class ListTests(SynchronousTestCase):
    """LIST."""

    def test_rows_have_the_layout_that_clients_parse(self) -> None:
        """Ten letters, links, owner, group, size, date, name."""
        rows = with_tree().download("LIST").split(b"\r\n")
        self.assertEqual([row for row in rows if ROW.match(row) is None], [b""])

    def test_a_recent_file_shows_the_time_of_day(self) -> None:
        """In UTC, whatever the machine."""
        self.assertIn(b"   3 Sep 20 14:13 a\r\n", with_tree().download("LIST"))

    def test_a_file_of_180_days_shows_the_year(self) -> None:
        """The time of day would be misread."""
        dialogue = logged_in()
        dialogue.memory.put("/old", modified_ns=NOW_NS - 180 * DAY_NS)
        self.assertIn(b" Mar 25  2026 old\r\n", dialogue.download("LIST"))

    def test_a_file_from_the_future_shows_the_year(self) -> None:
        """By a minute only."""
        dialogue = logged_in()
        dialogue.memory.put("/new", modified_ns=NOW_NS + 60 * 10**9)
        self.assertIn(b" Sep 21  2026 new\r\n", dialogue.download("LIST"))

    def test_an_empty_directory_is_nothing_and_226(self) -> None:
        """No header line."""
        self.assertEqual(logged_in().download("LIST"), b"")

    def test_a_missing_path_is_550(self) -> None:
        """Before the 150; curl takes 450 for an empty directory."""
        dialogue = with_tree()
        dialogue.say("EPSV", 229)
        dialogue.say("LIST nothing", 550)

    def test_without_a_port_it_is_425(self) -> None:
        """And no 150."""
        with_tree().say("LIST", 425)

    def test_a_file_is_one_row_with_the_name_as_given(self) -> None:
        """So that clients find what they asked for."""
        self.assertEqual(names_of(with_tree().download("LIST sub/b")), [b"sub/b"])

    def test_a_directory_has_bare_names(self) -> None:
        """Whatever the way to it."""
        self.assertEqual(names_of(with_tree().download("LIST sub")), [b"b"])

    def test_rows_are_in_the_order_of_names(self) -> None:
        """By their octets."""
        self.assertEqual(names_of(with_tree().download("LIST")), [b".dot", b"a", b"sub"])

    def test_spaces_in_names_are_kept(self) -> None:
        """Leading, inner and trailing ones."""
        dialogue = logged_in()
        dialogue.memory.put("/ a  b ")
        self.assertTrue(dialogue.download("LIST").endswith(b"14:13  a  b \r\n"))

    def test_a_link_shows_where_it_leads(self) -> None:
        """With one arrow."""
        dialogue = with_tree()
        dialogue.memory.put_link("/link", "sub")
        self.assertIn(b" link -> sub\r\n", dialogue.download("LIST"))

    def test_a_link_has_its_own_time(self) -> None:
        """Not that of what it leads to, as in its size and its type."""
        dialogue = with_tree()
        dialogue.memory.put("/old", modified_ns=0)
        dialogue.memory.put_link("/link", "old")
        self.assertIn(b" 14:13 link -> old\r\n", dialogue.download("LIST"))

    def test_option_capital_l_shows_what_a_link_leads_to(self) -> None:
        """Without arrow."""
        dialogue = with_tree()
        dialogue.memory.put_link("/link", "sub")
        rows = dialogue.download("LIST -L").split(b"\r\n")
        self.assertTrue(any(row.startswith(b"d") and row.endswith(b" link") for row in rows))

    def test_a_link_to_a_directory_lists_the_directory(self) -> None:
        """Clients go through links."""
        dialogue = with_tree()
        dialogue.memory.put_link("/link", "sub")
        self.assertEqual(names_of(dialogue.download("LIST link")), [b"b"])

    def test_a_fifo_is_left_out(self) -> None:
        """Several clients refuse its letter."""
        dialogue = with_tree()
        dialogue.memory.put_special("/fifo")
        self.assertEqual(names_of(dialogue.download("LIST")), [b".dot", b"a", b"sub"])

    def test_a_name_with_line_ends_is_left_out(self) -> None:
        """It would be two rows (RFC 3659 section 2.2)."""
        dialogue = with_tree()
        dialogue.memory.put("/x\r\ny")
        self.assertEqual(names_of(dialogue.download("LIST")), [b".dot", b"a", b"sub"])

    def test_a_name_that_is_no_utf8_is_listed_unchanged(self) -> None:
        """The client must be able to send it back."""
        dialogue = logged_in()
        dialogue.memory.put("/na\udce9ve")
        self.assertEqual(names_of(dialogue.download("LIST")), [b"na\xe9ve"])

    def test_the_type_stays(self) -> None:
        """A listing is in TYPE A and changes nothing (RFC 1123 section 4.1.2.7)."""
        dialogue = with_tree()
        dialogue.say("TYPE I", 200)
        self.assertTrue(dialogue.download("LIST").endswith(b"\r\n"))
        self.assertIn(" TYPE: I N; STRU: F; MODE: S", dialogue.say("STAT", 211))

    def test_many_entries_are_listed_whole(self) -> None:
        """More than one page of the storage."""
        dialogue = logged_in()
        wanted = [f"{number:05}".encode() for number in range(2500)]
        for name in wanted:
            dialogue.memory.put(f"/{name.decode()}")
        self.assertEqual(names_of(dialogue.download("LIST")), wanted)


class OptionTests(SynchronousTestCase):
    """The words that ``ls`` knows."""

    def test_a_shows_the_directory_and_its_parent_first(self) -> None:
        """As ``ls -a`` does."""
        self.assertEqual(names_of(with_tree().download("LIST -a")), [b".", b"..", b".dot", b"a", b"sub"])

    def test_unknown_letters_are_ignored(self) -> None:
        """A probe must not fail."""
        self.assertEqual(names_of(with_tree().download("LIST -alF1nTz sub")), [b".", b"..", b"b"])

    def test_a_path_with_spaces_comes_behind_the_options(self) -> None:
        """Exactly one space is between."""
        dialogue = with_tree()
        dialogue.memory.put("/my dir/x")
        self.assertEqual(names_of(dialogue.download("LIST -l my dir")), [b"x"])

    def test_d_shows_the_directory_itself(self) -> None:
        """Not what is in it."""
        self.assertEqual(names_of(with_tree().download("LIST -d sub")), [b"sub"])

    def test_t_is_newest_first(self) -> None:
        """And among equals by name."""
        self.assertEqual(names_of(with_tree().download("LIST -t")), [b".dot", b"sub", b"a"])

    def test_capital_s_is_largest_first(self) -> None:
        """And among equals by name."""
        self.assertEqual(names_of(with_tree().download("LIST -S")), [b"a", b".dot", b"sub"])

    def test_r_turns_the_order_round(self) -> None:
        """Of names here."""
        self.assertEqual(names_of(with_tree().download("LIST -r")), [b"sub", b"a", b".dot"])

    def test_an_entry_that_looks_like_an_option_is_a_path(self) -> None:
        """Where it exists."""
        dialogue = with_tree()
        dialogue.memory.put("/-x/y")
        self.assertEqual(names_of(dialogue.download("LIST -x")), [b"y"])

    def test_a_probe_is_never_a_path(self) -> None:
        """Clients send ``-la`` blindly."""
        dialogue = with_tree()
        dialogue.memory.put("/-la/y")
        self.assertIn(b"-la", names_of(dialogue.download("LIST -la")))

    def test_two_hyphens_end_the_options(self) -> None:
        """What follows is the path."""
        dialogue = with_tree()
        dialogue.memory.put("/-la/y")
        self.assertEqual(names_of(dialogue.download("LIST -- -la")), [b"y"])

    def test_dot_files_may_be_hidden_by_the_operator(self) -> None:
        """Then ``-a`` shows them."""
        dialogue = with_tree(SessionSettings(dot_files=False))
        self.assertEqual(names_of(dialogue.download("LIST")), [b"a", b"sub"])
        self.assertEqual(names_of(dialogue.download("LIST -A")), [b".dot", b"a", b"sub"])


class NameListTests(SynchronousTestCase):
    """NLST."""

    def test_rows_are_names_only(self) -> None:
        """RFC 1123 section 4.1.2.7."""
        self.assertEqual(with_tree().download("NLST"), b".dot\r\na\r\nsub\r\n")

    def test_names_are_usable_from_here(self) -> None:
        """With the directory that was asked for (RFC 1123 section 4.1.2.7)."""
        self.assertEqual(with_tree().download("NLST sub"), b"sub/b\r\n")

    def test_a_slash_at_the_end_is_not_doubled(self) -> None:
        """The prefix is a path."""
        self.assertEqual(with_tree().download("NLST /sub/"), b"/sub/b\r\n")

    def test_the_root_has_one_slash(self) -> None:
        """``//a`` would be wrong."""
        self.assertIn(b"/a\r\n", with_tree().download("NLST /").splitlines(keepends=True))

    def test_the_dot_has_no_prefix(self) -> None:
        """It is here."""
        self.assertEqual(with_tree().download("NLST ."), b".dot\r\na\r\nsub\r\n")

    def test_a_file_is_the_argument(self) -> None:
        """As given."""
        self.assertEqual(with_tree().download("NLST sub/b"), b"sub/b\r\n")

    def test_l_gives_rows_of_list(self) -> None:
        """Windows sends it for ``ls -l``."""
        rows = with_tree().download("NLST -l sub").split(b"\r\n")
        self.assertTrue(ROW.match(rows[0]))

    def test_a_stays_short(self) -> None:
        """Ncftp complains about servers that make it long."""
        self.assertEqual(with_tree().download("NLST -a sub"), b"sub/.\r\nsub/..\r\nsub/b\r\n")

    def test_a_missing_path_is_550(self) -> None:
        """Before the 150."""
        dialogue = with_tree()
        dialogue.say("EPSV", 229)
        dialogue.say("NLST nothing", 550)


class MappedTests(SynchronousTestCase):
    """A storage that makes the rows itself, where it reads its pages."""

    def setUp(self) -> None:
        self.storage = Mapping()
        for name in ("/.dot", "/a", "/b"):
            self.storage.put(name, modified_ns=NOW_NS)

    def download(self, line: str) -> bytes:
        """What a session on the storage gets."""
        dialogue = Dialogue(storage=self.storage, settings=SessionSettings(dot_files=False))
        dialogue.log_in()
        return dialogue.download(line)

    def test_rows_are_made_by_the_storage(self) -> None:
        """Without what is not shown."""
        self.assertEqual(names_of(self.download("LIST")), [b"a", b"b"])
        self.assertEqual((self.storage.made, self.storage.closed), (1, True))

    def test_with_dot_entries_and_names(self) -> None:
        """They come first."""
        self.assertEqual(self.download("NLST -a /"), b"/.\r\n/..\r\n/.dot\r\n/a\r\n/b\r\n")

    def test_facts_are_made_by_the_storage(self) -> None:
        """Behind the directory's own row."""
        names = names_of(self.download("MLSD"))
        self.assertEqual((names, self.storage.made), ([b".", b"a", b"b"], 1))

    def test_what_is_sorted_is_not(self) -> None:
        """All pages have to be there first."""
        self.assertEqual((names_of(self.download("LIST -r")), self.storage.made), ([b"b", b"a"], 0))

    def test_names_are_made_by_the_storage(self) -> None:
        """From names alone, without what is not shown."""
        self.assertEqual(self.download("NLST"), b"a\r\nb\r\n")
        self.assertEqual((self.storage.named, self.storage.made, self.storage.closed), (1, 0, True))

    def test_names_are_usable_from_here(self) -> None:
        """Dot files among them, where they are asked for."""
        self.storage.put("/d/.x", modified_ns=NOW_NS)
        self.storage.put("/d/y", modified_ns=NOW_NS)
        self.assertEqual(self.download("NLST -A d"), b"d/.x\r\nd/y\r\n")

    def test_a_name_with_line_ends_has_no_row(self) -> None:
        """It would be taken for two names."""
        self.storage.put("/a\nc", modified_ns=NOW_NS)
        self.assertEqual(self.download("NLST"), b"a\r\nb\r\n")

    def test_long_rows_take_entries(self) -> None:
        """Those of ``NLST -l``."""
        self.assertEqual((names_of(self.download("NLST -l")), self.storage.named), ([b"a", b"b"], 0))

    def test_names_that_are_sorted_take_entries(self) -> None:
        """Times and sizes stand in them."""
        self.assertEqual((self.download("NLST -r"), self.storage.named), (b"b\r\na\r\n", 0))

    def test_a_listing_without_a_data_connection(self) -> None:
        """Gives back what the first page took."""
        dialogue = Dialogue(storage=self.storage)
        dialogue.log_in()
        dialogue.say("LIST", 425)
        self.assertEqual((self.storage.made, self.storage.closed), (1, True))
