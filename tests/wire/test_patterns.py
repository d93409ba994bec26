"""Patterns: what matches, against a matcher that is simple and slow, and what a match may cost."""

from __future__ import annotations

from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.errors import TooManyEntries
from ftpd_service.wire.patterns import Component, Pattern, has_wildcards
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed, texts

PIECES = st.sampled_from(
    ["*", "?", "[ab]", "[!a]", "[^a]", "[a-c]", "[]a]", "{a,bc}", "{,b}", "a", "b", "c", "\\*", "."]
)
PATTERNS = st.lists(PIECES, min_size=1, max_size=6).map("".join).filter(lambda text: text.count("{") <= 4)
"""Four pairs of alternatives are as many as may be."""
NAMES = st.text(alphabet="abc*.]", max_size=8)


class Counted(str):
    """A name that counts how often a character of it is looked at."""

    looks = 0

    def __getitem__(self, key: object) -> str:
        Counted.looks += 1
        assert isinstance(key, int)
        return str.__getitem__(self, key)


def component(text: str, *, show_dots: bool = True) -> Component:
    """The only component of a pattern."""
    (found,) = Pattern(text, show_dots=show_dots).components
    return found


def matches(text: str, name: str) -> bool:
    """Whether a pattern of one component fits a name."""
    return component(text).matches(name)


def simply(pattern: str, name: str) -> bool:
    """The reference: tries everything, one rule after the other."""
    if not pattern:
        return not name
    head, rest = pattern[0], pattern[1:]
    if head == "*":
        return any(simply(rest, name[place:]) for place in range(len(name) + 1))
    if head == "{":
        inside, _, behind = rest.partition("}")
        return any(simply(choice + behind, name) for choice in inside.split(","))
    if head == "\\":
        return name[:1] == rest[:1] and simply(rest[1:], name[1:])
    if not name:
        return False
    if head == "[":
        end = pattern.index("]", 2)
        return fnmatchcase(name[0], pattern[: end + 1].replace("[^", "[!")) and simply(pattern[end + 1 :], name[1:])
    return head in ("?", name[0]) and simply(rest, name[1:])


class MatchTests(SynchronousTestCase):
    """One component."""

    @relaxed
    @given(pattern=PATTERNS, name=NAMES)
    def test_it_answers_as_the_reference_does(self, pattern: str, name: str) -> None:
        """Stars, classes, alternatives and quoting, in any mixture."""
        if has_wildcards(pattern):
            self.assertEqual(matches(pattern, name), simply(pattern, name))

    @relaxed
    @given(name=texts.filter(lambda text: "/" not in text))
    def test_a_star_fits_every_name(self, name: str) -> None:
        """Whatever bytes it has."""
        self.assertTrue(matches("*", name))

    def test_case_matters(self) -> None:
        """As on disk."""
        self.assertFalse(matches("A*", "abc"))

    def test_a_bracket_that_is_not_closed_is_itself(self) -> None:
        """No error: it is a character."""
        self.assertTrue(matches("a[*", "a[bc"))

    def test_a_brace_that_is_not_closed_is_itself(self) -> None:
        """No error: it is a character."""
        self.assertTrue(matches("a{b", "a{b"))

    def test_nested_alternatives_are_written_out(self) -> None:
        """The inner ones first."""
        self.assertTrue(matches("{a,{b,c}d}", "cd"))

    def test_a_name_without_wildcards_is_literal(self) -> None:
        """So that it is asked for and not searched."""
        self.assertEqual([part.literal for part in Pattern("a/*.c", show_dots=True).components], ["a", None])

    def test_a_dot_file_is_shown_where_dot_files_are(self) -> None:
        """The default."""
        self.assertTrue(component("*").matches(".x"))

    def test_a_hidden_dot_file_is_not_matched_by_a_star(self) -> None:
        """Where dot files are hidden."""
        self.assertFalse(component("*", show_dots=False).matches(".x"))

    def test_an_absolute_pattern_knows_it(self) -> None:
        """It begins at the root."""
        self.assertEqual(
            (Pattern("/a*", show_dots=True).absolute, Pattern("a*", show_dots=True).absolute), (True, False)
        )


class CostTests(SynchronousTestCase):
    """Bounds."""

    def test_many_stars_cost_no_more_than_length_times_length(self) -> None:
        """The classic bomb, which takes a recursive matcher longer than the sun shines."""
        self.patch(Counted, "looks", 0)
        pattern, name = "a*" * 100 + "b", Counted("a" * 200)
        self.assertFalse(component(pattern).matches(name))
        self.assertLess(Counted.looks, len(pattern) * len(name) * 2)

    def test_256_octets_are_taken(self) -> None:
        """The boundary itself."""
        self.assertEqual(len(Pattern("*" + "a" * 255, show_dots=True).components), 1)

    def test_257_octets_are_refused(self) -> None:
        """Counted as they are on the wire."""
        self.assertRaises(TooManyEntries, Pattern, "*" + "é" * 128, show_dots=True)

    def test_four_components_may_have_wildcards(self) -> None:
        """The boundary itself; names without any do not count."""
        self.assertEqual(len(Pattern("a/*/b/*/*/*/c", show_dots=True).components), 7)

    def test_five_components_may_not(self) -> None:
        """Each multiplies what is looked at."""
        self.assertRaises(TooManyEntries, Pattern, "*/*/*/*/*", show_dots=True)

    def test_16_alternatives_are_taken(self) -> None:
        """The boundary itself."""
        self.assertEqual(len(component("{a,b}" * 4).choices), 16)

    def test_more_alternatives_are_refused(self) -> None:
        """They multiply with each brace."""
        self.assertRaises(TooManyEntries, Pattern, "{a,b}" * 5, show_dots=True)

    def test_a_heap_of_braces_ends(self) -> None:
        """``{{{`` is what brought old servers down."""
        self.assertEqual(len(component("{" * 200).choices), 1)
