"""The rights of an account on their way through the admin socket."""

from __future__ import annotations

import json

from ftpd_service.account import Account
from ftpd_service.admin_socket.told_rights import account_with, rights_of
from ftpd_service.path_rules import Folder, PathRule
from ftpd_service.policy.live_rules import rules_of
from ftpd_service.values import Permissions, VirtualPath
from tests.admin_socket.desk_case import DeskCase, Program
from tests.cases import SynchronousTestCase

ACCOUNT = Account(
    name="alice",
    home="/srv/{name}",
    permissions=Permissions.LIST | Permissions.MAKE_DIRECTORY,
    rules=(
        PathRule(path="/in/**", allow=Permissions.CREATE, id="drop"),
        PathRule(path="**/.ssh", deny=Permissions.ALL),
        PathRule(path="/none", allow=Permissions.NONE),
    ),
    folders=(
        Folder(path=VirtualPath("/a"), host="/srv/a"),
        Folder(
            path=VirtualPath("/b"),
            host="/srv/b",
            permissions=Permissions.READ,
            rules=(PathRule(path="*", deny=Permissions.READ),),
        ),
    ),
    hide=("**/.*",),
    refuse=("*.exe",),
    data_protection_required=True,
)


class RightsTests(SynchronousTestCase):
    """There and back."""

    def back(self, account: Account) -> Account:
        """An account that has passed the socket."""
        return account_with(json.loads(json.dumps(rights_of(account))))

    def test_all_of_them(self) -> None:
        """No right is lost, and none is won."""
        self.assertEqual(self.back(ACCOUNT), ACCOUNT)

    def test_the_least_account(self) -> None:
        """Without rules, folders and a home."""
        self.assertEqual(self.back(Account(name="bob")), Account(name="bob"))

    def test_the_same_decisions(self) -> None:
        """A rule decides as before."""
        path = VirtualPath("/in/x")
        self.assertEqual(rules_of(self.back(ACCOUNT)).allowed(path), rules_of(ACCOUNT).allowed(path))


class VerbTests(DeskCase):
    """``rights``."""

    def test_a_login(self) -> None:
        """The session's row, and the rights of its account."""
        id_, _ = self.add("alice")
        told = Program(self).result("rights", id=id_)
        self.assertEqual((told["session"]["address"], told["rights"]["account"]), ("192.0.2.1", "alice"))
        self.assertEqual(len(told["rights"]["permissions"]), len(Permissions.ALL.words()))

    def test_no_login(self) -> None:
        """Nobody has rights yet."""
        id_, _ = self.add(None)
        self.assertEqual(Program(self).refusal("rights", id=id_), "refused: the session has no login")

    def test_no_such_session(self) -> None:
        """An id that is gone."""
        self.assertEqual(Program(self).refusal("rights", id="s9"), "refused: there is no such session")
