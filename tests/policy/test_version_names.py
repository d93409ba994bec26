"""The rules of an account about former files."""

from __future__ import annotations

from ftpd_service.path_rules import PathRule
from ftpd_service.policy.permissions import Rules
from ftpd_service.policy.version_names import original_of
from ftpd_service.values import Permissions, VirtualPath
from tests.cases import SynchronousTestCase

ALL = Permissions.ALL
VERSION = VirtualPath("/in/.versions/a.key.~2~")


def rules(*given: PathRule, hide: tuple[str, ...] = ()) -> Rules:
    """The rules of an account that may do everything else."""
    return Rules(ALL, rules=given, hide=hide)


class OriginalTests(SynchronousTestCase):
    """`original_of`."""

    def test_a_version(self) -> None:
        """Its file is in the directory above."""
        self.assertEqual(original_of(VERSION), "/in/a.key")
        self.assertEqual(original_of(VirtualPath("/.versions/a.~10~.~1~")), "/a.~10~")

    def test_other_names(self) -> None:
        """In another directory, without a number, or deeper."""
        for path in ("/in/a.~1~", "/.versions/a.~0~", "/.versions/a~", "/.versions/d/a.~1~", "/.versions/.~1~"):
            self.assertIsNone(original_of(VirtualPath(path)), path)


class VersionRulesTests(SynchronousTestCase):
    """`Rules`: a former file is the file that it was, too."""

    def test_a_permission_that_the_file_lacks(self) -> None:
        """Its versions lack it, and the rule of the file is named."""
        denied = rules(PathRule(path="*.key", deny=Permissions.READ, id="keys"))
        decision = denied.allowed(VERSION)
        self.assertEqual((decision.permissions, decision.rule), (ALL & ~Permissions.READ, "keys"))
        self.assertNotIn(Permissions.READ, denied.view(VERSION).file)

    def test_a_permission_that_versions_lack(self) -> None:
        """A rule of their own directory holds, too."""
        denied = rules(PathRule(path="**/.versions/**", deny=Permissions.DELETE))
        self.assertEqual(denied.allowed(VERSION).permissions, ALL & ~Permissions.DELETE)

    def test_a_hidden_file(self) -> None:
        """Its versions are hidden, also in the listing of their directory."""
        hidden = rules(hide=("*.key",))
        self.assertEqual(hidden.hiding(VERSION), "*.key")
        inside = hidden.inside(VirtualPath("/in/.versions"))
        self.assertEqual([inside.view(name).listed for name in ("a.key.~2~", "b.txt.~1~")], [False, True])
        self.assertIsNone(inside.alike)

    def test_a_pattern_of_a_single_directory(self) -> None:
        """Versions are one directory deeper."""
        denied = rules(PathRule(path="/in/*", allow=Permissions.LIST))
        self.assertEqual(denied.allowed(VERSION).permissions, Permissions.LIST)

    def test_the_directory_under_another_name(self) -> None:
        """The rules of the files would not hold there."""
        denied = rules(PathRule(path="*.key", deny=Permissions.READ))
        found = denied.difference(VirtualPath("/in/.versions"), VirtualPath("/in/old"))
        self.assertTrue(found is not None and found.below)

    def test_a_version_under_another_name(self) -> None:
        """It would gain what its file lacks."""
        denied = rules(PathRule(path="*.key", deny=Permissions.READ, id="keys"))
        found = denied.difference(VERSION, VirtualPath("/in/free"))
        self.assertTrue(found is not None and found.missing is Permissions.READ)
