"""Tests of how YAML becomes plain values."""

from __future__ import annotations

from hypothesis import given
from hypothesis.strategies import binary, text

from ftpd_service.config.problems import Problem
from ftpd_service.config.yaml_text import parse, scalar
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed

LAUGHS = b"""\
a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]
f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]
g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f]
h: &h [*g, *g, *g, *g, *g, *g, *g, *g, *g]
i: [*h, *h, *h, *h, *h, *h, *h, *h, *h]
"""


class CoreScalars(SynchronousTestCase):
    """Unquoted words by YAML 1.2 section 10.3.2."""

    def test_only_true_and_false_are_booleans(self) -> None:
        """``off``, ``no`` and ``y`` are words."""
        self.assertIs(scalar("true"), True)
        self.assertIs(scalar("False"), False)
        self.assertEqual(
            [scalar("off"), scalar("on"), scalar("no"), scalar("yes"), scalar("y")], ["off", "on", "no", "yes", "y"]
        )

    def test_a_leading_zero_makes_no_octal_number(self) -> None:
        """``027`` is 27; octal is written ``0o27``."""
        self.assertEqual(scalar("027"), 27)
        self.assertEqual(scalar("0o27"), 0o27)
        self.assertEqual(scalar("0x1F"), 31)

    def test_no_number_is_sexagesimal(self) -> None:
        """``1:30`` is text, and so is a MAC address."""
        self.assertEqual(scalar("1:30"), "1:30")
        self.assertEqual(scalar("190:20:30.15"), "190:20:30.15")

    def test_underscores_make_no_number(self) -> None:
        """YAML 1.1 read ``1_000`` as a thousand."""
        self.assertEqual(scalar("1_000"), "1_000")

    def test_dates_stay_text(self) -> None:
        """A date is nothing but its letters."""
        self.assertEqual(scalar("2027-01-31"), "2027-01-31")

    def test_numbers_with_points_and_exponents(self) -> None:
        """Decimal numbers are floats."""
        self.assertEqual([scalar(".5"), scalar("-1.25"), scalar("1e3")], [0.5, -1.25, 1000.0])
        self.assertEqual([scalar(".inf"), scalar("-.INF")], [float("inf"), float("-inf")])

    def test_null_has_four_spellings_and_nothing(self) -> None:
        """``~`` and an empty place are null, ``none`` is a word."""
        self.assertEqual([scalar("~"), scalar("null"), scalar("NULL"), scalar("")], [None] * 4)
        self.assertEqual(scalar("none"), "none")


class Documents(SynchronousTestCase):
    """Whole files."""

    def test_quotes_make_text(self) -> None:
        """Whatever stands in quotes is text."""
        self.assertEqual(parse(b"a: \"5\"\nb: 'true'").values, {"a": "5", "b": "true"})

    def test_keys_are_the_text_that_stands_there(self) -> None:
        """An account may be called 007, null or true."""
        self.assertEqual(parse(b"007: a\nnull: b\ntrue: c").values, {"007": "a", "null": "b", "true": "c"})

    def test_nothing_is_no_value(self) -> None:
        """An empty file, and one of comments, hold null and no problem."""
        self.assertEqual((parse(b"").values, parse(b"").problems), (None, []))
        self.assertEqual((parse(b"# nothing\n").values, parse(b"# nothing\n").problems), (None, []))

    def test_each_value_has_its_line(self) -> None:
        """Keys and list entries are found again."""
        document = parse(b"a:\n  b: 1\n  c:\n    - x\n    - y: 2\n")
        self.assertEqual(document.line(("a", "b")), 2)
        self.assertEqual(document.line(("a", "c", 0)), 4)
        self.assertEqual(document.line(("a", "c", 1, "y")), 5)

    def test_a_missing_value_has_the_line_of_what_is_around_it(self) -> None:
        """The nearest thing that the file has is where to look."""
        document = parse(b"\na:\n  b: 1\n")
        self.assertEqual(document.line(("a", "missing", "more")), 2)
        self.assertEqual(document.line(("missing",)), 1)

    def test_a_byte_order_mark_is_skipped(self) -> None:
        """Editors on Windows write one."""
        self.assertEqual(parse(b"\xef\xbb\xbfa: 1").values, {"a": 1})


class Mistakes(SynchronousTestCase):
    """What is no YAML, or more than is read."""

    def problem(self, octets: bytes) -> Problem:
        """The one problem of a text."""
        problems = parse(octets).problems
        self.assertEqual(len(problems), 1, problems)
        return problems[0]

    def test_a_key_given_twice_is_told_with_both_lines(self) -> None:
        """The second one is the mistake; the first one counts."""
        document = parse(b"a:\n  b: 1\n  b: 2\n")
        self.assertEqual(document.problems, [Problem(3, "a.b", "given twice, first on line 2")])
        self.assertEqual(document.values, {"a": {"b": 1}})

    def test_a_tab_is_told_as_such(self) -> None:
        """PyYAML speaks of a character that cannot start any token."""
        problem = self.problem(b"a:\n\tb: 1\n")
        self.assertEqual((problem.line, problem.path), (2, ""))
        self.assertIn("a tab", problem.text)

    def test_a_syntax_error_has_its_line(self) -> None:
        """One sentence says where and what."""
        problem = self.problem(b"a: 1\nb: c: d\n")
        self.assertEqual(problem.line, 2)
        self.assertEqual(problem.text, "not YAML: mapping values are not allowed here")

    def test_an_unknown_alias_does_not_show_its_name(self) -> None:
        """A password that begins with a star looks like one."""
        problem = self.problem(b"password: *hunter2\n")
        self.assertIn("a text that begins with * needs quotes", problem.text)
        self.assertNotIn("hunter2", problem.text)

    def test_an_anchor_given_twice_is_told(self) -> None:
        """A text that begins with & looks like one."""
        problem = self.problem(b"a: &x 1\nb: &x 2\n")
        self.assertEqual(problem.line, 2)
        self.assertIn("begins with &", problem.text)

    def test_tags_are_refused_and_not_shown(self) -> None:
        """A file cannot construct anything, and a password that begins with ! is not told."""
        problem = self.problem(b"a: 1\nb: !!python/object/apply:os.system [true]\n")
        self.assertEqual((problem.line, problem.path), (2, "b"))
        self.assertNotIn("python", problem.text)

    def test_merge_keys_are_refused(self) -> None:
        """They are of YAML 1.1; quoted, the key is a key like any other."""
        self.assertIn("merge keys", self.problem(b"a: &a {x: 1}\nb:\n  <<: *a\n").text)
        self.assertEqual(parse(b"'<<': 1").values, {"<<": 1})

    def test_a_key_must_be_text(self) -> None:
        """A list cannot be one."""
        self.assertEqual(self.problem(b"a:\n  [b, c]: 1\n").line, 2)

    def test_a_second_document_is_refused(self) -> None:
        """What stands behind --- would be ignored."""
        self.assertIn("more than one document", self.problem(b"a: 1\n---\nb: 2\n").text)

    def test_octets_that_are_no_text_have_their_line(self) -> None:
        """A file in Latin-1."""
        self.assertEqual(self.problem(b"a: 1\nb: \xe4\n"), Problem(2, "", "not UTF-8"))

    def test_control_characters_have_their_line(self) -> None:
        """YAML allows none."""
        problem = self.problem(b"a: 1\n\nb: \x00\n")
        self.assertEqual((problem.line, problem.text), (3, "the character U+0000 may not stand in YAML"))

    def test_half_a_surrogate_pair_is_refused(self) -> None:
        """It could not be written into any file name."""
        self.assertEqual(self.problem(b'a: "\\ud800"\n').path, "a")

    def test_deep_nesting_ends_with_one_problem(self) -> None:
        """Neither the parser nor the walk overflows."""
        self.assertIn("nested deeper", self.problem(b"[" * 5000).text)
        self.assertIn("nested deeper", self.problem(b"a: " + b"[" * 40 + b"]" * 40).text)


class Anything(SynchronousTestCase):
    """Properties of the reader."""

    @relaxed
    @given(octets=binary())
    def test_no_octets_raise(self, octets: bytes) -> None:
        """Whatever a file holds, it is values or a problem."""
        document = parse(octets)
        self.assertTrue(document.values is None or not document.problems or document.lines)

    @relaxed
    @given(letters=text(alphabet="ab:-[]{},&*!|>'\"%@`?#~ \n\t0.", max_size=40))
    def test_no_syntax_raises(self, letters: str) -> None:
        """Every problem has a line of the file, or 0."""
        document = parse(letters.encode())
        lines = [problem.line for problem in document.problems]
        self.assertTrue(all(0 <= line <= letters.count("\n") + 2 for line in lines), lines)


class Aliases(SynchronousTestCase):
    """What may be repeated."""

    def test_an_alias_repeats_its_anchor(self) -> None:
        """The plain use."""
        self.assertEqual(parse(b"a: &x {b: 1}\nc: *x\n").values, {"a": {"b": 1}, "c": {"b": 1}})

    def test_a_billion_laughs_are_cut_short(self) -> None:
        """Aliases of aliases are bounded in what they repeat."""
        problems = parse(LAUGHS).problems
        self.assertEqual([problem.text for problem in problems], ["aliases repeat more than 10000 values"])

    def test_an_alias_to_what_it_stands_in_ends(self) -> None:
        """A list that holds itself has no end."""
        problems = parse(b"a: &a [*a]\n").problems
        self.assertEqual(len(problems), 1)
        self.assertIn("an alias to what it stands in", problems[0].text)
