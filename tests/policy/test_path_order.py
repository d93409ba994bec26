"""The order of work on paths."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ftpd_service.policy.path_order import OrderedWork, PathOrder, PathPlace
from tests.cases import SynchronousTestCase

ANY_PATH = st.lists(st.sampled_from("ab"), max_size=3).map(lambda names: "/" + "/".join(names))
ANY_PLACES = st.lists(ANY_PATH, max_size=2).map(lambda paths: tuple(PathPlace("", path) for path in paths))


def related(some: tuple[PathPlace, ...], others: tuple[PathPlace, ...]) -> bool:
    """Whether any path of one is equal to a path of the other, or above or below it."""
    pairs = [(f"{one.path.rstrip('/')}/", f"{other.path.rstrip('/')}/") for one in some for other in others]
    return any(one.startswith(other) or other.startswith(one) for one, other in pairs)


class PathOrderTests(SynchronousTestCase):
    """Works with a path or two."""

    def setUp(self) -> None:
        self.order: PathOrder[int] = PathOrder()

    def add(self, *paths: str, space: str = "alice") -> OrderedWork[int]:
        """Work on paths."""
        return self.order.add(0, [PathPlace(space, path) for path in paths])

    def test_work_waits_for_older_work_on_its_path(self) -> None:
        """It may begin when that has ended."""
        older, newer = self.add("/f"), self.add("/f")
        self.assertEqual((older.waits, newer.waits), (0, 1))
        self.assertEqual(self.order.end(older), [newer])

    def test_other_paths_do_not_wait(self) -> None:
        """A name that begins alike is another path."""
        self.add("/in/f")
        self.assertEqual([self.add(path).waits for path in ("/in/f2", "/in/g", "/info")], [0, 0, 0])

    def test_directory_waits_for_the_files_below_it(self) -> None:
        """A rename of a directory comes behind all uploads into it."""
        files = [self.add("/in/a"), self.add("/in/b")]
        directory = self.add("/done", "/in")
        self.assertEqual(directory.waits, 2)
        self.assertEqual([self.order.end(file) for file in files], [[], [directory]])

    def test_file_waits_for_its_directory(self) -> None:
        """Its upload comes behind the event that made the directory."""
        self.add("/in")
        self.assertEqual(self.add("/in/deep/f").waits, 1)

    def test_root_is_above_everything(self) -> None:
        """It has no name."""
        self.add("/")
        self.assertEqual(self.add("/f").waits, 1)

    def test_rename_waits_for_both_paths(self) -> None:
        """And later work on either path waits for the rename."""
        self.add("/from"), self.add("/to")
        self.assertEqual(self.add("/to", "/from").waits, 2)
        self.assertEqual((self.add("/from").waits, self.add("/to").waits), (1, 1))

    def test_spaces_are_apart(self) -> None:
        """The same path of another account is another file."""
        self.add("/f")
        self.assertEqual(self.add("/f", space="bob").waits, 0)

    def test_nothing_is_left_of_ended_work(self) -> None:
        """A long-lived order does not grow."""
        works = [self.add("/a/b/c"), self.add("/a"), self.add("/a/b/d", "/e/f")]
        for work in works:
            self.order.end(work)
        self.assertEqual((len(self.order), self.order._below), (0, {}))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(ANY_PLACES, max_size=9), st.randoms(use_true_random=False))
    def test_no_related_works_run_at_once_or_out_of_order(
        self, jobs: list[tuple[PathPlace, ...]], chance: object
    ) -> None:
        """Whatever ends first: each work begins only behind all older works that are related to it."""
        order: PathOrder[int] = PathOrder()
        works = [order.add(number, places) for number, places in enumerate(jobs)]
        may_begin = [work.what for work in works if not work.waits]
        ended: list[int] = []
        while may_begin:
            number = may_begin.pop(chance.randrange(len(may_begin)))  # type: ignore[attr-defined]  # a Random
            older = [other for other in range(number) if related(jobs[number], jobs[other])]
            self.assertLessEqual(set(older), set(ended))
            ended.append(number)
            may_begin += [work.what for work in order.end(works[number])]
        self.assertEqual(len(ended), len(jobs))
