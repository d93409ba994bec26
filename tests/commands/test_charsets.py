"""Sessions with a character set: who decides, OPTS UTF8, names in verbs and listings."""

from __future__ import annotations

from ftpd_service.events import Refused
from ftpd_service.naming import Naming
from ftpd_service.session.settings import SessionSettings
from ftpd_service.testing.dialogue import Dialogue
from tests.cases import SynchronousTestCase

NAME = "你好"
GBK, BIG5, UTF8 = NAME.encode("gbk"), NAME.encode("big5"), NAME.encode()


class CharsetCase(SynchronousTestCase):
    """A dialogue of bytes."""

    def begin(self, *, listener: str = "gbk", account: str | None = None) -> Dialogue:
        """A session before its login."""
        self.dialogue = Dialogue(settings=SessionSettings(names=Naming(charset=listener)))
        self.dialogue.login.names = Naming(charset=account)
        return self.dialogue

    def logged_in(self, *, listener: str = "gbk", account: str | None = None) -> Dialogue:
        """A session behind its login."""
        dialogue = self.begin(listener=listener, account=account)
        dialogue.log_in()
        return dialogue

    def ask(self, line: bytes) -> bytes:
        """The reply to a line."""
        before = len(self.dialogue.transport.written())
        self.dialogue.send(line + b"\r\n")
        return self.dialogue.transport.written()[before:]

    def made(self) -> set[str]:
        """The names in the root of the storage."""
        return set(self.dialogue.memory.root.names)


class DecidingTests(CharsetCase):
    """The set of a session."""

    def test_name_is_utf8_on_the_disk(self) -> None:
        """And the reply is in the client's set."""
        self.logged_in()
        self.assertEqual(self.ask(b"MKD " + GBK), b'257 "/' + GBK + b'" created.\r\n')
        self.assertEqual(self.made(), {NAME})

    def test_account_goes_before_the_listener(self) -> None:
        """From the login on."""
        self.logged_in(account="big5")
        self.ask(b"MKD " + BIG5)
        self.assertEqual(self.made(), {NAME})

    def test_account_may_have_utf8(self) -> None:
        """On a listener of another set."""
        self.logged_in(account="utf-8")
        self.ask(b"MKD " + UTF8)
        self.assertEqual(self.made(), {NAME})

    def test_name_of_the_login_is_in_the_set_of_the_listener(self) -> None:
        """The password too; both are UTF-8 for checkers."""
        self.begin(account="big5").login.passwords[NAME] = UTF8
        self.ask(b"USER " + GBK)
        self.assertEqual(self.ask(b"PASS " + GBK)[:3], b"230")

    def test_password_has_no_escapes(self) -> None:
        """It is taken as it is."""
        self.begin().login.passwords["alice"] = b"=4F60="
        self.ask(b"USER alice")
        self.assertEqual(self.ask(b"PASS =4F60=")[:3], b"230")

    def test_next_login_begins_with_the_listener(self) -> None:
        """USER ends a login, and the set of its account."""
        self.logged_in(account="big5").login.passwords["bob"] = UTF8
        self.ask(b"USER bob")
        self.assertEqual(self.ask(b"PASS " + GBK)[:3], b"230")

    def test_lines_behind_a_login_in_one_packet_are_in_the_set_of_the_account(self) -> None:
        """They are read before the login, and carried out behind it."""
        self.begin(account="big5")
        self.ask(b"USER alice\r\nPASS secret\r\nMKD " + BIG5)
        self.assertEqual(self.made(), {NAME})

    def test_log_has_unicode(self) -> None:
        """Whatever the client's set is."""
        dialogue = self.logged_in()
        self.ask(b"CWD " + GBK)
        self.assertEqual(dialogue.recorder.of(Refused)[0].argument, NAME)


class Utf8OptionTests(CharsetCase):
    """OPTS UTF8 where another set is configured."""

    def test_on_switches_to_utf8(self) -> None:
        """A client decides for itself."""
        self.logged_in()
        self.assertEqual(self.ask(b"OPTS UTF8 ON"), b"200 UTF8 mode is on.\r\n")
        self.assertEqual(self.ask(b"MKD " + UTF8), b'257 "/' + UTF8 + b'" created.\r\n')

    def test_on_before_the_login_outlives_it(self) -> None:
        """The ftp.exe of Windows asks right after the greeting."""
        dialogue = self.begin(listener="utf-8", account="gbk")
        dialogue.say("OPTS UTF8 ON", 200)
        dialogue.log_in()
        self.ask(b"MKD " + UTF8)
        self.assertEqual(self.made(), {NAME})

    def test_off_switches_back(self) -> None:
        """To the set of the account."""
        self.logged_in()
        self.ask(b"OPTS UTF8 ON")
        self.assertEqual(self.ask(b"OPTS UTF-8 off"), b"200 UTF8 mode is off.\r\n")
        self.ask(b"MKD " + GBK)
        self.assertEqual(self.made(), {NAME})

    def test_off_without_another_set_is_504(self) -> None:
        """UTF-8 is all that there is."""
        self.logged_in(listener="utf-8").say("OPTS UTF8 OFF", 504)

    def test_rein_goes_back_to_the_set_of_the_listener(self) -> None:
        """As for every parameter."""
        dialogue = self.logged_in()
        dialogue.say("OPTS UTF8 ON", 200)
        dialogue.say("REIN", 220)
        dialogue.log_in()
        self.ask(b"MKD " + GBK)
        self.assertEqual(self.made(), {NAME})

    def test_option_and_name_in_one_packet(self) -> None:
        """The option counts from its reply on."""
        self.logged_in()
        self.ask(b"OPTS UTF8 ON\r\nMKD " + UTF8)
        self.assertEqual(self.made(), {NAME})

    def test_feat_tells_of_utf8(self) -> None:
        """Clients that ask for it look there first."""
        self.assertIn(" UTF8", self.logged_in().say("FEAT", 211))


class ListedNameTests(CharsetCase):
    """Names in listings and arguments."""

    def test_listings_are_in_the_set(self) -> None:
        """LIST, NLST and MLSD."""
        dialogue = self.logged_in()
        self.ask(b"MKD " + GBK)
        rows = [dialogue.download(verb).splitlines()[-1] for verb in ("LIST", "NLST", "MLSD")]
        self.assertEqual([row.endswith(GBK) for row in rows], [True, True, True])

    def test_replies_with_rows_are_in_the_set(self) -> None:
        """STAT and MLST."""
        self.logged_in()
        self.ask(b"MKD " + GBK)
        self.assertIn(b" " + GBK + b"\r\n", self.ask(b"STAT /"))
        self.assertIn(b" /" + GBK + b"\r\n", self.ask(b"MLST " + GBK))

    def test_name_beyond_the_set_is_reached_by_its_escape(self) -> None:
        """As the listing shows it."""
        dialogue = self.logged_in()
        dialogue.memory.put("/😀", b"data")
        shown = dialogue.download("NLST").decode("ascii").strip()
        self.assertEqual(shown, "=1F600=")
        self.assertEqual(dialogue.download(f"RETR {shown}"), b"data")

    def test_bytes_on_the_disk_are_reached_by_their_escape(self) -> None:
        """Also if they are GBK, as an earlier server left them."""
        dialogue = self.logged_in()
        dialogue.memory.put("/" + GBK.decode("utf-8", "surrogateescape"), b"data")
        self.assertEqual(dialogue.download("NLST"), b"=C4-E3-BA-C3=\r\n")
        self.assertEqual(dialogue.download("RETR =C4-E3-BA-C3="), b"data")

    def test_pattern_is_of_the_text(self) -> None:
        """A question mark is a character, not a byte."""
        dialogue = self.logged_in()
        self.ask(b"MKD " + GBK)
        self.assertEqual(dialogue.download("NLST ??"), GBK + b"\r\n")

    def test_letter_ff_need_not_be_doubled(self) -> None:
        """Most clients with CP1251 send it as it is, also before a byte that would be a Telnet command."""
        self.logged_in(listener="cp1251")
        self.ask("MKD ярмо".encode("cp1251"))
        self.assertEqual(self.made(), {"ярмо"})

    def test_letter_ff_may_be_doubled(self) -> None:
        """As Telnet wants it."""
        self.logged_in(listener="cp1251")
        self.ask("MKD ярмо".encode("cp1251").replace(b"\xff", b"\xff\xff"))
        self.assertEqual(self.made(), {"ярмо"})

    def test_telnet_before_a_verb_is_as_usual(self) -> None:
        """IP and DM come before ABOR."""
        self.logged_in(listener="cp1251")
        self.assertEqual(self.ask(b"\xff\xf4\xff\xf2ABOR")[:3], b"225")
