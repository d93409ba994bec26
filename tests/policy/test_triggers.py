"""The conditions of rules, and which rules an event fires."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger
from ftpd_service.policy.triggers import Condition, HookRule, HookRules
from ftpd_service.reasons import UploadGrade
from ftpd_service.values import VirtualPath
from tests.cases import SynchronousTestCase

UPLOADED = HookEvent(
    id="e1",
    trigger=HookTrigger.UPLOADED,
    time=0.0,
    origin=HookOrigin(node="n", session="s", account="alice", group="g", address="10.1.2.3", listener="tcp:21"),
    path=VirtualPath("/in/a.txt"),
    size=10,
    grade=UploadGrade.PROVED,
    outcome="complete",
)


class ConditionTests(SynchronousTestCase):
    """Each condition alone."""

    def failing(self, **conditions: object) -> str | None:
        """The key that the upload does not meet."""
        return Condition(**conditions).failing(UPLOADED)  # type: ignore[arg-type]  # each test gives the right type

    def test_without_conditions_every_event_fires(self) -> None:
        """An empty `when` is no condition."""
        self.assertIsNone(self.failing())

    def test_names(self) -> None:
        """One of the names of a condition suffices."""
        self.assertIsNone(self.failing(accounts=("bob", "alice"), groups=("g",), listeners=("tcp:21",)))
        wrong = [self.failing(accounts=("bob",)), self.failing(groups=("h",)), self.failing(listeners=("tcp:22",))]
        self.assertEqual(wrong, ["account", "group", "listener"])

    def test_paths(self) -> None:
        """One of the patterns suffices."""
        self.assertIsNone(self.failing(paths=("/out/**", "*.txt")))
        self.assertEqual(self.failing(paths=("/out/**", "*.csv")), "path")

    def test_a_rename_meets_a_pattern_by_either_path(self) -> None:
        """The former path counts too, as a file has left its place."""
        renamed = replace(UPLOADED, path=VirtualPath("/out/b"), from_path=VirtualPath("/in/a"))
        looks = [Condition(paths=(text,)).failing(renamed) for text in ("/in/**", "/out/**", "/else/**")]
        self.assertEqual(looks, [None, None, "path"])

    def test_a_banned_network(self) -> None:
        """It meets the condition if all of its addresses do."""
        condition = Condition(networks=(ip_network("10.1.0.0/16"),))
        addresses = ("10.1.2.0/24", "10.1.0.0/16", "10.0.0.0/8", "10.2.0.0/24", "2001:db8::/64")
        met = [
            condition.failing(replace(UPLOADED, origin=replace(UPLOADED.origin, address=address))) is None
            for address in addresses
        ]
        self.assertEqual(met, [True, True, False, False, False])

    def test_sizes(self) -> None:
        """Both bounds belong to the range."""
        self.assertIsNone(self.failing(min_size=10, max_size=10))
        self.assertEqual((self.failing(min_size=11), self.failing(max_size=9)), ("min_size", "max_size"))

    def test_an_event_without_a_fact_meets_no_condition_about_it(self) -> None:
        """A login has neither path nor size nor grade."""
        login = HookEvent(id="e", trigger=HookTrigger.LOGIN, time=0.0, origin=HookOrigin(node="n"))
        conditions = (
            *(Condition(paths=("**",)), Condition(min_size=0), Condition(max_size=9)),
            *(Condition(grades=(UploadGrade.PROVED,)), Condition(networks=(ip_network("0.0.0.0/0"),))),
            *(Condition(accounts=("a",)), Condition(outcomes=("x",))),
        )
        self.assertNotIn(None, [condition.failing(login) for condition in conditions])

    def test_grades_and_outcomes(self) -> None:
        """Words of an upload's end."""
        self.assertIsNone(self.failing(grades=(UploadGrade.PROVED, UploadGrade.LIKELY), outcomes=("complete",)))
        wrong = [self.failing(grades=(UploadGrade.LIKELY,)), self.failing(outcomes=("else",))]
        self.assertEqual(wrong, ["grade", "outcome"])

    def test_networks(self) -> None:
        """The client's address counts, with a zone or without."""
        self.assertIsNone(self.failing(networks=(ip_network("10.0.0.0/8"),)))
        self.assertEqual(self.failing(networks=(ip_network("192.0.2.0/24"),)), "network")
        local = replace(UPLOADED, origin=replace(UPLOADED.origin, address="fe80::1%eth0"))
        self.assertIsNone(Condition(networks=(ip_network("fe80::/10"),)).failing(local))

    def test_before_the_first_byte_only_what_is_known_counts(self) -> None:
        """Size, grade and outcome may still become right."""
        unknown = Condition(min_size=11, grades=(UploadGrade.LIKELY,), outcomes=("else",))
        self.assertTrue(unknown.may_concern(UPLOADED))
        self.assertFalse(Condition(min_size=11, paths=("/out/**",)).may_concern(UPLOADED))


class RulesTests(SynchronousTestCase):
    """Rules of a configuration."""

    def setUp(self) -> None:
        """Three rules."""
        both = frozenset({HookTrigger.UPLOADED, HookTrigger.DELETED})
        self.rules = HookRules(
            [
                HookRule(id="z", on=both),
                HookRule(id="bob", on=both, when=Condition(accounts=("bob",))),
                HookRule(id="login", on=frozenset({HookTrigger.LOGIN})),
                HookRule(id="a", on=frozenset({HookTrigger.UPLOADED})),
            ]
        )

    def test_rules_fire_in_the_order_of_the_file(self) -> None:
        """All that match, not the first alone."""
        self.assertEqual(self.rules.matching(UPLOADED), ("z", "a"))

    def test_events_that_no_rule_is_about_are_not_wanted(self) -> None:
        """So they need not be made."""
        wanted = [trigger for trigger in HookTrigger if self.rules.wants(trigger)]
        self.assertEqual(wanted, [HookTrigger.UPLOADED, HookTrigger.DELETED, HookTrigger.LOGIN])

    def test_an_explanation_names_the_keys_that_do_not_fit(self) -> None:
        """For each rule, in the order of the file."""
        told = [(rule.id, keys) for rule, keys in self.rules.explained(UPLOADED)]
        self.assertEqual(told, [("z", ()), ("bob", ("account",)), ("login", ("on",)), ("a", ())])

    def test_all_conditions_that_an_event_does_not_meet(self) -> None:
        """Not only the first of them."""
        condition = Condition(accounts=("bob",), groups=("g",), min_size=11)
        self.assertEqual(condition.unmet(UPLOADED), ("account", "min_size"))
