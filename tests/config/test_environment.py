"""Tests of ``${NAME}``."""

from __future__ import annotations

from ftpd_service.auth.settings import PythonChecker
from ftpd_service.config.environment import BadReference, expanded
from ftpd_service.config.problems import FromEnvironment, Problem
from tests.cases import SynchronousTestCase
from tests.config.files import FileTestCase


class Expansion(SynchronousTestCase):
    """One text."""

    def test_a_variable_is_put_in(self) -> None:
        """Alone and inside a text, several times."""
        self.assertEqual(expanded("${A}/x/${B}${A}", {"A": "1", "B": "2"}), "1/x/21")

    def test_a_text_without_reference_stays(self) -> None:
        """A dollar alone means nothing: hashes are full of them."""
        self.assertEqual(expanded("$argon2id$v=19$m=65536", {}), "$argon2id$v=19$m=65536")
        self.assertNotIsInstance(expanded("$A", {"A": "1"}), FromEnvironment)

    def test_what_came_from_the_environment_is_marked(self) -> None:
        """So that no message shows it."""
        self.assertIsInstance(expanded("x${A}", {"A": "1"}), FromEnvironment)

    def test_a_default_stands_in_for_unset_and_empty(self) -> None:
        """As in a shell."""
        self.assertEqual(expanded("${A:-x y}", {}), "x y")
        self.assertEqual(expanded("${A:-x}", {"A": ""}), "x")
        self.assertEqual(expanded("${A:-x}", {"A": "a"}), "a")
        self.assertEqual(expanded("${A:-}", {}), "")

    def test_an_unset_variable_without_default_is_an_error(self) -> None:
        """An empty one is a value."""
        self.assertIn("A is not set", str(self.assertRaises(BadReference, expanded, "${A}", {})))
        self.assertEqual(expanded("${A}", {"A": ""}), "")

    def test_two_dollars_make_a_literal(self) -> None:
        """``$${A}`` is ``${A}``."""
        self.assertEqual(expanded("$${A} ${A}", {"A": "1"}), "${A} 1")

    def test_expansion_happens_once(self) -> None:
        """What a variable holds is not expanded again."""
        self.assertEqual(expanded("${A}", {"A": "${B} $${C}", "B": "2"}), "${B} $${C}")

    def test_a_malformed_reference_is_an_error_that_shows_nothing(self) -> None:
        """Unclosed, empty, or with a name that is none."""
        self.assertRaises(BadReference, expanded, "${", {})
        self.assertRaises(BadReference, expanded, "${}", {})
        self.assertNotIn("secret", str(self.assertRaises(BadReference, expanded, "${my secret}", {})))


class InAFile(FileTestCase):
    """The values of a file."""

    def test_a_number_from_the_environment_is_one(self) -> None:
        """Where a number is due."""
        self.assertEqual(self.loaded("limits: {sessions: '${N}'}", N="5").limits.sessions, 5)
        self.assertEqual(self.loaded("limits: {sessions: '1${N}'}", N="5").limits.sessions, 15)

    def test_a_duration_from_the_environment_is_one(self) -> None:
        """With a unit and without."""
        self.assertEqual(self.loaded("limits: {drain_timeout: '${N}'}", N="5").limits.drain_seconds, 5)
        self.assertEqual(self.loaded("limits: {drain_timeout: '${N}m'}", N="5").limits.drain_seconds, 300)

    def test_a_boolean_from_the_environment_is_one(self) -> None:
        """Where one is due."""
        self.assertFalse(self.loaded("listing: {dot_files: '${B}'}", B="false").session.dot_files)

    def test_a_text_of_digits_stays_text(self) -> None:
        """Where text is due."""
        config = self.loaded('accounts: {a: {password: "{plain}${P}", home: /srv}}', P="0123")
        self.assertEqual(config.accounts.accounts["a"].password, "{plain}0123")

    def test_a_wrong_value_from_the_environment_is_not_shown(self) -> None:
        """It may be a secret in the wrong place."""
        problem = self.problem("limits:\n  sessions: ${S}\n", S="hunter2")
        self.assertEqual((problem.line, problem.path), (2, "limits.sessions"))
        self.assertIn("a text from the environment", problem.text)
        self.assertNotIn("hunter2", problem.text)

    def test_a_wrong_endpoint_from_the_environment_is_not_shown(self) -> None:
        """Neither by us nor by Twisted's own message."""
        self.assertNotIn("hunter2", self.problem("listeners: [{endpoint: '${S}'}]", S="hunter2").text)

    def test_an_unset_variable_is_one_problem_with_its_line(self) -> None:
        """The value that could not be made is not complained about besides."""
        text = "the environment variable N is not set, and there is no default (${N:-...})"
        self.assertEqual(self.problem("limits:\n  sessions: ${N}\n"), Problem(2, "limits.sessions", text))

    def test_keys_are_not_expanded(self) -> None:
        """Only values are."""
        self.assertEqual(self.problem("${K}: 1\n", K="limits").text, "unknown key")

    def test_options_of_checkers_get_plain_text(self) -> None:
        """A stranger's constructor meets no type of ours."""
        config = self.loaded("auth: {checkers: [{python: a:b, options: {x: [{y: '${V}'}]}}]}", V="v")
        (checker,) = config.auth.checkers
        assert isinstance(checker, PythonChecker)
        options = checker.options
        self.assertEqual(options, {"x": [{"y": "v"}]})
        self.assertIs(type(options["x"][0]["y"]), str)
