"""What the server says of itself and of the session: FEAT HELP SYST STAT NOOP CLNT CSID AVBL, and unknown verbs."""

from __future__ import annotations

from collections.abc import AsyncIterator

from twisted.internet.task import Clock
from zope.interface import implementer

from ftpd_service.commands import information
from ftpd_service.events import CommandFinished, Refused
from ftpd_service.interfaces import IReadHandle, IStorage, IWriteHandle
from ftpd_service.policy.permissions import Rules
from ftpd_service.storage.copying import Copies
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import Entry, Permissions, VirtualPath, WriteMode
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in

CUT = "End of the part that STAT shows; LIST shows everything."
FEATURES = [
    "211-Features supported:",
    " AVBL",
    " CLNT",
    " CSID",
    " DSIZ",
    " EPRT",
    " EPSV",
    " HASH SHA-256*;SHA-512;SHA-1;MD5;CRC32",
    " HOST",
    " LANG EN*",
    " MDTM",
    " MFF Modify;UNIX.mode;",
    " MFMT",
    " MLST type*;size*;modify*;perm*;unique*;UNIX.mode*;UNIX.owner;UNIX.group;create;",
    " RANG STREAM",
    " REST STREAM",
    " RMDA",
    " SITE CHMOD",
    " SITE COPY",
    " SITE MKDIR",
    " SITE RMDIR",
    " SITE UTIME",
    " SIZE",
    " TVFS",
    " UTF8",
    " XCRC",
    " XMD5",
    " XSHA1",
    " XSHA256",
    " XSHA512",
    "211 End",
]


@implementer(IStorage)
class PlainStorage:
    """A storage that provides no optional interface."""

    def __init__(self) -> None:
        self._below = MemoryStorage()

    async def stat(self, path: VirtualPath) -> Entry:
        return await self._below.stat(path)

    def entries(self, path: VirtualPath) -> AsyncIterator[tuple[Entry, ...]]:
        return self._below.entries(path)

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        return await self._below.open_read(path, offset)

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        return await self._below.open_write(path, mode, offset)

    async def make_directory(self, path: VirtualPath) -> None:
        await self._below.make_directory(path)

    async def remove_directory(self, path: VirtualPath) -> None:
        await self._below.remove_directory(path)

    async def remove_file(self, path: VirtualPath) -> None:
        await self._below.remove_file(path)

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        await self._below.rename(source, target)

    async def set_modified(self, path: VirtualPath, modified_ns: int) -> None:
        await self._below.set_modified(path, modified_ns)


def on_plain_storage() -> Dialogue:
    """A session whose storage can do no more than it must."""
    dialogue = Dialogue(storage=PlainStorage())
    dialogue.log_in()
    return dialogue


class FeatureTests(SynchronousTestCase):
    """FEAT."""

    def test_it_lists_what_works_and_nothing_else(self) -> None:
        """Exactly one space before each line (RFC 2389 section 3.2)."""
        self.assertEqual(Dialogue().say("FEAT", 211), [*FEATURES])

    def test_it_is_the_same_after_the_login(self) -> None:
        """Clients ask once."""
        tree = Permitted(MemoryStorage(), Rules(Permissions.ALL), Copies(Clock()))
        dialogue = Dialogue(storage=tree)
        dialogue.log_in()
        self.assertEqual(dialogue.say("FEAT", 211), FEATURES)

    def test_with_an_argument_it_is_501(self) -> None:
        """RFC 2389 section 3.1."""
        Dialogue().say("FEAT x", 501)

    def test_what_the_storage_cannot_do_is_left_out(self) -> None:
        """A line must not be there for what is refused."""
        lines = on_plain_storage().say("FEAT", 211)
        self.assertEqual((" AVBL" in lines, " MFF Modify;" in lines), (False, True))

    def test_what_the_storage_cannot_do_is_504(self) -> None:
        """Optional interfaces are asked for."""
        dialogue = on_plain_storage()
        dialogue.say("AVBL", 504)
        dialogue.say("SITE CHMOD 644 f", 504)
        dialogue.say("SITE UMASK", 504)
        dialogue.say("MFF UNIX.mode=644; /", 504)


class HelpTests(SynchronousTestCase):
    """HELP and SYST."""

    def test_help_works_before_user(self) -> None:
        """RFC 959 section 4.1.3; refused verbs have an asterisk."""
        words = " ".join(Dialogue().say("HELP", 214)[1:-1]).split()
        told = [word in words for word in ("RETR", "XPWD", "SMNT*", "SMNT")]
        self.assertEqual(told, [True, True, True, False])

    def test_help_of_a_verb_is_its_syntax(self) -> None:
        """In any case of letters."""
        self.assertEqual(Dialogue().say("help retr", 214), ["214 Syntax: RETR <path>"])

    def test_help_of_site_lists_its_sub_verbs(self) -> None:
        """The answer is that of SITE HELP; ncftp looks for UTIME there."""
        dialogue = logged_in()
        told = dialogue.say("HELP SITE", 214)
        self.assertEqual(told, dialogue.say("SITE HELP", 214))
        self.assertIn("UTIME", " ".join(told).split())

    def test_help_of_an_unknown_verb_is_502(self) -> None:
        """RFC 959 section 5.4."""
        Dialogue().say("HELP XYZZY", 502)

    def test_syst_forgives_an_argument(self) -> None:
        """It takes none."""
        self.assertEqual(Dialogue().say("SYST x", 215), ["215 UNIX Type: L8"])


class StatusTests(SynchronousTestCase):
    """STAT."""

    def test_before_the_login_it_tells_nothing_of_anybody(self) -> None:
        """A minimal 211."""
        self.assertEqual(Dialogue().say("STAT", 211), ["211-Status:", " Not logged in", "211 End"])

    def test_after_the_login_it_tells_the_session(self) -> None:
        """Each line behind one space."""
        self.assertEqual(
            logged_in().say("STAT", 211),
            [
                "211-Status:",
                " Connected from 192.0.2.1",
                " Logged in as alice",
                " TYPE: A N; STRU: F; MODE: S",
                " Idle timeout: 900 seconds",
                "211 End",
            ],
        )

    def test_of_a_directory_it_is_a_listing_by_212(self) -> None:
        """Over the control connection (RFC 959 section 4.1.3)."""
        dialogue = logged_in()
        dialogue.memory.put("/d/1 file")
        lines = dialogue.say("STAT d", 212)
        self.assertEqual((lines[0], lines[-1], len(lines)), ("212-Status of d:", "212 End", 3))
        self.assertRegex(lines[1], r"^ -rw-r--r-- .* 1 file$")

    def test_with_options_it_is_where_the_session_stands(self) -> None:
        """FXP clients send ``STAT -l``."""
        dialogue = logged_in()
        dialogue.memory.put("/f")
        self.assertEqual(len(dialogue.say("STAT -l", 212)), 3)

    def test_of_a_file_it_is_one_row_by_213(self) -> None:
        """With the name as given."""
        dialogue = logged_in()
        dialogue.memory.put("/d/f")
        lines = dialogue.say("STAT d/f", 213)
        self.assertRegex(lines[1], r"^ -rw-r--r-- .* d/f$")

    def test_of_a_missing_path_it_is_550(self) -> None:
        """Ncftp asks so whether a file exists."""
        logged_in().say("STAT nothing", 550)

    def test_of_a_path_it_needs_a_login(self) -> None:
        """The bare form alone does not."""
        Dialogue().say("STAT /", 530)

    def test_10_000_rows_are_shown(self) -> None:
        """The boundary itself."""
        dialogue = logged_in()
        for number in range(10_000):
            dialogue.memory.put(f"/{number}")
        lines = dialogue.say("STAT /", 212)
        self.assertEqual((len(lines), lines[-1]), (10_002, "212 End"))

    def test_more_rows_are_cut_and_the_reply_says_so(self) -> None:
        """Whoever reads it would take it for everything."""
        dialogue = logged_in()
        for number in range(10_001):
            dialogue.memory.put(f"/{number}")
        lines = dialogue.say("STAT /", 212)
        self.assertEqual((len(lines), lines[-1]), (10_002, f"212 {CUT}"))

    def test_as_many_bytes_as_allowed_are_shown(self) -> None:
        """The boundary itself: two rows of 60."""
        self.patch(information, "_MOST_BYTES", 2 * 60)
        dialogue = logged_in()
        for path in ("/d/a", "/d/b"):
            dialogue.memory.put(path)
        lines = dialogue.say("STAT d", 212)
        self.assertEqual([len(line) + 2 for line in lines[1:-1]], [60, 60])
        self.assertEqual(lines[-1], "212 End")

    def test_more_bytes_are_cut_behind_a_row(self) -> None:
        """One less leaves room for a row."""
        self.patch(information, "_MOST_BYTES", 2 * 60 - 1)
        dialogue = logged_in()
        for path in ("/d/a", "/d/b"):
            dialogue.memory.put(path)
        lines = dialogue.say("STAT d", 212)
        self.assertEqual((len(lines), lines[-1]), (3, f"212 {CUT}"))

    def test_what_a_pattern_matches_is_cut_alike(self) -> None:
        """Also by 213."""
        self.patch(information, "_MOST_ROWS", 1)
        dialogue = logged_in()
        dialogue.memory.put("/a")
        dialogue.memory.put("/b")
        self.assertEqual(dialogue.say("STAT ?", 213)[-1], f"213 {CUT}")


class SmallVerbTests(SynchronousTestCase):
    """NOOP CLNT CSID AVBL."""

    def test_noop_is_200(self) -> None:
        """With an argument too."""
        Dialogue().say("NoOp x", 200)

    def test_clnt_is_noted(self) -> None:
        """Without control characters, and not longer than a log line wants it."""
        dialogue = Dialogue()
        dialogue.say("CLNT File\x07Zilla" + "x" * 200, 200)
        self.assertEqual((dialogue.session.client_name[:10], len(dialogue.session.client_name)), ("File?Zilla", 100))

    def test_clnt_without_argument_is_501(self) -> None:
        """A name is wanted."""
        Dialogue().say("CLNT", 501)

    def test_csid_says_what_indy_needs(self) -> None:
        """And nothing more of the product."""
        lines = Dialogue().say("CSID Name=x; Version=1;", 200)
        self.assertEqual(lines, ["200 Name=FTP server; CaseSensitive=1; DirSep=/;"])

    def test_csid_without_argument_is_501(self) -> None:
        """A name is wanted."""
        Dialogue().say("CSID", 501)

    def test_avbl_is_digits(self) -> None:
        """What is free."""
        dialogue = logged_in()
        dialogue.memory.capacity_bytes = 100
        dialogue.memory.put("/f", b"x" * 40)
        self.assertEqual(dialogue.say("AVBL", 213), ["213 60"])

    def test_avbl_of_a_file_is_550(self) -> None:
        """A directory is wanted."""
        dialogue = logged_in()
        dialogue.memory.put("/f")
        dialogue.say("AVBL f", 550)


class UnknownVerbTests(SynchronousTestCase):
    """What is in no table."""

    def test_an_unknown_verb_is_500(self) -> None:
        """Before the login and behind it; the session goes on (RFC 959 section 4.2)."""
        dialogue = Dialogue()
        dialogue.say("XYZZY", 500)
        dialogue.log_in()
        dialogue.say("XYZZY x", 500)
        dialogue.say("NOOP", 200)

    def test_a_known_verb_that_is_refused_is_502(self) -> None:
        """Before the login too."""
        dialogue = Dialogue()
        dialogue.say("SMNT /x", 502)
        dialogue.say("MIC x", 502)
        dialogue.say("AUTH TLS", 502)

    def test_what_is_no_verb_is_500(self) -> None:
        """The line cannot be read."""
        Dialogue().say("*?!", 500)

    def test_an_empty_line_has_no_reply(self) -> None:
        """Clients send one behind a password prompt."""
        dialogue = Dialogue()
        dialogue.say("")
        dialogue.say("NOOP", 200)

    def test_nul_in_a_line_is_501_and_nothing_is_done(self) -> None:
        """No name holds it."""
        dialogue = logged_in()
        dialogue.codes()
        dialogue.send(b"MKD a\0b\r\n")
        self.assertEqual((dialogue.codes(), dialogue.memory.names()), ([501], []))

    def test_an_unknown_verb_is_reported_as_it_came(self) -> None:
        """As every command; what is written into a log is the log's matter."""
        dialogue = logged_in()
        dialogue.say("XYZZY a\x1bb", 500)
        self.assertEqual([(e.verb, e.argument) for e in dialogue.recorder.of(CommandFinished)][-1], ("XYZZY", "a\x1bb"))

    def test_an_unknown_verb_before_the_login_is_reported_without_its_argument(self) -> None:
        """It may be a misspelt PASS, and no log has a password."""
        dialogue = Dialogue()
        dialogue.say("PSAS secret", 500)
        finished = [(e.verb, e.argument) for e in dialogue.recorder.of(CommandFinished)]
        refused = [(e.verb, e.argument) for e in dialogue.recorder.of(Refused)]
        self.assertEqual((finished, refused), ([("PSAS", "****")], [("PSAS", "****")]))

    def test_a_password_behind_pass_without_a_space_is_not_reported(self) -> None:
        """The verb tells no more than PASS."""
        dialogue = Dialogue()
        dialogue.say("PASSsecret", 500)
        finished = [(e.verb, e.argument) for e in dialogue.recorder.of(CommandFinished)]
        refused = [(e.verb, e.argument) for e in dialogue.recorder.of(Refused)]
        self.assertEqual((finished, refused), ([("PASS****", "")], [("PASS****", "")]))
