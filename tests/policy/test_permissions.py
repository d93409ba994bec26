"""`ftpd_service.policy.permissions`: which rule allows what."""

from __future__ import annotations

from ftpd_service.policy.permissions import WHOLE_TREE, Decision, Rules
from ftpd_service.values import ROOT, Permissions, VirtualPath
from tests.cases import SynchronousTestCase

TWO = Permissions.READ | Permissions.LIST


class TestRules(SynchronousTestCase):
    """One set of permissions for the whole tree."""

    def test_the_root(self) -> None:
        """The account's permissions, by the rule of that name."""
        self.assertEqual(Rules(TWO).allowed(ROOT), Decision(permissions=TWO, rule=WHOLE_TREE))

    def test_a_path_below(self) -> None:
        """The same."""
        self.assertEqual(Rules(TWO).allowed(VirtualPath("/a/b")), Rules(TWO).allowed(ROOT))

    def test_all_names_of_a_directory(self) -> None:
        """Are allowed the same."""
        self.assertEqual(Rules(TWO).below(VirtualPath("/a")), Rules(TWO).allowed(VirtualPath("/a/b")))


class TestDecision(SynchronousTestCase):
    """`Decision.permits`."""

    def setUp(self) -> None:
        self.decision = Decision(permissions=TWO, rule=WHOLE_TREE)

    def test_nothing(self) -> None:
        """Is always permitted."""
        self.assertTrue(self.decision.permits(Permissions.NONE))

    def test_one_of_them(self) -> None:
        """Is permitted."""
        self.assertTrue(self.decision.permits(Permissions.READ))

    def test_all_of_them(self) -> None:
        """Are permitted together."""
        self.assertTrue(self.decision.permits(TWO))

    def test_one_more(self) -> None:
        """Is not, though the others are."""
        self.assertFalse(self.decision.permits(TWO | Permissions.DELETE))

    def test_another(self) -> None:
        """Is not permitted."""
        self.assertFalse(self.decision.permits(Permissions.DELETE))

    def test_no_permission_at_all(self) -> None:
        """Permits none."""
        self.assertFalse(Decision(permissions=Permissions.NONE, rule=WHOLE_TREE).permits(Permissions.LIST))
