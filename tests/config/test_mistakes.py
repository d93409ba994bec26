"""Tests of what is said of a wrong file."""

from __future__ import annotations

import os

from ftpd_service.config.document import LARGEST_FILE_BYTES
from ftpd_service.config.load import line_of, load
from ftpd_service.config.problems import ConfigError
from ftpd_service.config.schema import ListenerSettings
from ftpd_service.config.yaml_text import LONGEST_NUMBER
from tests.config.files import FileTestCase

NINE_MISTAKES = """
    listeners:
      - endpoint: "tpc:2121"
        baner: hello
    limits:
      sessions: "5"
      idle_timeout: 5 minutes
      sessions: 7
    accounts:
      alice:
        password: hunter2
        permissions: [list, reed]
        rules: all
    data_connections: {foreign_peers: true}
    """


class Mistakes(FileTestCase):
    """What is said of a wrong file."""

    def test_nine_mistakes_are_nine_problems_with_their_lines(self) -> None:
        """An operator corrects a file once."""
        places = [(problem.line, problem.path) for problem in self.problems(NINE_MISTAKES)]
        self.assertEqual(
            places,
            [
                (2, "listeners[0].endpoint"),
                (3, "listeners[0].baner"),
                (5, "limits.sessions"),
                (6, "limits.idle_timeout"),
                (7, "limits.sessions"),
                (10, "accounts.alice.password"),
                (11, "accounts.alice.permissions"),
                (12, "accounts.alice.rules"),
                (13, "data_connections.foreign_peers"),
            ],
        )

    def test_a_problem_is_one_line_with_file_line_path_and_text(self) -> None:
        """As compilers write it, so that editors jump there."""
        error = self.error("limits:\n  sesions: 5\n")
        self.assertEqual(error.lines(), [f"{error.source}:2: limits.sesions: unknown key; did you mean sessions?"])

    def test_an_unknown_key_like_no_other_has_no_suggestion(self) -> None:
        """A guess would mislead."""
        self.assertEqual(self.problem("zzzzzz: 1\n").text, "unknown key")

    def test_a_key_without_its_section(self) -> None:
        """The path that the key has is named, or each of them."""
        problems = self.problems("passive_ports: 50000-50999\ncertificate: a.pem\nlimits: {certificate: a.pem}\n")
        self.assertEqual(
            {problem.path: problem.text for problem in problems},
            {
                "passive_ports": "unknown key; did you mean data_connections.passive_ports?",
                "certificate": "unknown key; did you mean tls.certificate?",
                "limits.certificate": "unknown key",
            },
        )

    def test_unknown_keys_below_names_and_in_lists_are_found(self) -> None:
        """The names of accounts are none of the schema's."""
        problems = self.problems("accounts: {alice: {hme: /x}}\nauth: {checkers: [{python: a:b, timout: 1s}]}\n")
        self.assertEqual(
            [(problem.path, problem.text) for problem in problems],
            [
                ("accounts.alice.hme", "unknown key; did you mean home?"),
                ("auth.checkers[0].timout", "unknown key; did you mean timeout?"),
            ],
        )

    def test_a_list_where_a_section_is_due(self) -> None:
        """What was expected, and what was found."""
        problem = self.problem("limits: [5]\n")
        self.assertEqual((problem.path, problem.text), ("limits", "expected a mapping, found a list"))

    def test_a_mapping_where_a_list_is_due(self) -> None:
        """One listener without its dash."""
        problem = self.problem("listeners:\n  endpoint: tcp:21\n")
        self.assertEqual((problem.path, problem.text), ("listeners", "expected a list, found a mapping"))

    def test_empty_lists_are_refused(self) -> None:
        """A server without ports serves nobody."""
        self.assertIn("at least one", self.problem("listeners: []").text)
        self.assertIn("at least one", self.problem("auth: {checkers: []}").text)
        self.assertIn("at least one", self.problem("data_connections: {passive_address: []}").text)

    def test_the_same_endpoint_twice_is_refused(self) -> None:
        """The second could never be opened; the default counts too."""
        problem = self.problem("listeners:\n  - endpoint: tcp:21\n  - endpoint: tcp:21\n")
        self.assertEqual((problem.line, problem.path), (3, "listeners[1].endpoint"))
        self.assertEqual(self.problem("listeners: [{}, {banner: x}]").path, "listeners[1].endpoint")

    def test_an_address_rule_needs_both_keys(self) -> None:
        """Neither has a default."""
        problem = self.problem("data_connections:\n  passive_address:\n    - network: any\n")
        self.assertEqual((problem.line, problem.path), (3, "data_connections.passive_address[0].address"))
        self.assertEqual(problem.text, "missing")

    def test_a_checker_is_one_thing(self) -> None:
        """Not two, not none, and options go only with python."""
        self.assertIn("found strcred and python", self.problem("auth: {checkers: [{strcred: a, python: b}]}").text)
        self.assertIn(
            "one of accounts, database, strcred, python, ", self.problem("auth: {checkers: [{timeout: 1s}]}").text
        )
        options = self.problem("auth: {checkers: [{strcred: a, options: {}}]}")
        self.assertEqual((options.path, options.text), ("auth.checkers[0].options", "goes only with python"))
        self.assertIn("twice", self.problem("auth: {checkers: [accounts, accounts]}").text)
        self.assertIn('found "acounts"', self.problem("auth: {checkers: [acounts]}").text)

    def test_descriptions_of_checkers_are_not_shown(self) -> None:
        """They may hold passwords."""
        problems = self.error("auth: {checkers: [{strcred: 'memory:a:hunter2', python: [hunter2]}]}")
        self.assertNotIn("hunter2", str(problems))

    def test_ftp_has_no_password_of_its_own(self) -> None:
        """Who types it is anonymous; an entry without password is for other checkers."""
        self.assertIn("account anonymous", self.problem("accounts: {Ftp: {password: any, home: /x}}").text)
        self.assertIn("ftp", self.loaded("accounts: {ftp: {home: /x}}").accounts.accounts)

    def test_an_account_needs_a_name_that_can_be_typed(self) -> None:
        """Nothing, or a control character, cannot."""
        self.assertEqual(self.problem("accounts: {'': {home: /x}}").line, 1)
        self.assertEqual(self.problem('accounts: {"a\\nb": {home: /x}}').path, "accounts.a?b")

    def test_a_file_that_is_no_mapping_is_refused(self) -> None:
        """Whatever else it may be."""
        self.assertIn("a mapping of sections, found a list", self.problem("- a\n").text)
        self.assertIn("a mapping of sections, found a text", self.problem("hello\n").text)

    def test_a_syntax_error_is_the_only_problem(self) -> None:
        """Nothing behind it can be understood."""
        self.assertEqual(self.problem("limits: {sessions: 0}\nx: [\n").path, "")

    def test_a_file_that_cannot_be_read_is_one_line(self) -> None:
        """Missing, or a directory."""
        missing = os.path.join(self.folder, "missing.yaml")
        error = self.assertRaises(ConfigError, load, missing, {})
        self.assertEqual(error.lines(), [f"{missing}: cannot be read: No such file or directory"])
        error = self.assertRaises(ConfigError, load, self.folder, {})
        self.assertEqual(error.lines(), [f"{self.folder}: cannot be read: Is a directory"])

    def test_the_line_of_a_value_can_be_asked_for_later(self) -> None:
        """For problems that show only when a checker is made."""
        path = self.write("auth:\n  checkers:\n    - accounts\n    - python: a:b\n")
        self.assertEqual(line_of(path, ("auth", "checkers", 1)), 4)
        self.assertEqual(line_of(path + ".gone", ("auth",)), 0)

    def test_a_file_that_is_too_large_is_refused(self) -> None:
        """A device or an archive would fill the memory."""
        self.assertIn("larger than 16 MiB", self.problem("#" * (LARGEST_FILE_BYTES + 1)).text)


class NotAvailable(FileTestCase):
    """Keys of later features."""

    def later(self, text: str, path: str) -> None:
        """A file has this one problem."""
        problem = self.problem(text)
        self.assertEqual(problem.path, path)
        self.assertIn("not available in this version", problem.text)

    def test_sections(self) -> None:
        """Each with its own line."""
        problems = self.problems("data_connections: {foreign_peers: false}\n")
        self.assertEqual([(one.line, one.path) for one in problems], [(1, "data_connections.foreign_peers")])
        self.assertEqual({one.text for one in problems}, {"not available in this version"})

    def test_keys_of_sections(self) -> None:
        """Beside those that are."""
        self.later("data_connections: {foreign_peers: false}", "data_connections.foreign_peers")

    def test_tls_off_is_a_word(self) -> None:
        """And not YAML 1.1's boolean, which is refused."""
        self.assertEqual(self.loaded("listeners: [{tls: off}]").listeners, (ListenerSettings(),))
        text = self.problem("listeners: [{tls: false}]").text
        self.assertEqual(text, "expected off, explicit, required or implicit, found false")


class Numbers(FileTestCase):
    """Numbers of thousands of digits, and those that are none, wherever a number is due."""

    DIGITS = "9" * 4000

    def told(self, text: str) -> None:
        """Fail unless the file has one problem, on its second line, in one short line."""
        problem = self.problem(text)
        self.assertEqual(problem.line, 2)
        self.assertLess(len(problem.text), 250)

    def test_a_rate_of_thousands_of_digits(self) -> None:
        """With its unit it is a text."""
        self.told(f"limits:\n  upload: {self.DIGITS}MiB/s\n")
        self.told(f"limits:\n  upload: {self.DIGITS}.{self.DIGITS}B/s\n")

    def test_a_number_of_thousands_of_digits(self) -> None:
        """Counts, durations, ports: decimal, hexadecimal, with a fraction or an exponent."""
        self.told(f"limits:\n  sessions: {self.DIGITS}\n")
        self.told(f"limits:\n  sessions: 0x{self.DIGITS * 2}\n")
        self.told(f"limits:\n  idle_timeout: {self.DIGITS}\n")
        self.told(f"limits:\n  idle_timeout: {self.DIGITS}.5\n")
        self.told(f"limits:\n  idle_timeout: {self.DIGITS}s\n")
        self.told(f"data_connections:\n  passive_ports: 0x{self.DIGITS * 2}\n")
        self.told(f"data_connections:\n  passive_ports: '{self.DIGITS}-{self.DIGITS}'\n")
        self.told(f"listeners:\n  - endpoint: 'tcp:{self.DIGITS}'\n")
        self.told(f"tls:\n  minimum_version: {self.DIGITS}.2\n  certificate: x\n")

    def test_numbers_that_are_none(self) -> None:
        """Infinity, not-a-number, and what is infinite once it is read."""
        self.told("limits:\n  sessions: .inf\n")
        self.told("limits:\n  idle_timeout: .nan\n")
        self.told("limits:\n  idle_timeout: -.inf\n")
        self.told("limits:\n  idle_timeout: 1e999\n")
        self.told("limits:\n  upload: 1e999\n")

    def test_a_number_of_thousands_of_digits_from_the_environment(self) -> None:
        """It is not shown."""
        problem = self.problem("limits: {sessions: '${N}'}\n", N=self.DIGITS)
        self.assertNotIn("99999", problem.text)

    def test_the_longest_number(self) -> None:
        """At the bound it is read, and refused for what it is."""
        self.assertIn("whole number", self.problem(f"limits: {{sessions: {'9' * LONGEST_NUMBER}}}\n").text)
        self.assertIn("41 characters", self.problem(f"limits: {{sessions: {'9' * (LONGEST_NUMBER + 1)}}}\n").text)


class TransferLogPlaces(FileTestCase):
    """``logging.transfers`` beside the other logs."""

    def test_a_file_of_its_own(self) -> None:
        """Lines of several forms in a file would be of no use to a reader."""
        for other in ("file", "audit"):
            problem = self.problem(f"logging: {{{other}: /var/log/ftpd/x, transfers: /var/log/ftpd/x}}")
            self.assertEqual(problem.path, "logging.transfers")
