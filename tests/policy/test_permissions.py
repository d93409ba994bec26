"""`ftpd_service.policy.permissions`: which rule allows what at a path, below it, and by another name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.path_rules import Folder, PathRule
from ftpd_service.policy.decisions import MOST_VIEWS, Decision
from ftpd_service.policy.permissions import WHOLE_TREE, Difference, Rules
from ftpd_service.values import ROOT, Permissions, VirtualPath
from tests.cases import SynchronousTestCase

READ, LIST, CREATE, ALL = Permissions.READ, Permissions.LIST, Permissions.CREATE, Permissions.ALL
RENAME, DELETE = Permissions.RENAME, Permissions.DELETE
TWO = READ | LIST


def allow(path: str, permissions: Permissions, id: str | None = None) -> PathRule:
    """A rule that allows."""
    return PathRule(path=path, allow=permissions, id=id)


def deny(path: str, permissions: Permissions, id: str | None = None) -> PathRule:
    """A rule that denies."""
    return PathRule(path=path, deny=permissions, id=id)


def folder(path: str, permissions: Permissions | None = None, *rules: PathRule) -> Folder:
    """A folder of the host."""
    return Folder(path=VirtualPath(path), host="/srv", permissions=permissions, rules=rules)


def rule_at(rules: Rules, path: str) -> str:
    """The id of the rule that decides about a path."""
    return rules.allowed(VirtualPath(path)).rule


def granted(rules: Rules, path: str) -> Permissions:
    """The permissions at a path."""
    return rules.allowed(VirtualPath(path)).permissions


def difference(rules: Rules, source: str, target: str) -> Difference | None:
    """The reason against a rename."""
    return rules.difference(VirtualPath(source), VirtualPath(target))


class TestRules(SynchronousTestCase):
    """Which rule decides."""

    def test_without_rules_the_permissions_decide(self) -> None:
        """Everywhere, by the rule of that name."""
        expected = Decision(permissions=TWO, rule=WHOLE_TREE)
        self.assertEqual([Rules(TWO).allowed(VirtualPath(path)) for path in ("/", "/a/b")], [expected] * 2)

    def test_the_first_match_decides(self) -> None:
        """Later rules and the permissions do not count."""
        rules = Rules(ALL, rules=[allow("/in/**", CREATE, "box"), allow("/**", LIST, "rest")])
        self.assertEqual([rule_at(rules, path) for path in ("/in/x", "/in", "/")], ["box", "rest", WHOLE_TREE])
        self.assertEqual([granted(rules, path) for path in ("/in/x", "/in", "/")], [CREATE, LIST, ALL])

    def test_a_decision_has_the_pattern(self) -> None:
        """For the log and for explain."""
        rules = Rules(ALL, rules=[allow("/in/**", CREATE, "box")])
        self.assertEqual(
            rules.allowed(VirtualPath("/in/x")), Decision(permissions=CREATE, rule="box", pattern="/in/**")
        )

    def test_a_rule_without_an_id_has_its_number(self) -> None:
        """From 1 on."""
        rules = Rules(ALL, rules=[allow("/a", CREATE, "first"), allow("/b", LIST)])
        self.assertEqual(rule_at(rules, "/b"), "2")

    def test_deny_takes_from_the_permissions_of_the_account(self) -> None:
        """And so never grants anything."""
        rules = Rules(TWO, rules=[deny("/a", READ), deny("/b", ALL), deny("/c", DELETE)])
        self.assertEqual([granted(rules, path) for path in ("/a", "/b", "/c")], [LIST, Permissions.NONE, TWO])

    def test_names_differ_in_case(self) -> None:
        """Patterns are case-sensitive."""
        rules = Rules(TWO, rules=[deny("**/.ssh/**", ALL)])
        self.assertEqual([granted(rules, path) for path in ("/a/.ssh/x", "/a/.SSH/x")], [Permissions.NONE, TWO])


class TestFolders(SynchronousTestCase):
    """Which rule decides in a folder."""

    def setUp(self) -> None:
        """A home with one rule, a folder with permissions and a rule, a folder without."""
        self.rules = Rules(
            ALL,
            rules=[deny("**/.ssh/**", READ, "keys")],
            folders=[folder("/shared", TWO, allow("/shared/in/**", CREATE)), folder("/shared/deep"), folder("/own")],
        )

    def test_the_permissions_of_the_folder(self) -> None:
        """From its own place on."""
        found = [rule_at(self.rules, path) for path in ("/shared", "/shared/x", "/sharedx")]
        self.assertEqual(found, ["permissions of /shared", "permissions of /shared", WHOLE_TREE])

    def test_the_rules_of_the_folder_go_first(self) -> None:
        """Also before those of the account."""
        self.assertEqual(rule_at(self.rules, "/shared/in/.ssh/x"), "1 of /shared")

    def test_the_rules_of_the_account_count_too(self) -> None:
        """They are about the whole tree, and deny takes from what the folder has."""
        self.assertEqual(rule_at(self.rules, "/shared/.ssh/x"), "keys")
        self.assertEqual(granted(self.rules, "/shared/.ssh/x"), LIST)

    def test_a_folder_without_permissions(self) -> None:
        """Has those of the account."""
        self.assertEqual((rule_at(self.rules, "/own/x"), granted(self.rules, "/own/x")), (WHOLE_TREE, ALL))

    def test_a_folder_in_a_folder(self) -> None:
        """The innermost counts."""
        self.assertEqual(rule_at(self.rules, "/shared/deep/in/x"), WHOLE_TREE)

    def test_the_place_of_a_folder_is_listed(self) -> None:
        """If the directory above it may be, for its name is there."""
        rules = Rules(TWO, folders=[folder("/box", CREATE)])
        self.assertTrue(rules.inside(ROOT).view("box").listed)
        self.assertFalse(rules.inside(VirtualPath("/box")).view("x").listed)


class TestInside(SynchronousTestCase):
    """The names of a directory."""

    def test_without_rules_all_names_are_alike(self) -> None:
        """A listing asks once."""
        alike = Rules(TWO).inside(VirtualPath("/a")).alike
        assert alike is not None
        self.assertEqual((alike.file, alike.directory, alike.listed), (TWO, TWO, True))

    def test_a_rule_about_another_directory_distinguishes_no_name(self) -> None:
        """Nor does a rule about all names below this directory."""
        rules = Rules(TWO, rules=[allow("/in/**", CREATE)])
        self.assertIsNotNone(rules.inside(VirtualPath("/out")).alike)
        self.assertIsNotNone(rules.inside(VirtualPath("/in")).alike)

    def test_a_rule_about_a_name_distinguishes_it(self) -> None:
        """And the name above what the rule is about, for the facts of that directory."""
        rules = Rules(TWO, rules=[allow("/in/**", CREATE)])
        self.assertIsNone(rules.inside(ROOT).alike)
        self.assertEqual(rules.inside(ROOT).view("in").directory, TWO | CREATE)

    def test_names_that_may_not_be_listed_are_left_out(self) -> None:
        """A listing tells of a name what LIST of the name itself tells."""
        listed = Rules(TWO, rules=[deny("*.key", LIST)]).inside(ROOT).listed()
        assert listed is not None
        self.assertEqual([listed(name) for name in ("a.key", "a")], [False, True])

    def test_hidden_names_are_left_out(self) -> None:
        """At any depth."""
        rules = Rules(TWO, hide=["**/.*"])
        views = [rules.inside(VirtualPath(path)).view(name) for path in ("/", "/a") for name in (".x", "x")]
        self.assertEqual([view.listed for view in views], [False, True] * 2)

    @given(data=st.data())
    def test_a_directory_tells_what_its_names_tell(self, data: st.DataObject) -> None:
        """The view of a name in a directory is that of its path."""
        rules, path, name = some_rules(data), some_path(data), data.draw(st.sampled_from(NAMES))
        below = VirtualPath(f"/{name}" if path == ROOT else f"{path}/{name}")
        inside = rules.inside(path)
        self.assertEqual(inside.view(name).file, rules.view(below).file)
        self.assertEqual(inside.view(name).directory, rules.view(below).directory)
        if inside.alike is not None:
            self.assertEqual(inside.view(name), inside.alike)


class TestViews(SynchronousTestCase):
    """What is remembered of the names of directories."""

    def test_the_cache_is_bounded(self) -> None:
        """However many sets of rules the names of clients lead to."""
        rules = Rules(TWO, rules=[allow(f"*{letter}*", TWO) for letter in "abcdefghijk"])
        inside = rules.inside(ROOT)
        names = ["".join(c for bit, c in enumerate("abcdefghijk") if number >> bit & 1) for number in range(1, 2000)]
        self.assertTrue(all(inside.view(name).listed for name in names))
        self.assertLessEqual(len(rules.inside(ROOT)._zone._views), MOST_VIEWS)


class TestHidden(SynchronousTestCase):
    """Patterns of names that are hidden or refused."""

    def test_what_is_below_a_hidden_name_is_hidden(self) -> None:
        """The pattern is told."""
        rules = Rules(ALL, hide=["/x", "**/.*"])
        paths = ("/.git", "/a/.git/config", "/a/git", "/x/y", "/")
        found = [rules.hiding(VirtualPath(path)) for path in paths]
        self.assertEqual(found, ["**/.*", "**/.*", None, "/x", None])

    def test_what_is_below_a_refused_name_is_not_refused(self) -> None:
        """The pattern is of the name that is made."""
        rules = Rules(ALL, refuse=["*.exe"])
        self.assertEqual(
            [rules.refusing(VirtualPath(path)) for path in ("/a.exe", "/d/a.exe", "/a.exe/b")], ["*.exe", "*.exe", None]
        )


class TestDifference(SynchronousTestCase):
    """What stands against a rename."""

    def test_without_rules_nothing_does(self) -> None:
        """All paths are alike."""
        self.assertIsNone(difference(Rules(ALL), "/a", "/b/c"))

    def test_an_entry_may_not_gain_permissions(self) -> None:
        """Else a rename would get round the rule; the old name's rule is told."""
        rules = Rules(ALL, rules=[allow("/in/**", CREATE | RENAME, "box")])
        found = difference(rules, "/in/x", "/x")
        assert found is not None
        self.assertEqual((found.rule, READ in found.missing, found.below), ("box", True, False))

    def test_an_entry_may_lose_permissions(self) -> None:
        """Below it nothing differs."""
        rules = Rules(ALL, rules=[deny("/in/*", DELETE)])
        self.assertIsNone(difference(rules, "/x", "/in/x"))

    def test_permissions_to_make_something_do_not_count(self) -> None:
        """An entry cannot gain them."""
        self.assertIsNone(difference(Rules(RENAME, rules=[allow("/in/x", RENAME | CREATE)]), "/x", "/in/x"))

    def test_rules_below_a_directory_differ(self) -> None:
        """The first rule that differs is told."""
        rules = Rules(ALL, rules=[deny("/a/private/**", READ, "private")])
        self.assertEqual(difference(rules, "/a", "/b"), Difference(rule="private", below=True))
        self.assertEqual(difference(rules, "/b", "/a"), Difference(rule="private", below=True))

    def test_rules_of_names_are_alike_everywhere(self) -> None:
        """A directory may be renamed."""
        rules = Rules(ALL, rules=[deny("**/.ssh/**", ALL), deny("*.exe", ALL)], hide=["**/.*"], refuse=["*.bat"])
        self.assertIsNone(difference(rules, "/a", "/b/c"))

    def test_a_rename_out_of_a_rule_of_names(self) -> None:
        """The directory loses the name by which the rule holds."""
        rules = Rules(ALL, rules=[deny("**/.ssh/**", ALL, "keys")])
        self.assertEqual(difference(rules, "/.ssh", "/ssh"), Difference(rule="keys", below=True))

    def test_rules_with_the_same_set_are_alike(self) -> None:
        """Though they are two rules."""
        rules = Rules(ALL, rules=[allow("/a/**", TWO | RENAME), allow("/b/**", TWO | RENAME)])
        self.assertIsNone(difference(rules, "/a/x", "/b/x"))

    def test_a_rule_that_changes_nothing_is_no_difference(self) -> None:
        """Its set is that of the rest."""
        self.assertIsNone(difference(Rules(ALL, rules=[allow("/a/**", ALL)]), "/a/x", "/b"))

    def test_hidden_names_below_differ(self) -> None:
        """They would become visible."""
        rules = Rules(ALL, hide=["/a/secret"])
        self.assertEqual(difference(rules, "/a", "/b"), Difference(rule="hide", below=True))

    def test_refused_names_below_differ(self) -> None:
        """They could be made elsewhere, and moved."""
        rules = Rules(ALL, refuse=["/web/*.php"])
        self.assertEqual(difference(rules, "/b", "/web"), Difference(rule="refuse", below=True))

    @given(data=st.data())
    def test_no_difference_means_that_all_below_is_alike(self, data: st.DataObject) -> None:
        """For every name at any depth."""
        rules, source, target = some_rules(data), some_path(data), some_path(data)
        below = "".join(f"/{name}" for name in data.draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4)))
        found = rules.difference(source, target)
        if source == ROOT or target == ROOT or (found is not None and found.below):
            return
        one, other = VirtualPath(source + below), VirtualPath(target + below)
        if found is None:
            self.assertEqual(rules.allowed(one).permissions, rules.allowed(other).permissions)
            self.assertEqual(rules.hiding(one) is None, rules.hiding(other) is None)
            self.assertEqual(rules.refusing(one) is None, rules.refusing(other) is None)


NAMES = ["a", "b", "ab", "c"]
PATTERNS = [
    *("/a", "/a/**", "/a/b", "/a/*/b", "**/b/**", "a*", "*b", "/**", "/**/a/**/b", "/b/**", "/a/b/**", "/?", "/c/*"),
]
SETS = st.sampled_from([TWO | RENAME, ALL, RENAME, LIST | RENAME])


def some_rules(data: st.DataObject) -> Rules:
    """Any rules over few names."""
    patterns = st.lists(st.sampled_from(PATTERNS), max_size=3)
    rules = [allow(text, data.draw(SETS)) for text in data.draw(patterns)]
    few = st.lists(st.sampled_from(PATTERNS), max_size=1)
    return Rules(data.draw(SETS), rules=rules, hide=data.draw(few), refuse=data.draw(few))


def some_path(data: st.DataObject) -> VirtualPath:
    """Any path over few names."""
    return VirtualPath("/" + "/".join(data.draw(st.lists(st.sampled_from(NAMES), max_size=3))))


class TestDecision(SynchronousTestCase):
    """`Decision.permits`."""

    def setUp(self) -> None:
        self.decision = Decision(permissions=TWO, rule=WHOLE_TREE)

    def test_nothing(self) -> None:
        """Is always permitted."""
        self.assertTrue(self.decision.permits(Permissions.NONE))

    def test_all_of_them(self) -> None:
        """Are permitted, alone and together."""
        self.assertEqual([self.decision.permits(wanted) for wanted in (READ, TWO)], [True, True])

    def test_one_more(self) -> None:
        """Is not, though the others are."""
        self.assertFalse(self.decision.permits(TWO | DELETE))

    def test_another(self) -> None:
        """Is not permitted."""
        self.assertFalse(self.decision.permits(DELETE))

    def test_no_permission_at_all(self) -> None:
        """Permits none."""
        self.assertFalse(Decision(permissions=Permissions.NONE, rule=WHOLE_TREE).permits(LIST))
