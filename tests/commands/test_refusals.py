"""What the operator is told of refused commands: who, from where, at which path, and what was missing."""

from __future__ import annotations

from ftpd_service import errors
from ftpd_service.events import Refused
from ftpd_service.policy.permissions import Rules
from ftpd_service.session.settings import SessionSettings
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import Permissions
from tests.cases import SynchronousTestCase


def limited(permissions: Permissions) -> Dialogue:
    """A session of alice, who may do some things in a tree with ``/in/f``, and stands in ``/in``."""
    memory = MemoryStorage(now=lambda: 0.0)
    dialogue = Dialogue(storage=Permitted(memory, Rules(permissions)))
    memory.put_directory("/in")
    memory.put("/in/f", b"content")
    dialogue.log_in()
    dialogue.say("CWD /in", 250)
    return dialogue


def refused(dialogue: Dialogue) -> Refused:
    """The last refusal."""
    return dialogue.recorder.of(Refused)[-1]


class RefusalTests(SynchronousTestCase):
    """The event of a refusal."""

    def test_the_missing_permission_and_the_rule_are_told(self) -> None:
        """By the configuration's words."""
        dialogue = limited(Permissions.LIST)
        dialogue.say("MKD new", 550)
        self.assertEqual(
            refused(dialogue).reason,
            "Permission denied: the account lacks the permission make-directory (rule permissions)",
        )
        self.assertEqual(refused(dialogue).rule, "permissions")

    def test_without_a_rule_there_is_no_rule(self) -> None:
        """The file is missing, whoever asks."""
        dialogue = limited(Permissions.ALL)
        dialogue.say("SIZE missing", 550)
        self.assertIsNone(refused(dialogue).rule)

    def test_account_and_address_are_told(self) -> None:
        """The account's name, and where the client is."""
        dialogue = limited(Permissions.LIST)
        dialogue.say("MKD new", 550)
        self.assertEqual((refused(dialogue).account, str(refused(dialogue).peer.address)), ("alice", "192.0.2.1"))

    def test_the_path_is_absolute(self) -> None:
        """Where the client stands is not to be searched for in the log."""
        dialogue = limited(Permissions.LIST)
        dialogue.say("MKD ../new", 550)
        self.assertEqual((refused(dialogue).argument, refused(dialogue).path), ("../new", "/new"))

    def test_the_path_of_a_new_directory_is_told(self) -> None:
        """Not that of its parent."""
        dialogue = limited(Permissions.ALL)
        dialogue.say("MKD .ftpd-x", 553)
        self.assertEqual(refused(dialogue).path, "/in/.ftpd-x")

    def test_the_path_of_a_missing_file_is_told(self) -> None:
        """Not only that of a missing permission."""
        dialogue = limited(Permissions.ALL)
        dialogue.say("SIZE g", 550)
        self.assertEqual((refused(dialogue).path, refused(dialogue).reason[:10]), ("/in/g", "No such fi"))

    def test_the_path_that_lacks_the_permission_is_told(self) -> None:
        """RNTO has two, and here it would replace a file at its second."""
        dialogue = limited(Permissions.ALL & ~Permissions.OVERWRITE)
        dialogue.say("MKD g", 257)
        dialogue.say("RNFR g", 350)
        dialogue.say("RNTO f", 553)
        self.assertEqual(refused(dialogue).path, "/in/f")

    def test_the_path_of_the_command_before_is_not_told(self) -> None:
        """A verb without a path has none."""
        dialogue = limited(Permissions.ALL)
        dialogue.say("SIZE g", 550)
        dialogue.say("TYPE X", 504)
        self.assertIsNone(refused(dialogue).path)

    def test_a_storage_without_any_permission(self) -> None:
        """An account with ``permissions: none``."""
        dialogue = Dialogue(storage=Permitted(MemoryStorage(now=lambda: 0.0), Rules(Permissions.NONE)))
        dialogue.log_in()
        dialogue.say("CWD /", 550)
        self.assertIn("the account lacks every permission (rule permissions)", refused(dialogue).reason)

    def test_the_operating_systems_refusal_says_whose_rights_lack(self) -> None:
        """They are those of the service's user, not of the account."""
        dialogue = Dialogue(storage=Failing(errors.PermissionDenied("EACCES")))
        dialogue.log_in()
        dialogue.say("DELE f", 550)
        self.assertEqual(
            refused(dialogue).reason,
            "Permission denied: the operating system forbids it to the user of the service (EACCES)",
        )

    def test_before_the_login(self) -> None:
        """What the client was told says it all."""
        dialogue = Dialogue()
        dialogue.say("STOR f", 530)
        self.assertEqual(
            (refused(dialogue).account, refused(dialogue).reason), (None, "Please login with USER and PASS")
        )

    def test_a_disabled_verb_names_its_setting(self) -> None:
        """The reply does not."""
        dialogue = Dialogue()
        dialogue.say("AUTH TLS", 502)
        self.assertEqual(refused(dialogue).reason, "Command not implemented: the listener has tls: off")

    def test_active_mode_names_its_setting(self) -> None:
        """The same for PORT."""
        dialogue = Dialogue(settings=SessionSettings(active=False))
        dialogue.log_in()
        dialogue.say("PORT 192,0,2,1,200,0", 502)
        self.assertEqual(refused(dialogue).reason, "Active mode is off: data_connections.active is false")

    def test_a_wrong_argument_is_told_once(self) -> None:
        """The reply has the text of the error already."""
        dialogue = limited(Permissions.ALL)
        dialogue.say("TYPE X", 504)
        self.assertNotIn(":", refused(dialogue).reason)

    def test_a_secret_is_not_told(self) -> None:
        """Stars stand for it."""
        dialogue = Dialogue()
        dialogue.say("PASS hunter2", 503)
        self.assertEqual(refused(dialogue).argument, "****")


class Failing(MemoryStorage):
    """A storage whose files cannot be removed."""

    def __init__(self, problem: Exception) -> None:
        super().__init__(now=lambda: 0.0)
        self._problem = problem

    async def remove_file(self, path: object) -> None:
        raise self._problem
