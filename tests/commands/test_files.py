"""Single files and directories: DELE RNFR RNTO MKD RMD SIZE MDTM MFMT MFF."""

from __future__ import annotations

from ftpd_service.events import DirectoryChanged, FileRemoved, Renamed
from ftpd_service.testing.dialogue import STARTED, Dialogue
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in

NOW_NS = int(STARTED) * 10**9


def with_tree() -> Dialogue:
    """A session in TYPE I with ``/f`` (3 octets) and ``/d/x``."""
    dialogue = logged_in()
    dialogue.memory.put("/f", b"abc", modified_ns=NOW_NS)
    dialogue.memory.put("/d/x")
    dialogue.say("TYPE I", 200)
    return dialogue


class RemoveTests(SynchronousTestCase):
    """DELE and RMD."""

    def test_dele_is_250(self) -> None:
        """Exactly 250, and the file is gone."""
        dialogue = with_tree()
        dialogue.say("DELE f", 250)
        self.assertEqual(dialogue.memory.names(), ["d"])

    def test_dele_is_reported(self) -> None:
        """With the account and the path."""
        dialogue = with_tree()
        dialogue.say("DELE f", 250)
        self.assertEqual([(e.account, e.path) for e in dialogue.recorder.of(FileRemoved)], [("alice", "/f")])

    def test_dele_of_a_directory_is_550(self) -> None:
        """RMD removes those."""
        with_tree().say("DELE d", 550)

    def test_dele_of_a_missing_file_is_550(self) -> None:
        """And no event."""
        dialogue = with_tree()
        dialogue.say("DELE nothing", 550)
        self.assertEqual(dialogue.recorder.of(FileRemoved), [])

    def test_dele_of_a_link_leaves_its_target(self) -> None:
        """The name is what is removed."""
        dialogue = with_tree()
        dialogue.memory.put_link("/link", "f")
        dialogue.say("DELE link", 250)
        self.assertEqual(dialogue.memory.names(), ["d", "f"])

    def test_dele_matches_no_pattern(self) -> None:
        """A name is taken as it is."""
        with_tree().say("DELE *", 550)

    def test_rmd_is_250(self) -> None:
        """Of an empty directory; XRMD is the same."""
        dialogue = with_tree()
        dialogue.say("DELE d/x", 250)
        dialogue.say("XRMD d", 250)
        self.assertEqual([(e.verb, e.path) for e in dialogue.recorder.of(DirectoryChanged)], [("RMD", "/d")])

    def test_rmd_of_a_full_directory_is_550(self) -> None:
        """Never recursive."""
        dialogue = with_tree()
        dialogue.say("RMD d", 550)
        self.assertEqual(dialogue.memory.names("/d"), ["x"])

    def test_rmd_of_a_file_is_550(self) -> None:
        """DELE removes those."""
        with_tree().say("RMD f", 550)

    def test_rmd_of_the_root_is_550(self) -> None:
        """In any spelling."""
        with_tree().say("RMD d/..", 550)


class MakeDirectoryTests(SynchronousTestCase):
    """MKD."""

    def test_it_is_257_with_the_absolute_path(self) -> None:
        """RFC 959 appendix II; cameras look for the name that they sent."""
        dialogue = with_tree()
        dialogue.say("CWD d", 250)
        self.assertEqual(dialogue.say("MKD new", 257), ['257 "/d/new" created.'])

    def test_quotes_are_doubled(self) -> None:
        """RFC 959 appendix II."""
        self.assertEqual(with_tree().say('XMKD a"b', 257), ['257 "/a""b" created.'])

    def test_it_is_reported(self) -> None:
        """With the account and the path."""
        dialogue = with_tree()
        dialogue.say("MKD new", 257)
        self.assertEqual([(e.verb, e.path) for e in dialogue.recorder.of(DirectoryChanged)], [("MKD", "/new")])

    def test_an_existing_name_is_550(self) -> None:
        """521 in the RFC's sample text, which no client knows."""
        with_tree().say("MKD d", 550)

    def test_a_missing_parent_is_550(self) -> None:
        """Parents are never made."""
        dialogue = with_tree()
        dialogue.say("MKD a/b", 550)
        self.assertEqual(dialogue.memory.names(), ["d", "f"])

    def test_a_slash_at_the_end_is_ignored(self) -> None:
        """A directory is what is made."""
        self.assertEqual(with_tree().say("MKD new/", 257), ['257 "/new" created.'])

    def test_a_forbidden_name_is_553(self) -> None:
        """A line end in it."""
        dialogue = with_tree()
        dialogue.codes()
        dialogue.send(b"MKD a\r\0b\r\n")
        self.assertEqual(dialogue.codes(), [553])

    def test_a_name_that_is_too_long_is_553(self) -> None:
        """256 octets."""
        with_tree().say("MKD " + "x" * 256, 553)


class RenameTests(SynchronousTestCase):
    """RNFR and RNTO."""

    def test_they_rename(self) -> None:
        """350, then exactly 250."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        dialogue.say("RNTO g", 250)
        self.assertEqual(dialogue.memory.content("/g"), b"abc")

    def test_it_is_reported(self) -> None:
        """With both paths."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        dialogue.say("RNTO d/g", 250)
        self.assertEqual([(e.source, e.target) for e in dialogue.recorder.of(Renamed)], [("/f", "/d/g")])

    def test_a_missing_source_is_550(self) -> None:
        """Without a 350."""
        with_tree().say("RNFR nothing", 550)

    def test_rnto_alone_is_503(self) -> None:
        """RFC 959 section 4.1.3."""
        with_tree().say("RNTO g", 503)

    def test_a_verb_between_them_is_503(self) -> None:
        """RNTO comes directly behind RNFR (RFC 959 section 4.1.3)."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        dialogue.say("PWD", 257)
        dialogue.say("RNTO g", 503)

    def test_an_unknown_verb_between_them_is_503(self) -> None:
        """A command of any kind."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        dialogue.say("XYZZY", 500)
        dialogue.say("RNTO g", 503)

    def test_a_line_that_is_no_command_between_them_is_503(self) -> None:
        """It has had its reply as any other."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        dialogue.say("PWD\0", 501)
        dialogue.say("RNTO g", 503)

    def test_noop_and_stat_may_stand_between(self) -> None:
        """Clients keep a session alive by them."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        dialogue.say("NOOP", 200)
        dialogue.say("STAT", 211)
        dialogue.say("RNTO g", 250)

    def test_stat_of_a_path_between_them_is_503(self) -> None:
        """Only the bare form is forgiven."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        dialogue.say("STAT f", 213)
        dialogue.say("RNTO g", 503)

    def test_rnto_uses_the_source_up(self) -> None:
        """Also when it fails."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        dialogue.say("RNTO missing/g", 553)
        dialogue.say("RNTO g", 503)

    def test_a_second_source_replaces_the_first(self) -> None:
        """The last one counts."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        dialogue.say("RNFR d/x", 350)
        dialogue.say("RNTO g", 250)
        self.assertEqual((dialogue.memory.names(), dialogue.memory.names("/d")), (["d", "f", "g"], []))

    def test_a_missing_second_source_leaves_none(self) -> None:
        """The first one is forgotten."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        dialogue.say("RNFR nothing", 550)
        dialogue.say("RNTO g", 503)

    def test_a_malformed_second_source_leaves_none(self) -> None:
        """The first one is forgotten."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        dialogue.say("RNFR", 501)
        dialogue.say("RNTO g", 503)

    def test_a_new_login_drops_the_source(self) -> None:
        """It belongs to the former one."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        dialogue.log_in()
        dialogue.say("RNTO g", 503)

    def test_a_file_replaces_a_file(self) -> None:
        """As everywhere on Unix."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        dialogue.say("RNTO d/x", 250)
        self.assertEqual(dialogue.memory.content("/d/x"), b"abc")

    def test_nothing_replaces_a_directory(self) -> None:
        """553."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        dialogue.say("RNTO d", 553)

    def test_a_source_that_went_away_is_553(self) -> None:
        """Its path is looked up again by RNTO."""
        dialogue = with_tree()
        dialogue.say("RNFR f", 350)
        del dialogue.memory.root.names["f"]
        dialogue.say("RNTO g", 553)


class SizeTests(SynchronousTestCase):
    """SIZE; TYPE A is in test_ascii."""

    def test_it_is_the_bytes(self) -> None:
        """Digits and nothing else (RFC 3659 section 4)."""
        self.assertEqual(with_tree().say("SIZE f", 213), ["213 3"])

    def test_of_a_directory_it_is_550(self) -> None:
        """RFC 3659 section 4."""
        with_tree().say("SIZE d", 550)

    def test_of_a_missing_file_it_is_550(self) -> None:
        """RFC 3659 section 4."""
        with_tree().say("SIZE nothing", 550)

    def test_of_a_link_that_leads_nowhere_it_is_550(self) -> None:
        """There is nothing to fetch."""
        dialogue = with_tree()
        dialogue.memory.put_link("/link", "gone")
        dialogue.say("SIZE link", 550)

    def test_without_argument_it_is_501(self) -> None:
        """RFC 3659 section 4."""
        with_tree().say("SIZE", 501)

    def test_a_pattern_is_a_name(self) -> None:
        """RFC 3659 section 2.2.2."""
        with_tree().say("SIZE *", 550)
