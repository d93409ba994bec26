"""`ftpd_service.policy.path_patterns`: which paths a pattern matches, and at which cost."""

from __future__ import annotations

from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.policy.path_patterns import PathAutomaton, parse_pattern, problem_of_pattern
from ftpd_service.values import VirtualPath
from tests.cases import SynchronousTestCase

NAMES = st.sampled_from(["a", "b", "ab", "aab", "*", "?", "[a]", ".a", "\udcff", "a\n"])
TOKENS = st.sampled_from(["a", "b", "*", "?", "a*", "*b", "*ab", "ab*", "*a*", "*a*b", "?b*", "??", "[a]", "[a*", "**"])
PATHS = st.lists(NAMES, max_size=5)


def matches(pattern: str, path: str, *, whole_trees: bool = False) -> bool:
    """Whether a pattern alone matches a path."""
    automaton = PathAutomaton([parse_pattern("/x"), parse_pattern(pattern, whole_trees=whole_trees)])
    return bool(automaton.after(VirtualPath(path)) & automaton.finals[1])


def fits(token: str, name: str) -> bool:
    """Whether a name fits a token, by trying every split."""
    if not token or not name:
        return not name and not token.strip("*")
    if token[0] == "*":
        return fits(token[1:], name) or fits(token, name[1:])
    return token[0] in ("?", name[0]) and fits(token[1:], name[1:])


def expected(tokens: list[str], names: list[str]) -> bool:
    """Whether names fit tokens, by trying every split; a last ``**`` takes at least one name."""
    if not tokens:
        return not names
    if tokens[0] == "**":
        if len(tokens) == 1:
            return bool(names)
        return expected(tokens[1:], names) or (bool(names) and expected(tokens, names[1:]))
    return bool(names) and fits(tokens[0], names[0]) and expected(tokens[1:], names[1:])


class TestPatterns(SynchronousTestCase):
    """What each form of a pattern means."""

    def test_a_path_matches_itself_alone(self) -> None:
        """And not what is above or below it."""
        self.assertEqual([matches("/a/b", path) for path in ("/a/b", "/a", "/a/b/c", "/A/b")], [True] + [False] * 3)

    def test_a_star_stays_within_a_name(self) -> None:
        """It takes any characters, also no character."""
        paths = ("/in/x.csv", "/in/.csv", "/in/a/x.csv", "/in/x.CSV")
        self.assertEqual([matches("/in/*.csv", path) for path in paths], [True, True, False, False])

    def test_a_question_mark_is_one_character(self) -> None:
        """A byte that is no UTF-8 is a character, too."""
        self.assertEqual([matches("/?", path) for path in ("/a", "/\udcff", "/", "/ab")], [True, True, False, False])

    def test_two_stars_behind_a_directory_are_all_below_it(self) -> None:
        """At any depth, and not the directory itself."""
        self.assertEqual(
            [matches("/in/**", path) for path in ("/in", "/in/x", "/in/x/y", "/inn/x")], [False, True, True, False]
        )

    def test_two_stars_before_a_name_are_any_directory(self) -> None:
        """The root, too."""
        paths = ("/.ssh/key", "/a/b/.ssh/c/key", "/.ssh", "/a.ssh/key")
        self.assertEqual([matches("**/.ssh/**", path) for path in paths], [True, True, False, False])

    def test_two_stars_between_names_are_any_number_of_names(self) -> None:
        """Also no name."""
        self.assertEqual([matches("/a/**/b", path) for path in ("/a/b", "/a/x/y/b", "/a")], [True, True, False])

    def test_a_pattern_without_a_slash_is_of_the_last_name(self) -> None:
        """In every directory."""
        self.assertEqual([matches("*.exe", path) for path in ("/x.exe", "/a/x.exe", "/x.exe/a")], [True, True, False])

    def test_two_stars_alone_are_everything_but_the_root(self) -> None:
        """As ``/**`` is."""
        self.assertEqual([matches(text, "/a/b") for text in ("**", "/**")], [True, True])
        self.assertEqual([matches(text, "/") for text in ("**", "/**", "/")], [False, False, True])

    def test_brackets_and_braces_are_ordinary_characters(self) -> None:
        """Patterns of the configuration have no classes and no alternatives."""
        self.assertEqual([matches("/[ab]", path) for path in ("/[ab]", "/a")], [True, False])
        self.assertEqual([matches("/{a,b}*", path) for path in ("/{a,b}c", "/a")], [True, False])

    def test_whole_trees_hold_all_below_their_paths(self) -> None:
        """As hidden names do."""
        paths = ("/.git", "/a/.git/config/x", "/a")
        self.assertEqual([matches("**/.git", path, whole_trees=True) for path in paths], [True, True, False])

    @given(tokens=st.lists(TOKENS, min_size=1, max_size=5), names=PATHS)
    def test_a_pattern_matches_what_some_split_matches(self, tokens: list[str], names: list[str]) -> None:
        """For every pattern and every path."""
        pattern, path = "/" + "/".join(tokens), "/" + "/".join(names)
        self.assertEqual(matches(pattern, path), expected(tokens, names))

    @given(tokens=st.lists(TOKENS, min_size=1, max_size=5), names=PATHS)
    def test_whole_trees_match_what_is_below_a_match(self, tokens: list[str], names: list[str]) -> None:
        """A path matches if it or a directory above it does."""
        pattern, path = "/" + "/".join(tokens), "/" + "/".join(names)
        found = any(expected(tokens, names[:count]) for count in range(len(names) + 1))
        self.assertEqual(matches(pattern, path, whole_trees=True), found)


class TestCost(SynchronousTestCase):
    """Matching takes time in proportion to the path."""

    def seconds(self, pattern: str, path: str) -> float:
        """The CPU time of a match, without the compilation."""
        automaton = PathAutomaton([parse_pattern(pattern)])
        began = process_time()
        automaton.after(VirtualPath(path))
        return process_time() - began

    def test_many_stars_within_a_name(self) -> None:
        """A name of 8 KiB that nearly matches."""
        self.assertLess(self.seconds("/" + "*a" * 60 + "*b", "/" + "a" * 8000), 0.5)

    def test_many_stars_between_names(self) -> None:
        """A path of 4,000 names that nearly matches."""
        self.assertLess(self.seconds("/" + "**/a/" * 60 + "b", "/a" * 4000), 0.5)

    def test_many_patterns_of_ends(self) -> None:
        """A path of 2,000 names, and 2,000 patterns that take no name of it, but may take each."""
        automaton = PathAutomaton([parse_pattern(f"*.{number}") for number in range(2000)])
        began = process_time()
        automaton.after(VirtualPath("/a" * 2000))
        self.assertLess(process_time() - began, 0.2)

    def test_both(self) -> None:
        """Stars in names, and between them."""
        self.assertLess(self.seconds("/" + "**/*a*a*b/" * 30 + "b", "/aaaaaaa" * 1000), 0.5)


class TestProblems(SynchronousTestCase):
    """`problem_of_pattern`."""

    def test_good_patterns(self) -> None:
        """All forms of configuration.md."""
        good = ("/in/**", "**/.ssh/**", "**/.*", "*.exe", "/", "**", "/a?b/*", "/a b/ü")
        self.assertEqual([problem_of_pattern(text) for text in good], [None] * len(good))

    def test_no_text(self) -> None:
        """It would match nothing."""
        self.assertEqual(problem_of_pattern(""), "the pattern is empty")

    def test_a_relative_path(self) -> None:
        """The operator may have meant either form."""
        self.assertEqual(problem_of_pattern("in/**"), "a pattern with a slash begins with / or **/")

    def test_a_slash_at_the_end(self) -> None:
        """No path has it."""
        self.assertEqual(problem_of_pattern("/in/"), "a pattern has no empty name, so no // and no / at its end")

    def test_dots(self) -> None:
        """They are gone before rules are asked."""
        self.assertEqual(problem_of_pattern("/a/../b"), "no path has the name . or ..")

    def test_two_stars_within_a_name(self) -> None:
        """They would stand for any number of names there."""
        self.assertEqual(problem_of_pattern("/a**"), "** stands alone between slashes")
