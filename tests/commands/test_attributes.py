"""Times and modes of files: MDTM MFMT MFF."""

from __future__ import annotations

from ftpd_service.events import AttributesChanged
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.dialogue import STARTED, Dialogue
from ftpd_service.upload_policy import UploadPolicy
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in, transferring

NOW_NS = int(STARTED) * 10**9


def with_file() -> Dialogue:
    """A session with a file of 2026-09-21 14:13:20.9 UTC."""
    dialogue = logged_in()
    dialogue.memory.put("/f", b"abc", modified_ns=NOW_NS + 900_000_000)
    dialogue.memory.put_directory("/d")
    return dialogue


class ModificationTimeTests(SynchronousTestCase):
    """MDTM and MFMT."""

    def test_mdtm_is_fourteen_digits(self) -> None:
        """UTC, cut off to the second, nothing else on the line (RFC 3659 section 3)."""
        self.assertEqual(with_file().say("MDTM f", 213), ["213 20260921141320"])

    def test_mdtm_of_a_directory_is_told(self) -> None:
        """RFC 3659 leaves it to the server."""
        with_file().say("MDTM d", 213)

    def test_mdtm_of_a_missing_file_is_550(self) -> None:
        """And not 501, as ncftp would stop asking."""
        with_file().say("MDTM nothing", 550)

    def test_mdtm_without_argument_is_501(self) -> None:
        """A path is wanted."""
        with_file().say("MDTM", 501)

    def test_mdtm_with_a_time_sets_it(self) -> None:
        """What clients did before MFMT."""
        dialogue = with_file()
        self.assertEqual(dialogue.say("MDTM 20200102030405 f", 213), ["213 Modify=20200102030405; f"])
        self.assertEqual(dialogue.say("MDTM f", 213), ["213 20200102030405"])

    def test_mdtm_of_a_file_whose_name_begins_with_a_time_sets_nothing(self) -> None:
        """RFC 3659 section 3.3."""
        dialogue = with_file()
        dialogue.memory.put("/20200101000000 f", modified_ns=NOW_NS)
        self.assertEqual(dialogue.say("MDTM 20200101000000 f", 213), ["213 20260921141320"])

    def test_mdtm_that_sets_a_missing_file_is_550(self) -> None:
        """There is nothing to set."""
        with_file().say("MDTM 20200102030405 nothing", 550)

    def test_mfmt_sets_and_tells(self) -> None:
        """And MDTM agrees."""
        dialogue = with_file()
        self.assertEqual(dialogue.say("MFMT 20200102030405.5 f", 213), ["213 Modify=20200102030405; f"])
        self.assertEqual(dialogue.say("MDTM f", 213), ["213 20200102030405"])

    def test_mfmt_with_a_time_before_1970_sets_and_tells(self) -> None:
        """And all verbs agree."""
        dialogue = with_file()
        self.assertEqual(dialogue.say("MFMT 19600506070809 f", 213), ["213 Modify=19600506070809; f"])
        self.assertEqual(dialogue.say("MDTM f", 213), ["213 19600506070809"])
        self.assertIn("modify=19600506070809;", dialogue.say("MLST f", 250)[1])
        self.assertTrue(dialogue.download("LIST f").endswith(b" May  6  1960 f\r\n"))

    def test_mfmt_with_the_first_year_of_four_digits_sets_and_tells(self) -> None:
        """The boundary of what a client can say."""
        self.assertEqual(with_file().say("MFMT 10000101000000 f", 213), ["213 Modify=10000101000000; f"])

    def test_mfmt_with_the_last_second_sets_and_tells(self) -> None:
        """The other boundary."""
        self.assertEqual(with_file().say("MFMT 99991231235959 f", 213), ["213 Modify=99991231235959; f"])

    def test_mfmt_with_the_year_0_is_501(self) -> None:
        """There is no such year."""
        with_file().say("MFMT 00001231000000 f", 501)

    def test_mfmt_with_thirteen_digits_is_501(self) -> None:
        """And changes nothing."""
        dialogue = with_file()
        dialogue.say("MFMT 2020010203040 f", 501)
        self.assertEqual(dialogue.say("MDTM f", 213), ["213 20260921141320"])

    def test_mfmt_with_an_impossible_date_is_501(self) -> None:
        """The thirtieth of February."""
        with_file().say("MFMT 20200230000000 f", 501)

    def test_mfmt_of_a_missing_file_is_550(self) -> None:
        """There is nothing to set."""
        with_file().say("MFMT 20200102030405 nothing", 550)


class OrderTests(SynchronousTestCase):
    """The orders in which clients send their commands."""

    def setUp(self) -> None:
        self.dialogue, self.go_on = transferring("STOR f")

    def test_a_time_that_is_sent_during_the_upload(self) -> None:
        """It is set after the commit, whatever the file was before; lftp sends its commands ahead."""
        self.dialogue.say("MFMT 20010203040506 f")
        self.go_on.callback(None)
        self.assertEqual(self.dialogue.codes(), [226, 213])
        self.assertEqual(self.dialogue.say("MDTM f", 213), ["213 20010203040506"])

    def test_a_time_that_is_set_by_another_session_before_the_commit(self) -> None:
        """It is that of the former file, which the upload replaces."""
        other = Dialogue(storage=self.dialogue.storage)
        other.log_in()
        other.say("MFMT 20010203040506 f", 213)
        self.go_on.callback(None)
        self.assertNotEqual(self.dialogue.say("MDTM f", 213), ["213 20010203040506"])

    def test_a_time_that_is_set_before_a_rename(self) -> None:
        """Clients upload under a temporary name."""
        self.go_on.callback(None)
        self.dialogue.say("MFMT 20010203040506 f", 213)
        self.dialogue.say("RNFR f", 350)
        self.dialogue.say("RNTO g", 250)
        self.assertEqual(self.dialogue.say("MDTM g", 213), ["213 20010203040506"])


class FactTests(SynchronousTestCase):
    """MFF."""

    def test_it_sets_and_tells(self) -> None:
        """All facts that were given."""
        dialogue = with_file()
        lines = dialogue.say("MFF modify=20200102030405;unix.mode=0600; f", 213)
        self.assertEqual(lines, ["213 Modify=20200102030405;UNIX.mode=0600; f"])
        self.assertIn("modify=20200102030405;perm=adfrw;", dialogue.say("MLST f", 250)[1])

    def test_the_last_semicolon_may_be_missing(self) -> None:
        """Ncftp leaves it out."""
        with_file().say("MFF Modify=20200102030405 f", 213)

    def test_an_unknown_fact_is_504_and_changes_nothing(self) -> None:
        """Not even the known one before it."""
        dialogue = with_file()
        dialogue.say("MFF Modify=20200102030405;Colour=red; f", 504)
        self.assertEqual(dialogue.say("MDTM f", 213), ["213 20260921141320"])

    def test_a_bad_value_is_501_and_changes_nothing(self) -> None:
        """All are looked at before the first is set."""
        dialogue = with_file()
        dialogue.say("MFF Modify=20200102030405;UNIX.mode=9; f", 501)
        self.assertEqual(dialogue.say("MDTM f", 213), ["213 20260921141320"])

    def test_owner_and_group_are_504_and_change_nothing(self) -> None:
        """Accounts are no users of the host."""
        dialogue = with_file()
        dialogue.say("MFF Modify=20200102030405;UNIX.group=adm; f", 504)
        dialogue.say("MFF UNIX.owner=root;UNIX.mode=600; f", 504)
        self.assertIn("modify=20260921141320;perm=adfrw;", dialogue.say("MLST f", 250)[1])

    def test_the_time_of_creation_is_504_and_changes_nothing(self) -> None:
        """No system sets it; ncftp asks for it, and goes on with MFMT (tried: 3.2.6)."""
        dialogue = with_file()
        dialogue.say("MFF Modify=20200102030405;Create=20200102030405 f", 504)
        dialogue.say("MFCT 20200102030405 f", 502)
        self.assertEqual(dialogue.say("MDTM f", 213), ["213 20260921141320"])

    def test_a_mode_that_may_not_be_set_changes_nothing(self) -> None:
        """The time is put back."""
        dialogue = with_file()
        dialogue.memory.apply(StorageSettings(uploads=UploadPolicy(chmod_mask=0)))
        dialogue.say("MFF Modify=20200102030405;UNIX.mode=600; f", 550)
        self.assertIn("modify=20260921141320;", dialogue.say("MLST f", 250)[1])
        self.assertEqual(dialogue.recorder.of(AttributesChanged), [])

    def test_it_tells_the_mode_within_the_mask(self) -> None:
        """The reply has the facts as they are now (draft-somers-ftp-mfxx-03 section 5)."""
        dialogue = with_file()
        dialogue.memory.apply(StorageSettings(uploads=UploadPolicy(chmod_mask=0o750)))
        self.assertEqual(dialogue.say("MFF UNIX.mode=777; f", 213), ["213 UNIX.mode=0750; f"])

    def test_a_missing_file_is_550(self) -> None:
        """There is nothing to set."""
        with_file().say("MFF Modify=20200102030405; nothing", 550)

    def test_no_fact_is_501(self) -> None:
        """There is nothing to be set."""
        with_file().say("MFF ; f", 501)


class ReportTests(SynchronousTestCase):
    """The events of these verbs."""

    def reported(self, line: str) -> list[tuple[str, str, str]]:
        """The events behind a line."""
        dialogue = with_file()
        dialogue.say(line, 213)
        return [(event.account, event.verb, event.path) for event in dialogue.recorder.of(AttributesChanged)]

    def test_mfmt_is_reported(self) -> None:
        """With the account and the path."""
        self.assertEqual(self.reported("MFMT 20200102030405 f"), [("alice", "MFMT", "/f")])

    def test_mdtm_that_sets_is_reported(self) -> None:
        """As MFMT is."""
        self.assertEqual(self.reported("MDTM 20200102030405 f"), [("alice", "MDTM", "/f")])

    def test_mdtm_that_asks_is_not_reported(self) -> None:
        """Nothing has changed."""
        self.assertEqual(self.reported("MDTM f"), [])

    def test_mff_is_reported(self) -> None:
        """All facts of a command are a single change."""
        line = "MFF UNIX.mode=640;Modify=20200102030405; f"
        self.assertEqual(self.reported(line), [("alice", "MFF", "/f")])
