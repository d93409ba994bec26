"""The turns of changes at paths."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.storage.path_turns import PathClaim, PathTurns
from tests.cases import SynchronousTestCase


class PathTurnsTests(SynchronousTestCase):
    """Which changes wait, and for which others."""

    def setUp(self) -> None:
        self.turns = PathTurns()
        self.running: list[str] = []
        self.ends: dict[str, Deferred[None]] = {}
        self.changes: dict[str, Deferred[None]] = {}

    def begin(self, name: str, *places: str, tree: bool = False, moves: bool = False) -> None:
        """Begin a change, which runs until the test ends it."""
        self.ends[name] = Deferred()
        claim = PathClaim(places, tree=tree, moves=moves)
        self.changes[name] = Deferred.fromCoroutine(self._change(name, self.turns.taken(claim)))

    async def _change(self, name: str, turn: AbstractAsyncContextManager[bool]) -> None:
        async with turn:
            self.running.append(name)
            await self.ends[name]
        self.running.remove(name)

    def end(self, name: str) -> list[str]:
        """End a change, and return which run then."""
        self.ends[name].callback(None)
        return self.running

    def test_different_paths(self) -> None:
        """Changes of different files run at once."""
        self.begin("a", "/d/a")
        self.begin("b", "/d/b")
        self.assertEqual(self.running, ["a", "b"])

    def test_the_same_path(self) -> None:
        """Changes come one after the other, in the order in which they were begun."""
        for name in ("first", "second", "third"):
            self.begin(name, "/d/a")
        self.assertEqual(self.running, ["first"])
        self.assertEqual(self.end("first"), ["second"])
        self.assertEqual(self.end("second"), ["third"])

    def test_two_paths(self) -> None:
        """A rename needs both of its names, and holds neither while it waits."""
        self.begin("upload", "/b")
        self.begin("rename", "/a", "/b")
        self.assertEqual(self.running, ["upload"])
        self.assertEqual(self.end("upload"), ["rename"])

    def test_a_later_change_does_not_overtake(self) -> None:
        """Otherwise a rename might wait for ever."""
        self.begin("upload", "/b")
        self.begin("rename", "/a", "/b")
        self.begin("removal", "/a")
        self.assertEqual(self.running, ["upload"])
        self.assertEqual(self.end("upload"), ["rename"])
        self.assertEqual(self.end("rename"), ["removal"])

    def test_a_tree_waits_for_changes_below_it(self) -> None:
        """The rename of a directory would take away the proof of an upload in it."""
        self.begin("upload", "/d/e/f")
        self.begin("elsewhere", "/dd/f")
        self.begin("rename", "/d", tree=True)
        self.assertEqual(self.running, ["upload", "elsewhere"])
        self.assertEqual(self.end("upload"), ["elsewhere", "rename"])

    def test_changes_below_a_tree_wait_for_it(self) -> None:
        """Their paths may be different ones afterwards."""
        self.begin("rename", "/d", tree=True)
        self.begin("upload", "/d/e/f")
        self.begin("beside", "/d2")
        self.assertEqual(self.running, ["rename", "beside"])
        self.assertEqual(self.end("rename"), ["beside", "upload"])

    def test_a_tree_and_its_parent(self) -> None:
        """A directory above a tree is another path, unless it is a tree itself."""
        self.begin("inner", "/d/e", tree=True)
        self.begin("made", "/d")
        self.begin("outer", "/d", tree=True)
        self.assertEqual(self.running, ["inner", "made"])
        self.assertEqual(self.end("inner"), ["made"])
        self.assertEqual(self.end("made"), ["outer"])

    def test_a_client_that_leaves_the_queue(self) -> None:
        """Those behind it come forward."""
        self.begin("upload", "/b")
        self.begin("rename", "/a", "/b")
        self.begin("removal", "/a")
        self.changes["rename"].cancel()
        self.failureResultOf(self.changes["rename"], CancelledError)
        self.assertEqual(self.running, ["upload", "removal"])

    def test_nothing_is_kept(self) -> None:
        """Behind the last change."""
        self.begin("tree", "/d/e", tree=True)
        self.begin("upload", "/d/e/f")
        self.end("tree")
        self.end("upload")
        self.assertEqual((self.turns._held, dict(self.turns._below), self.turns._waiting), ({}, {}, []))

    def settled(self, *found: str) -> AbstractAsyncContextManager[str]:
        """A look that finds these places, one after the other."""
        looks = iter(found)

        async def look() -> str:
            return next(looks)

        return self.turns.settled(look, lambda place: PathClaim((place,)))

    def held(self, turn: AbstractAsyncContextManager[str]) -> list[str]:
        """Enter a turn, and leave it at once; return what it will have found."""
        results: list[str] = []

        async def run() -> None:
            async with turn as found:
                results.append(found)

        self.changes["held"] = Deferred.fromCoroutine(run())
        return results

    def test_a_single_look_is_enough(self) -> None:
        """If nothing has changed since."""
        results = self.held(self.settled("/a"))
        self.assertEqual(results, ["/a"])

    def test_a_change_that_has_waited_looks_again(self) -> None:
        """Another change may have replaced the file."""
        self.begin("upload", "/a")
        results = self.held(self.settled("/a", "/a"))
        self.assertEqual(results, [])
        self.end("upload")
        self.assertEqual(results, ["/a"])

    def test_a_path_that_has_moved(self) -> None:
        """The turn of the new path is taken."""
        self.begin("rename", "/d", "/e", tree=True, moves=True)
        results = self.held(self.settled("/d/a", "/e/a", "/e/a"))
        self.end("rename")
        self.assertEqual(results, ["/e/a"])
