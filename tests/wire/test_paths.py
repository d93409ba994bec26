"""Virtual paths."""

from __future__ import annotations

from hypothesis import given

from ftpd_service.values import ROOT, VirtualPath
from ftpd_service.wire import paths
from tests.cases import SynchronousTestCase
from tests.wire.strategies import path_texts, relaxed, single_names, virtual_paths

_HERE = VirtualPath("/a/b")


class JoinTests(SynchronousTestCase):
    """`paths.join` (RFC 3659 section 6)."""

    def test_a_relative_path_begins_at_the_working_directory(self) -> None:
        """Without a slash at its start."""
        self.assertEqual(paths.join(_HERE, "c/d"), "/a/b/c/d")

    def test_an_absolute_path_begins_at_the_root(self) -> None:
        """With a slash at its start."""
        self.assertEqual(paths.join(_HERE, "/c"), "/c")

    def test_the_empty_path_is_the_working_directory(self) -> None:
        """A listing without a path lists it."""
        self.assertEqual(paths.join(_HERE, ""), "/a/b")

    def test_repeated_and_trailing_slashes_count_once(self) -> None:
        """Cameras send ``CWD //dir``."""
        self.assertEqual(paths.join(_HERE, "//c///d//"), "/c/d")

    def test_single_dots_go(self) -> None:
        """They name where one is."""
        self.assertEqual(paths.join(_HERE, "./c/."), "/a/b/c")

    def test_double_dots_take_one_name_away(self) -> None:
        """Lexically, before anything is looked up."""
        self.assertEqual(paths.join(_HERE, "../c/../d"), "/a/d")

    def test_double_dots_end_at_the_root(self) -> None:
        """``..`` at the root is the root."""
        self.assertEqual(paths.join(_HERE, "../../../../etc"), "/etc")

    def test_the_root_stays_the_root(self) -> None:
        """CDUP at the root."""
        self.assertEqual(paths.join(ROOT, ".."), "/")

    def test_three_dots_are_a_name(self) -> None:
        """As are spaces and a backslash."""
        self.assertEqual(paths.join(ROOT, "...\\.. /x "), "/...\\.. /x ")

    def test_a_tilde_is_a_name(self) -> None:
        """Home directories are the verb's matter."""
        self.assertEqual(paths.join(_HERE, "~/x"), "/a/b/~/x")

    @relaxed
    @given(virtual_paths, path_texts)
    def test_no_result_holds_a_dot_name(self, cwd: VirtualPath, text: str) -> None:
        """No storage ever sees ``..``, ``.`` or an empty name."""
        joined = paths.join(cwd, text)
        self.assertTrue(joined.startswith("/"))
        self.assertFalse({"", ".", ".."} & set(joined[1:].split("/")) and joined != ROOT)

    @relaxed
    @given(virtual_paths, path_texts)
    def test_a_result_is_absolute_for_good(self, cwd: VirtualPath, text: str) -> None:
        """Joined again, from anywhere, it means the same."""
        joined = paths.join(cwd, text)
        self.assertEqual(paths.join(_HERE, joined), joined)

    @relaxed
    @given(virtual_paths, path_texts, path_texts)
    def test_joining_goes_step_by_step(self, cwd: VirtualPath, first: str, second: str) -> None:
        """One path in one go is the same as its parts one after the other (curl sends CWD per name)."""
        stepwise = paths.join(paths.join(cwd, first), f"./{second}")
        self.assertEqual(paths.join(cwd, f"{first}/{second}" if first else f"./{second}"), stepwise)


class PartTests(SynchronousTestCase):
    """`paths.parent`, `paths.name` and `paths.child`."""

    def test_the_parent_of_a_name_in_the_root_is_the_root(self) -> None:
        """And not the empty path."""
        self.assertEqual(paths.parent(VirtualPath("/a")), ROOT)

    def test_the_root_is_its_own_parent(self) -> None:
        """Nothing lies above it."""
        self.assertEqual(paths.parent(ROOT), ROOT)

    def test_the_root_has_no_name(self) -> None:
        """Its entry's name is empty too."""
        self.assertEqual(paths.name(ROOT), "")

    def test_a_child_with_a_slash_is_refused(self) -> None:
        """A storage that gives out such a name is broken."""
        self.assertRaises(ValueError, paths.child, ROOT, "a/b")

    def test_a_child_called_double_dot_is_refused(self) -> None:
        """Else a storage could lead out of its root."""
        self.assertRaises(ValueError, paths.child, _HERE, "..")

    @relaxed
    @given(virtual_paths, single_names)
    def test_a_child_has_parent_and_name(self, path: VirtualPath, name: str) -> None:
        """The three fit together."""
        child = paths.child(path, name)
        self.assertEqual((paths.parent(child), paths.name(child)), (path, name))

    @relaxed
    @given(virtual_paths, single_names)
    def test_a_child_is_what_a_join_gives(self, path: VirtualPath, name: str) -> None:
        """A client that names a listed entry reaches it."""
        self.assertEqual(paths.join(path, name), paths.child(path, name))


class ShownTests(SynchronousTestCase):
    """`paths.display` and `paths.quoted`."""

    def test_line_ends_become_question_marks(self) -> None:
        """No CR or LF of a path stands in a reply."""
        self.assertEqual(paths.display("/a\r\nb"), "/a??b")

    def test_raw_bytes_stay(self) -> None:
        """A client must be able to send the name back."""
        self.assertEqual(paths.display("/\udcff é"), "/\udcff é")

    def test_quotes_are_doubled(self) -> None:
        """RFC 959 appendix II."""
        self.assertEqual(paths.quoted('/a"b'), '"/a""b"')

    def test_a_quoted_path_is_cleaned_too(self) -> None:
        """curl refuses a 257 with control characters."""
        self.assertEqual(paths.quoted("/a\n"), '"/a?"')
