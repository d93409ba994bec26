"""Patterns: what matches, against a matcher that is simple and slow, and what a match may cost."""

from __future__ import annotations

from fnmatch import fnmatchcase

from hypothesis import assume, given
from hypothesis import strategies as st

from ftpd_service.errors import TooManyEntries
from ftpd_service.wire.patterns import Component, Pattern, has_wildcards
from tests.cases import SynchronousTestCase
from tests.wire.strategies import CountedName, relaxed, texts

PIECES = st.sampled_from(
    ["*", "?", "[ab]", "[!a]", "[^a]", "[a-c]", "[]a]", "{a,bc}", "{,b}", "a", "b", "c", "\\*", "."]
)
PATTERNS = st.lists(PIECES, min_size=1, max_size=6).map("".join).filter(lambda text: text.count("{") <= 4)
"""Four pairs of alternatives are as many as may be."""
NAMES = st.text(alphabet="abc*.]", max_size=8)

Drawn = tuple[str, list[str]]
"""A pattern, and the patterns without alternatives that it stands for."""


def in_sequence(parts: list[Drawn]) -> Drawn:
    """One pattern behind the other."""
    alternatives = [""]
    for _, choices in parts:
        alternatives = [head + tail for head in alternatives for tail in choices]
    return "".join(text for text, _ in parts), alternatives


def in_braces(choices: list[Drawn]) -> Drawn:
    """One pattern or the other."""
    return "{" + ",".join(text for text, _ in choices) + "}", [one for _, several in choices for one in several]


LEAVES = st.sampled_from(["*", "?", "[ab]", "[!a]", "a", "b", "", "\\*"]).map(lambda text: (text, [text]))
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3).map(in_sequence) | st.lists(inner, min_size=1, max_size=3).map(in_braces),
    max_leaves=8,
).filter(lambda drawn: len(drawn[1]) <= 16)


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

    @relaxed
    @given(drawn=TREES, name=NAMES)
    def test_nested_alternatives_are_the_names_that_they_stand_for(self, drawn: Drawn, name: str) -> None:
        """Each of them alone is what the whole pattern is."""
        pattern, alternatives = drawn
        self.assertEqual(matches(f"?{pattern}", f"x{name}"), any(simply(one, name) for one in alternatives))

    def test_a_brace_that_is_not_closed_may_hold_alternatives(self) -> None:
        """Its own commas are themselves, too."""
        self.assertEqual([matches("{a,{b,c}", name) for name in ("{a,b", "{a,c", "b")], [True, True, False])

    def test_a_brace_that_is_not_closed_may_stand_behind_alternatives(self) -> None:
        """They are written out all the same."""
        self.assertEqual([matches("{a,b}{", name) for name in ("b{", "{a,b}{")], [True, False])

    def test_a_quoted_brace_is_itself(self) -> None:
        """And so are a quoted comma and a quoted end."""
        self.assertEqual([matches(r"\{a,b}*", name) for name in ("{a,b}", "a")], [True, False])
        self.assertEqual([matches(r"{a\,b,c\}}", name) for name in ("a,b", "c}", "a")], [True, True, False])

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

    @relaxed
    @given(pattern=st.text(alphabet="*?[]{},\\!-^ab.", max_size=80), name=st.text(alphabet="ab.]", max_size=255))
    def test_any_pattern_takes_a_step_for_each_character_of_a_name(self, pattern: str, name: str) -> None:
        """Whatever it holds; a step moves as many states as the alternatives have characters."""
        assume(has_wildcards(pattern))
        try:
            found = component(pattern)
        except TooManyEntries:
            return
        counted = CountedName(name)
        found.matches(counted)
        self.assertLessEqual(counted.taken, len(name))
        self.assertLessEqual(found.automaton.width, 16 * (len(pattern) + 1))

    def test_many_stars_take_a_step_for_each_character(self) -> None:
        """The classic bomb, which takes a recursive matcher longer than the sun shines."""
        name = CountedName("a" * 200)
        self.assertFalse(component("a*" * 100 + "b").matches(name))
        self.assertEqual(name.taken, len(name))

    def test_a_long_run_behind_a_star_takes_a_step_for_each_character(self) -> None:
        """The bomb that holds up a matcher which goes back to its last star, once for each alternative."""
        name = CountedName("a" * 255)
        self.assertFalse(component("*" + "a" * 110 + "{b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q}").matches(name))
        self.assertEqual(name.taken, len(name))

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
        self.assertEqual(component("{a,b}" * 4).automaton.width, 16 * 5)

    def test_more_alternatives_are_refused(self) -> None:
        """They multiply with each brace."""
        self.assertRaises(TooManyEntries, Pattern, "{a,b}" * 5, show_dots=True)

    def test_a_heap_of_braces_ends(self) -> None:
        """``{{{`` is what brought old servers down."""
        self.assertEqual(component("{" * 200).automaton.width, 201)

    def test_the_same_alternative_twice_is_matched_once(self) -> None:
        """It would cost twice as much."""
        self.assertEqual(component("{,,a,,}" + "*").automaton.width, 1 + 2)

    def test_empty_braces_cost_no_more_than_their_characters(self) -> None:
        """Each stands for nothing."""
        self.assertEqual(component("{}" * 100 + "*a").automaton.width, 2)
