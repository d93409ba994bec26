"""``ftpd-service events explain``: which rules an event fires, and why others do not."""

from __future__ import annotations

import json

from tests.admin.commands import CommandCase

FILE = """
listeners:
  - endpoint: "tcp:2121:interface=127.0.0.1"
database: sqlite:///ftpd.db
groups: {customers: {home: /srv}}
accounts:
  alice: {password: "{plain}secret", group: customers}
hooks:
  rules:
    - id: notify
      on: uploaded
      when: {path: "/in/**", group: customers}
      do:
        - http: "https://hooks.example.net/ftp?token=secret"
        - program: [/usr/bin/import, --password=secret]
    - {id: large, on: [uploaded, deleted], when: {min_size: 1MiB, account: bob}, do: [{program: [/bin/true]}]}
    - {id: guess, on: login_failed, when: {network: 192.0.2.0/24, outcome: wrong}, do: [{program: [/bin/true]}]}
    - {id: poor, on: uploaded, when: {grade: doubtful}, do: [{program: [/bin/true]}]}
"""

STAGES = """
  verdicts:
    - {id: scan, clamd: /run/clamav/clamd.ctl, when: {path: "/in/**"}}
    - {id: large, clamd: /run/clamav/clamd.ctl, when: {min_size: 1MiB, account: alice}}
"""


class EventExplainTests(CommandCase):
    """A file with rules."""

    def setUp(self) -> None:
        super().setUp()
        self.file = self.write("ftpd.yaml", FILE)

    def explained(self, *words: str) -> tuple[int, str]:
        """The exit status, and the output."""
        result = self.run_it("-c", self.file, "events", "explain", *words)
        return result.exit_code, result.output

    def rules(self, *words: str) -> dict[str, list[str]]:
        """The keys by which each rule does not fire."""
        told = json.loads(self.explained(*words, "--json")[1])
        return {rule["id"]: rule["unmet"] for rule in told["rules"]}

    def test_a_rule_that_fires_tells_its_actions(self) -> None:
        """In their order, without the secrets in URLs and arguments."""
        status, output = self.explained("/in/a", "--account", "alice")
        self.assertEqual(status, 0)
        actions = "  http: https://hooks.example.net/ftp\n  program: /usr/bin/import\n"
        self.assertIn(f"rule notify fires\n{actions}", output)
        self.assertNotIn("secret", output)

    def test_sizes(self) -> None:
        """They are numbers of bytes, or have a unit, as on the page for operators."""
        for text in ("1048576", "1MiB"):
            self.assertEqual(self.rules("/in/a", "--account", "alice", "--size", text)["large"], ["account"])
        self.assertEqual(self.explained("/in/a", "--size", "5 bytes")[0], 2)

    def test_a_rule_that_does_not_fire_tells_all_reasons(self) -> None:
        """With the value of the rule and that of the event, or the option that gives it."""
        _, output = self.explained("/in/a", "--account", "alice")
        reasons = "  account: bob; here alice\n  min_size: 1048576; here not known; give --size\n"
        self.assertIn(f"rule large does not fire\n{reasons}", output)

    def test_options_are_facts_of_the_event(self) -> None:
        """Each of them may decide."""
        self.assertEqual(
            self.rules("/out/a", "--account", "alice", "--size", "1MiB", "--grade", "doubtful"),
            {"notify": ["path"], "large": ["account"], "guess": ["on", "network", "outcome"], "poor": []},
        )

    def test_an_event_without_a_path(self) -> None:
        """A failed login has an address and an outcome."""
        told = self.rules("--trigger", "login_failed", "--address", "192.0.2.7", "--outcome", "wrong")
        self.assertEqual(told["guess"], [])

    def test_the_status_is_1_if_no_rule_fires(self) -> None:
        """So that scripts can ask."""
        self.assertEqual(self.explained("/out/a", "--account", "alice")[0], 1)

    def test_an_account_that_nobody_has(self) -> None:
        """It is a mistake, as a typing error would be an answer otherwise."""
        status, output = self.explained("/in/a", "--account", "alcie")
        self.assertEqual(status, 2)
        self.assertIn("there is no account 'alcie'", output)

    def test_a_path_must_be_given_for_an_upload(self) -> None:
        """The text names it."""
        status, output = self.explained("--account", "alice")
        self.assertEqual(status, 2)
        self.assertIn("FILE must be given for uploaded", output)

    def test_a_size_that_is_no_size(self) -> None:
        """It is a mistake with the option's name."""
        status, output = self.explained("/in/a", "--size", "large")
        self.assertEqual(status, 2)
        self.assertIn("'--size'", output)

    def test_control_characters_do_not_reach_the_terminal(self) -> None:
        """A path may have come from a client."""
        self.assertTrue(self.explained("/in/\x1b[2J", "--account", "alice")[1].replace("\n", "").isprintable())


class StageExplainTests(CommandCase):
    """A file with stages of the verdict."""

    def setUp(self) -> None:
        super().setUp()
        self.file = self.write("ftpd.yaml", FILE.rstrip("\n") + STAGES)

    def explained(self, *words: str) -> str:
        """The output."""
        return self.run_it("-c", self.file, "events", "explain", *words).output

    def test_stages_that_judge_an_upload(self) -> None:
        """In their order, and why the others do not."""
        output = self.explained("/in/a", "--account", "alice")
        self.assertIn("stage scan judges the upload\n  clamd\n", output)
        reason = "  min_size: 1048576; here not known; give --size\n"
        self.assertIn(f"stage large does not judge the upload\n{reason}", output)

    def test_stages_as_json(self) -> None:
        """With their kinds, and the conditions that are not met."""
        told = json.loads(self.explained("/out/a", "--account", "alice", "--size", "2MiB", "--json"))["stages"]
        self.assertEqual(
            [(one["id"], one["judges"], one["unmet"], one["kind"]) for one in told],
            [("scan", False, ["path"], "clamd"), ("large", True, [], "clamd")],
        )

    def test_only_uploads_have_a_verdict(self) -> None:
        """No stage is told of with other events."""
        self.assertNotIn("stage", self.explained("/in/a", "--account", "alice", "--trigger", "deleted"))
