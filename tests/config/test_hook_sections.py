"""The section ``hooks``: what its rules come to, and their mistakes by line."""

from __future__ import annotations

import os
from ipaddress import ip_network

from ftpd_service.config.load import inspected, load
from ftpd_service.hook_events import HookTrigger
from ftpd_service.hooks.settings import HooksSettings, HttpAction, ProgramAction, WhenFull
from ftpd_service.policy.triggers import Condition
from ftpd_service.reasons import UploadGrade
from tests.config.files import FileTestCase

DO = "do: [{program: [/bin/true]}]"


class HookSectionTests(FileTestCase):
    """The keys of a right file."""

    def hooks(self, rules: str, keys: str = "") -> HooksSettings:
        """The settings of a file with these rules."""
        return self.loaded(f"database: 'sqlite:///x.db'\nhooks: {{rules: [{rules}]{keys}}}\n").hooks

    def test_a_rule(self) -> None:
        """One event and one action, and no condition."""
        (rule,) = self.hooks(f"{{id: a, on: uploaded, {DO}}}").rules
        self.assertEqual((rule.rule.id, rule.rule.on), ("a", frozenset({HookTrigger.UPLOADED})))
        self.assertEqual((rule.rule.when, rule.actions), (Condition(), (ProgramAction(command=("/bin/true",)),)))

    def test_values_and_lists(self) -> None:
        """Each condition takes a value or a list."""
        single = "account: a, group: g, path: /in, grade: likely, listener: 'tcp:21', network: 10.0.0.0/8, outcome: x"
        several = (
            "account: [a], group: [g], path: [/in], grade: [likely], listener: ['tcp:21'], network: [10.0.0.0/8], "
            "outcome: [x]"
        )
        expected = Condition(
            accounts=("a",),
            groups=("g",),
            paths=("/in",),
            grades=(UploadGrade.LIKELY,),
            listeners=("tcp:21",),
            networks=(ip_network("10.0.0.0/8"),),
            outcomes=("x",),
        )
        told = [self.hooks(f"{{id: a, on: [login], when: {{{text}}}, {DO}}}") for text in (single, several)]
        self.assertEqual([one.rules[0].rule.when for one in told], [expected, expected])

    def test_actions_keep_their_order(self) -> None:
        """Each waits for the one before it."""
        (rule,) = self.hooks("{id: a, on: login, do: [{http: 'https://h/'}, {program: [/bin/true]}]}").rules
        self.assertEqual([type(action) for action in rule.actions], [HttpAction, ProgramAction])

    def test_what_happens_to_a_full_outbox(self) -> None:
        """The keys beside the rules."""
        hooks = self.hooks("", ", backlog: 7, when_full: drop, concurrency: 2")
        self.assertEqual((hooks.backlog, hooks.when_full, hooks.concurrency), (7, WhenFull.DROP, 2))


class MistakeTests(FileTestCase):
    """Each mistake is told at its line."""

    def mistake(self, *lines: str, database: bool = True) -> tuple[int, str, str]:
        """The line, the key and the text of the only mistake; the rule begins in line 3."""
        first = "database: 'sqlite:///x.db'" if database else "limits: {sessions: 5}"
        above = f"{first}\nhooks:\n  rules:\n"
        problem = self.problem(above + "".join(f"    {line}\n" for line in lines))
        assert problem.line is not None
        return problem.line, problem.path, problem.text

    def rule(self, keys: str) -> tuple[int, str, str]:
        """The mistake of a rule with these keys in line 5."""
        return self.mistake("- id: a", f"  {keys}")

    def test_an_unknown_event(self) -> None:
        """The text lists all events."""
        line, path, text = self.rule(f"on: arrived\n      {DO}")
        self.assertEqual((line, path), (5, "hooks.rules[0].on"))
        self.assertIn("uploaded, downloaded", text)

    def test_a_bad_pattern(self) -> None:
        """As in the rules of accounts."""
        line, path, _ = self.rule(f"on: uploaded\n      when: {{path: 'in/../x'}}\n      {DO}")
        self.assertEqual((line, path), (6, "hooks.rules[0].when.path"))

    def test_an_unknown_grade(self) -> None:
        """An aborted upload is no event."""
        line, path, _ = self.rule(f"on: uploaded\n      when: {{grade: aborted}}\n      {DO}")
        self.assertEqual((line, path), (6, "hooks.rules[0].when.grade"))

    def test_an_unknown_condition(self) -> None:
        """It would be ignored."""
        line, path, _ = self.rule(f"on: uploaded\n      when: {{size: 5}}\n      {DO}")
        self.assertEqual((line, path), (6, "hooks.rules[0].when.size"))

    def test_no_action(self) -> None:
        """A rule without `do`, or with an empty list, does nothing."""
        told = [self.rule("on: uploaded")[1], self.rule("on: uploaded\n      do: []")[1]]
        self.assertEqual(told, ["hooks.rules[0].do", "hooks.rules[0].do"])

    def test_an_action_of_no_kind(self) -> None:
        """The text lists the kinds."""
        line, path, text = self.rule("on: uploaded\n      do: [{timeout: 5s}]")
        self.assertEqual((line, path), (6, "hooks.rules[0].do[0]"))
        self.assertIn("http, program", text)

    def test_two_kinds_in_an_action(self) -> None:
        """They are two actions."""
        _, path, text = self.rule("on: uploaded\n      do: [{program: [/bin/true], http: 'https://h/'}]")
        self.assertEqual(path, "hooks.rules[0].do[0]")
        self.assertIn("found program and http", text)

    def test_a_url_without_a_scheme(self) -> None:
        """It is told with an example."""
        line, path, text = self.rule("on: uploaded\n      do: [{http: hooks.example.net/ftp}]")
        self.assertEqual((line, path), (6, "hooks.rules[0].do[0].http"))
        self.assertIn("https://", text)

    def test_the_same_id_twice(self) -> None:
        """Rows of the outbox name their rule by it."""
        one = f"- {{id: a, on: login, {DO}}}"
        _, path, text = self.mistake(one, one)
        self.assertEqual(path, "hooks.rules")
        self.assertIn("two entries have the id a", text)

    def test_a_bad_id(self) -> None:
        """It stands in the log and in metrics."""
        line, path, _ = self.mistake(f"- {{id: 'a b', on: login, {DO}}}")
        self.assertEqual((line, path), (4, "hooks.rules[0].id"))

    def test_rules_without_a_database(self) -> None:
        """The text names the section."""
        line, path, text = self.mistake(f"- {{id: a, on: login, {DO}}}", database=False)
        self.assertEqual((line, path), (3, "hooks.rules"))
        self.assertIn("needs the section database", text)


class HostTests(FileTestCase):
    """Remarks of ``--check`` about this host."""

    def test_a_secret_that_everybody_may_read(self) -> None:
        """Others could sign requests."""
        os.chmod(self.write("secret", "hooks.secret"), 0o644)
        rule = "{id: a, on: login, do: [{program: [/bin/true]}, {http: 'https://h/', secret_file: hooks.secret}]}"
        path = self.write(f"database: 'sqlite:///x.db'\nhooks:\n  rules:\n    - {rule}\n")
        os.chmod(path, 0o600)
        (line,) = inspected(path, load(path, {}))
        self.assertIn(":4: hooks.rules[0].do[1].secret_file: ", line)
        self.assertIn("chmod o-rwx", line)
