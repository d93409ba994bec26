"""Where a session stands: CWD CDUP PWD and their X forms."""

from __future__ import annotations

from ftpd_service.testing.dialogue import Dialogue
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in

AT_ROOT = ['257 "/" is the current directory.']


def at(path: str) -> Dialogue:
    """A session that stands in a directory, which was made for it."""
    dialogue = logged_in()
    dialogue.memory.put_directory(path)
    dialogue.say(f"CWD {path}", 250)
    return dialogue


class ChangeDirectoryTests(SynchronousTestCase):
    """CWD and CDUP."""

    def test_cwd_is_250(self) -> None:
        """Exactly 250: rclone, PHP and aria2 check it."""
        dialogue = logged_in()
        dialogue.memory.put_directory("/a/b")
        dialogue.say("CWD a/b", 250)
        self.assertEqual(dialogue.say("PWD", 257), ['257 "/a/b" is the current directory.'])

    def test_a_path_is_relative_to_where_the_session_stands(self) -> None:
        """One CWD for each name is what curl sends."""
        dialogue = logged_in()
        dialogue.memory.put_directory("/a/b")
        dialogue.say("CWD a", 250)
        dialogue.say("CWD b", 250)
        self.assertEqual(dialogue.session.cwd, "/a/b")

    def test_repeated_slashes_are_one(self) -> None:
        """RFC 3659 section 6 lets the server collapse them."""
        dialogue = logged_in()
        dialogue.memory.put_directory("/a/b")
        dialogue.say("CWD //a///b/", 250)
        self.assertEqual(dialogue.say("PWD", 257), ['257 "/a/b" is the current directory.'])

    def test_dots_never_lead_out_of_the_root(self) -> None:
        """At the root ``..`` is the root."""
        dialogue = at("/a")
        dialogue.say("CWD ../../..", 250)
        self.assertEqual(dialogue.say("PWD", 257), AT_ROOT)

    def test_a_missing_directory_is_550(self) -> None:
        """And the session stays where it was."""
        dialogue = at("/a")
        dialogue.say("CWD nothing", 550)
        self.assertEqual(dialogue.session.cwd, "/a")

    def test_a_file_is_550(self) -> None:
        """It is no directory."""
        dialogue = logged_in()
        dialogue.memory.put("/file")
        dialogue.say("CWD file", 550)

    def test_a_path_through_a_file_is_550(self) -> None:
        """Nothing stands below a file."""
        dialogue = logged_in()
        dialogue.memory.put("/file")
        dialogue.say("CWD file/x", 550)

    def test_a_link_to_a_directory_is_entered_under_its_own_name(self) -> None:
        """PWD shows the way that the client went."""
        dialogue = logged_in()
        dialogue.memory.put_directory("/real")
        dialogue.memory.put_link("/link", "real")
        dialogue.say("CWD link", 250)
        self.assertEqual(dialogue.session.cwd, "/link")

    def test_a_link_that_leads_nowhere_is_550(self) -> None:
        """There is nothing to enter."""
        dialogue = logged_in()
        dialogue.memory.put_link("/link", "gone")
        dialogue.say("CWD link", 550)

    def test_cwd_without_argument_goes_home(self) -> None:
        """lftp and cameras send it."""
        dialogue = at("/a")
        dialogue.say("CWD", 250)
        self.assertEqual(dialogue.say("PWD", 257), AT_ROOT)

    def test_a_tilde_is_home(self) -> None:
        """Where no entry has that name."""
        dialogue = at("/a")
        dialogue.say("CWD ~", 250)
        self.assertEqual(dialogue.say("PWD", 257), AT_ROOT)

    def test_a_path_may_begin_at_the_tilde(self) -> None:
        """Relative to the login directory."""
        dialogue = at("/a")
        dialogue.memory.put_directory("/b")
        dialogue.say("CWD ~/b", 250)
        self.assertEqual(dialogue.session.cwd, "/b")

    def test_an_entry_called_tilde_wins(self) -> None:
        """It would be out of reach else."""
        dialogue = at("/a")
        dialogue.memory.put_directory("/a/~")
        dialogue.say("CWD ~", 250)
        self.assertEqual(dialogue.session.cwd, "/a/~")

    def test_the_tilde_of_another_user_is_an_ordinary_name(self) -> None:
        """It is never expanded."""
        logged_in().say("CWD ~alice", 550)

    def test_cwd_matches_no_pattern(self) -> None:
        """Old servers did; a name is taken as it is."""
        dialogue = logged_in()
        dialogue.memory.put_directory("/abc")
        dialogue.say("CWD a*", 550)

    def test_leading_and_trailing_spaces_belong_to_the_name(self) -> None:
        """Exactly one space separates verb and path (RFC 3659 section 2.2)."""
        dialogue = logged_in()
        dialogue.memory.put_directory("/ x ")
        dialogue.say("CWD  x ", 250)
        self.assertEqual(dialogue.session.cwd, "/ x ")

    def test_cdup_is_250(self) -> None:
        """RFC 959 section 4.1.1 and appendix II: the codes of CWD."""
        dialogue = at("/a/b")
        dialogue.say("CDUP", 250)
        self.assertEqual(dialogue.session.cwd, "/a")

    def test_cdup_at_the_root_stays(self) -> None:
        """With 250 all the same."""
        dialogue = logged_in()
        dialogue.say("CDUP", 250)
        self.assertEqual(dialogue.say("PWD", 257), AT_ROOT)

    def test_cdup_forgives_an_argument(self) -> None:
        """It takes none and looks at none."""
        dialogue = at("/a/b")
        dialogue.say("CDUP b", 250)
        self.assertEqual(dialogue.session.cwd, "/a")

    def test_the_x_forms_are_the_same_verbs(self) -> None:
        """RFC 1123 section 4.1.3.1; Windows sends XPWD."""
        dialogue = logged_in()
        dialogue.memory.put_directory("/a/b")
        dialogue.say("XCWD a/b", 250)
        dialogue.say("XCUP", 250)
        self.assertEqual(dialogue.say("XPWD", 257), ['257 "/a" is the current directory.'])

    def test_a_new_login_begins_at_the_root(self) -> None:
        """The working directory is the login's."""
        dialogue = at("/a")
        dialogue.log_in()
        self.assertEqual(dialogue.say("PWD", 257), AT_ROOT)


class PrintDirectoryTests(SynchronousTestCase):
    """What 257 looks like."""

    def test_quotes_in_the_path_are_doubled(self) -> None:
        """RFC 959 appendix II; and none stands behind the path, as lftp looks for the last one."""
        self.assertEqual(at('/a"b').say("PWD", 257), ['257 "/a""b" is the current directory.'])

    def test_a_directory_that_is_gone_is_550(self) -> None:
        """The session stands nowhere then."""
        dialogue = at("/a")
        dialogue.say("RMD /a", 250)
        dialogue.say("PWD", 550)

    def test_a_directory_with_a_line_end_in_its_name_is_not_entered(self) -> None:
        """No path may end a reply line; CR NUL is the CR of a name (RFC 2640 section 3.1)."""
        dialogue = logged_in()
        dialogue.memory.put_directory("/a\r\nb")
        dialogue.send(b"CWD a\r\0\nb\r\n")
        self.assertEqual(dialogue.say("PWD", 257), ['257 "/" is the current directory.'])

    def test_utf8_stays_as_it_is(self) -> None:
        """Neither composed nor decomposed names are changed (RFC 2640 section 2.2)."""
        dialogue = at("/e\u0301 \u00e9")
        self.assertEqual(dialogue.say("PWD", 257), ['257 "/e\u0301 \u00e9" is the current directory.'])

    def test_the_byte_ff_is_doubled_both_ways(self) -> None:
        """Telnet's IAC (RFC 854): two of them are one octet of a name."""
        dialogue = logged_in()
        dialogue.memory.put_directory("/\udcff")
        dialogue.replies()
        dialogue.send(b"CWD \xff\xff\r\nPWD\r\n")
        self.assertEqual(
            dialogue.replies(), ["250 Directory changed.", '257 "/\udcff\udcff" is the current directory.']
        )
