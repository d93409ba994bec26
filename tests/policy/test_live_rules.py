"""`ftpd_service.policy.live_rules`: the rules of the record in force, compiled once."""

from __future__ import annotations

from ftpd_service.account import Account, LiveAccount
from ftpd_service.path_rules import Folder, PathRule
from ftpd_service.policy.live_rules import LiveRules, rules_of
from ftpd_service.values import Permissions, VirtualPath
from tests.cases import SynchronousTestCase

BOX = PathRule(path="/in/**", allow=Permissions.CREATE, id="drop-box")


class LiveRulesTests(SynchronousTestCase):
    """`LiveRules`."""

    def test_a_changed_record_counts(self) -> None:
        """At the next path."""
        live = LiveAccount(Account(name="alice"))
        rules = LiveRules(live)
        before = rules.current().allowed(VirtualPath("/in/x")).rule
        live.account = Account(name="alice", rules=(BOX,))
        self.assertEqual((before, rules.current().allowed(VirtualPath("/in/x")).rule), ("permissions", "drop-box"))

    def test_nothing_is_compiled_while_the_record_stays(self) -> None:
        """Each path would pay for it."""
        rules = LiveRules(LiveAccount(Account(name="alice", rules=(BOX,))))
        self.assertIs(rules.current(), rules.current())

    def test_accounts_with_the_same_rules_share_them(self) -> None:
        """A thousand sessions hold one object."""
        one, other = Account(name="alice", home="/a", rules=(BOX,)), Account(name="bob", rules=(BOX,))
        self.assertIs(rules_of(one), rules_of(other))

    def test_every_key_counts(self) -> None:
        """Two accounts that differ in one of them differ in their rules."""
        accounts = [
            Account(name="a"),
            Account(name="a", permissions=Permissions.ALL),
            Account(name="a", rules=(BOX,)),
            Account(name="a", folders=(Folder(path=VirtualPath("/in"), host="/srv"),)),
            Account(name="a", hide=("*.x",)),
            Account(name="a", refuse=("*.x",)),
        ]
        self.assertEqual(len({id(rules_of(account)) for account in accounts}), len(accounts))
