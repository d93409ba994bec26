"""SITE and its sub-verbs: CHMOD HELP IDLE UMASK UTIME, and the names of all; test_trees has MKDIR and RMDIR."""

from __future__ import annotations

from ftpd_service.events import AttributesChanged, Refused
from ftpd_service.policy.permissions import Rules
from ftpd_service.session.settings import SessionSettings
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.permitted import Permitted
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.upload_policy import UploadPolicy
from ftpd_service.values import Permissions
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in


def with_file() -> Dialogue:
    """A session with a file."""
    dialogue = logged_in()
    dialogue.memory.put("/f", b"abc")
    return dialogue


class SiteTests(SynchronousTestCase):
    """SITE."""

    def test_chmod_is_200(self) -> None:
        """Spaces belong to the path."""
        dialogue = with_file()
        dialogue.memory.put("/a b")
        dialogue.say("site chmod 640 a b", 200)
        self.assertIn("UNIX.mode=0640;", dialogue.say("MLST a b", 250)[1])

    def test_chmod_with_letters_changes_the_former_mode(self) -> None:
        """As chmod(1) does."""
        dialogue = with_file()
        dialogue.say("SITE CHMOD 640 f", 200)
        lines = dialogue.say("SITE CHMOD u+x,go-w f", 200)
        self.assertEqual(lines, ["200 SITE CHMOD successful, the mode is 0740."])

    def test_chmod_with_letters_of_a_missing_file_is_550(self) -> None:
        """There is no mode to change."""
        with_file().say("SITE CHMOD u+x nothing", 550)

    def test_chmod_with_other_letters_is_501(self) -> None:
        """They are no mode."""
        with_file().say("SITE CHMOD z+x f", 501)

    def test_chmod_sets_permission_bits_only(self) -> None:
        """A set-uid bit has no business on an upload: 504."""
        with_file().say("SITE CHMOD 4755 f", 504)

    def test_chmod_tells_the_mode(self) -> None:
        """The client sees what it has got."""
        lines = with_file().say("SITE CHMOD 640 f", 200)
        self.assertEqual(lines, ["200 SITE CHMOD successful, the mode is 0640."])

    def test_chmod_beyond_the_mask_tells_the_mode(self) -> None:
        """It is no error: clients set the modes of whole trees, and would give up."""
        dialogue = with_file()
        dialogue.memory.apply(StorageSettings(uploads=UploadPolicy(chmod_mask=0o750)))
        lines = dialogue.say("SITE CHMOD 777 f", 200)
        self.assertEqual(lines, ["200 SITE CHMOD successful, the mode is 0750."])

    def test_chmod_where_no_mode_may_be_set_is_550(self) -> None:
        """The log names the key."""
        dialogue = with_file()
        dialogue.memory.apply(StorageSettings(uploads=UploadPolicy(chmod_mask=0)))
        dialogue.say("SITE CHMOD 600 f", 550)
        self.assertEqual([event.rule for event in dialogue.recorder.of(Refused)], ["uploads.chmod_mask"])

    def test_chmod_of_a_missing_file_is_550(self) -> None:
        """There is nothing to set."""
        with_file().say("SITE CHMOD 644 nothing", 550)

    def test_utime_has_the_long_form(self) -> None:
        """Three times and UTC at the end: the second one is the modification's."""
        dialogue = with_file()
        dialogue.say("SITE UTIME f 20190101000000 20200102030405 20180101000000 UTC", 200)
        self.assertEqual(dialogue.say("MDTM f", 213), ["213 20200102030405"])

    def test_utime_has_the_short_form(self) -> None:
        """The time first, seconds may be missing."""
        dialogue = with_file()
        dialogue.say("SITE UTIME 202001020304 f", 200)
        self.assertEqual(dialogue.say("MDTM f", 213), ["213 20200102030400"])

    def test_utime_with_neither_form_is_501(self) -> None:
        """No time in it."""
        with_file().say("SITE UTIME f", 501)

    def test_chmod_and_utime_are_events(self) -> None:
        """Each names its sub-verb and the path."""
        dialogue = with_file()
        dialogue.say("SITE CHMOD 640 f", 200)
        dialogue.say("SITE UTIME 202001020304 f", 200)
        seen = [(event.account, event.verb, event.path) for event in dialogue.recorder.of(AttributesChanged)]
        self.assertEqual(seen, [("alice", "SITE CHMOD", "/f"), ("alice", "SITE UTIME", "/f")])

    def test_umask_is_told(self) -> None:
        """In three octal digits."""
        self.assertEqual(with_file().say("SITE UMASK", 200), ["200 Current UMASK is 027"])

    def test_umask_is_set(self) -> None:
        """For what is made from now on."""
        dialogue = with_file()
        dialogue.say("SITE UMASK 077", 200)
        dialogue.say("MKD new", 257)
        self.assertIn("UNIX.mode=0700;", dialogue.say("MLST new", 250)[1])

    def test_umask_beyond_the_mask_tells_the_umask(self) -> None:
        """SITE UMASK grants no bit that SITE CHMOD may not set."""
        dialogue = with_file()
        dialogue.memory.apply(StorageSettings(umask=0o027, uploads=UploadPolicy(chmod_mask=0o775)))
        self.assertEqual(dialogue.say("SITE UMASK 000", 200), ["200 UMASK set to 002"])

    def umask_without_attributes(self) -> Dialogue:
        """A session without the permission to set attributes."""
        rules = Rules(Permissions.ALL & ~Permissions.ATTRIBUTES)
        dialogue = Dialogue(storage=Permitted(MemoryStorage(), rules))
        dialogue.log_in()
        return dialogue

    def test_umask_that_grants_more_needs_attributes(self) -> None:
        """Without SITE CHMOD new files have the modes that the operator has chosen."""
        dialogue = self.umask_without_attributes()
        dialogue.say("SITE UMASK 026", 550)
        self.assertEqual(dialogue.say("SITE UMASK", 200), ["200 Current UMASK is 027"])

    def test_umask_that_grants_less_needs_nothing(self) -> None:
        """A client may protect its files."""
        self.umask_without_attributes().say("SITE UMASK 077", 200)

    def test_umask_of_other_digits_is_501(self) -> None:
        """Octal ones are wanted."""
        with_file().say("SITE UMASK 8", 501)

    def test_idle_is_told(self) -> None:
        """In seconds."""
        self.assertEqual(with_file().say("SITE IDLE", 200), ["200 Current idle timeout is 900 seconds"])

    def test_idle_may_be_lowered(self) -> None:
        """To a second at least."""
        dialogue = with_file()
        dialogue.say("SITE IDLE 1", 200)
        self.assertEqual(dialogue.session.idle_seconds, 1)

    def test_idle_may_be_what_the_operator_allows(self) -> None:
        """The boundary itself."""
        logged_in(settings=SessionSettings(idle_seconds=300)).say("SITE IDLE 300", 200)

    def test_idle_is_never_raised_above(self) -> None:
        """501, and nothing changes."""
        dialogue = logged_in(settings=SessionSettings(idle_seconds=300))
        dialogue.say("SITE IDLE 301", 501)
        self.assertEqual(dialogue.session.idle_seconds, 300)

    def test_idle_of_no_seconds_is_501(self) -> None:
        """The session would end at once."""
        with_file().say("SITE IDLE 0", 501)

    def test_help_has_a_token_for_each_sub_verb(self) -> None:
        """Gvfs looks for CHMOD."""
        words = " ".join(with_file().say("SITE HELP", 214)[1:-1]).split()
        self.assertEqual(words, ["CHMOD", "CPFR", "CPTO", "HELP", "IDLE", "MKDIR", "RMDIR", "UMASK", "UTIME"])

    def test_an_unknown_sub_verb_is_500(self) -> None:
        """RFC 959 section 5.4; SYMLINK too."""
        with_file().say("SITE SYMLINK a b", 500)

    def test_exec_does_not_exist(self) -> None:
        """RFC 2577 section 9."""
        with_file().say("SITE EXEC ls", 500)

    def test_no_sub_verb_is_501(self) -> None:
        """The argument is missing."""
        with_file().say("SITE", 501)

    def test_it_needs_a_login(self) -> None:
        """Like every verb of files."""
        Dialogue().say("SITE HELP", 530)
