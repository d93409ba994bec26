"""Patterns in LIST, NLST and STAT: what they match in a tree, and their bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpd_service.commands import matching, pages
from ftpd_service.errors import PermissionDenied
from ftpd_service.events import Refused
from ftpd_service.interfaces import IStorage
from ftpd_service.policy.permissions import Rules
from ftpd_service.session.settings import SessionSettings
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing import dialogue as dialogues
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import Entry, Permissions, VirtualPath
from ftpd_service.wire import automaton
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in

T = TypeVar("T")


@implementer(IStorage)
class CountedStorage(MemoryStorage):
    """Counts how often a directory is read."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    async def entries(self, path: VirtualPath) -> AsyncIterator[tuple[Entry, ...]]:
        self.read += 1
        async for page in super().entries(path):
            yield page


def with_tree(settings: SessionSettings | None = None) -> Dialogue:
    """A session with ``a.c b.c note .dot.c sub/a.c sub/deep/z.c``."""
    dialogue = logged_in(settings=settings)
    for path in ("/a.c", "/b.c", "/note", "/.dot.c", "/sub/a.c", "/sub/deep/z.c"):
        dialogue.memory.put(path)
    return dialogue


def refused(dialogue: Dialogue, line: str) -> None:
    """Expect a listing to be refused before its preliminary reply."""
    dialogue.say("EPSV", 229)
    dialogue.say(line, 550)


class MatchTests(SynchronousTestCase):
    """What a pattern lists."""

    def test_a_star_matches_in_one_directory(self) -> None:
        """It takes no slash."""
        self.assertEqual(with_tree().download("NLST *.c"), b".dot.c\r\na.c\r\nb.c\r\n")

    def test_a_question_mark_matches_one_character(self) -> None:
        """And a class one of its own."""
        self.assertEqual(with_tree().download("NLST ?.[a-c]"), b"a.c\r\nb.c\r\n")

    def test_alternatives_match(self) -> None:
        """Both of them."""
        self.assertEqual(with_tree().download("NLST {a,b}.c"), b"a.c\r\nb.c\r\n")

    def test_names_are_relative_as_typed(self) -> None:
        """So that they are usable from here."""
        self.assertEqual(with_tree().download("NLST sub/*.c"), b"sub/a.c\r\n")

    def test_an_absolute_pattern_gives_absolute_names(self) -> None:
        """Wherever the session stands."""
        dialogue = with_tree()
        dialogue.say("CWD sub", 250)
        self.assertEqual(dialogue.download("NLST /*te"), b"/note\r\n")

    def test_a_pattern_may_begin_at_the_parent(self) -> None:
        """The names show the way as it was typed."""
        dialogue = with_tree()
        dialogue.say("CWD sub", 250)
        self.assertEqual(dialogue.download("NLST ../n*"), b"../note\r\n")

    def test_a_pattern_never_leads_out_of_the_root(self) -> None:
        """At the root the parent is the root."""
        self.assertEqual(with_tree().download("NLST ../../n*"), b"../../note\r\n")

    def test_directories_may_be_matched_on_the_way(self) -> None:
        """Each component for itself."""
        self.assertEqual(with_tree().download("NLST s*/d*/*"), b"sub/deep/z.c\r\n")

    def test_a_matched_directory_is_an_entry(self) -> None:
        """What is in it is not listed."""
        self.assertEqual(with_tree().download("NLST s*"), b"sub\r\n")

    def test_no_match_is_an_empty_listing(self) -> None:
        """150 and 226."""
        self.assertEqual(with_tree().download("NLST *.zip"), b"")

    def test_a_name_with_wildcards_wins(self) -> None:
        """The entry itself, where there is one."""
        dialogue = with_tree()
        dialogue.memory.put("/*.c")
        self.assertEqual(dialogue.download("NLST *.c"), b"*.c\r\n")

    def test_hidden_dot_files_want_their_dot_written_out(self) -> None:
        """As in a shell."""
        dialogue = with_tree(SessionSettings(dot_files=False))
        self.assertEqual(dialogue.download("NLST *.c"), b"a.c\r\nb.c\r\n")

    def test_list_shows_the_same_names(self) -> None:
        """In rows."""
        rows = with_tree().download("LIST sub/*.c").split(b"\r\n")
        self.assertEqual([row.rpartition(b" ")[2] for row in rows[:-1]], [b"sub/a.c"])

    def test_stat_matches_too(self) -> None:
        """Over the control connection."""
        lines = with_tree().say("STAT [ab].c", 213)
        self.assertEqual([line.rpartition(" ")[2] for line in lines[1:-1]], ["a.c", "b.c"])

    def test_a_place_that_cannot_be_read_is_left_out(self) -> None:
        """A file in the midst of a pattern's way has nothing below it."""
        self.assertEqual(with_tree().download("NLST note/*"), b"")


@implementer(IStorage)
class ShutStorage(MemoryStorage):
    """``/shut`` and ``/closed`` may not be read, and nothing in ``/closed`` may be looked at."""

    async def stat(self, path: VirtualPath) -> Entry:
        if path.startswith("/closed/"):
            raise PermissionDenied("EACCES")
        return await super().stat(path)

    async def entries(self, path: VirtualPath) -> AsyncIterator[tuple[Entry, ...]]:
        if path in ("/shut", "/closed"):
            raise PermissionDenied("EACCES")
        async for page in super().entries(path):
            yield page


class RefusalTests(SynchronousTestCase):
    """Directories that may not be read: a refusal where the pattern names them, as without a pattern."""

    def setUp(self) -> None:
        storage = ShutStorage()
        storage.put("/closed/a.c")
        storage.put("/shut/b.c")
        storage.put("/open/a.c")
        storage.put_special("/fifo/a.c")
        self.dialogue = Dialogue(storage=storage)
        self.dialogue.log_in()

    def reasons(self) -> list[str]:
        """What the log says of refusals."""
        return [event.reason for event in self.dialogue.recorder.events if isinstance(event, Refused)]

    def test_list_is_550(self) -> None:
        """And the log says why."""
        refused(self.dialogue, "LIST shut/*.c")
        self.assertIn("EACCES", self.reasons()[0])

    def test_nlst_is_550(self) -> None:
        """The same."""
        refused(self.dialogue, "NLST shut/*.c")

    def test_stat_is_550(self) -> None:
        """The same."""
        self.dialogue.say("STAT shut/*.c", 550)

    def test_a_name_below_such_a_directory_is_550(self) -> None:
        """It cannot be looked up."""
        refused(self.dialogue, "NLST closed/sub/*.c")

    def test_an_account_that_may_not_list_is_refused(self) -> None:
        """By its permissions, and the log names the rule."""
        memory = MemoryStorage()
        memory.put("/a.c")
        self.dialogue = Dialogue(storage=Permitted(memory, Rules(Permissions.ALL & ~Permissions.LIST)))
        self.dialogue.log_in()
        refused(self.dialogue, "NLST *.c")
        self.assertIn("rule permissions", self.reasons()[0])

    def test_a_directory_that_a_wildcard_has_found_is_passed_over(self) -> None:
        """The others are listed: nobody has asked for this one."""
        self.assertEqual(self.dialogue.download("NLST */*.c"), b"open/a.c\r\n")

    def test_a_name_in_a_directory_that_a_wildcard_has_found_is_passed_over(self) -> None:
        """Where it may not be looked up, and where it is no plain file either."""
        self.assertEqual(self.dialogue.download("NLST */a.c"), b"open/a.c\r\n")


class BoundTests(SynchronousTestCase):
    """What a pattern may cost."""

    def test_as_many_matches_as_allowed_are_listed(self) -> None:
        """The boundary itself."""
        self.patch(matching, "_MOST_MATCHES", 3)
        self.assertEqual(with_tree().download("NLST *.c"), b".dot.c\r\na.c\r\nb.c\r\n")

    def test_one_match_more_is_550(self) -> None:
        """Before the 150; here it is the last entry of all."""
        self.patch(matching, "_MOST_MATCHES", 1)
        refused(with_tree(), "NLST [ns]*")

    def test_entries_looked_at_are_bounded(self) -> None:
        """Whether they match or not: the root has five."""
        self.patch(matching, "_MOST_LOOKED_AT", 5)
        self.assertEqual(with_tree().download("NLST n*"), b"note\r\n")

    def test_one_entry_more_to_look_at_is_550(self) -> None:
        """Before the 150."""
        self.patch(matching, "_MOST_LOOKED_AT", 4)
        refused(with_tree(), "NLST n*")

    def test_wildcards_in_five_names_are_550(self) -> None:
        """Four are the most."""
        refused(with_tree(), "NLST */*/*/*/*")

    def test_a_long_pattern_is_550(self) -> None:
        """256 octets are the most."""
        refused(with_tree(), "NLST " + "*" * 257)

    def test_many_alternatives_are_550(self) -> None:
        """They multiply."""
        refused(with_tree(), "NLST {a,b}{a,b}{a,b}{a,b}{a,b}")

    def test_a_glob_bomb_reads_few_directories(self) -> None:
        """``*/../*/../*`` is what brought old servers down: places come together again."""
        storage = CountedStorage()
        for number in range(20):
            storage.put_directory(f"/{number}")
        dialogue = Dialogue(storage=storage)
        dialogue.log_in()
        dialogue.say("EPSV", 229)
        dialogue.codes()
        dialogue.send(b"NLST */../*/../*\r\n")
        self.assertIn(dialogue.codes(), ([150, 226], [550]))
        self.assertLess(storage.read, 1000)

    def test_names_that_are_looked_up_leave_others_their_turn(self) -> None:
        """One a directory, and a storage that has them at hand never waits."""
        turns: list[Deferred[None]] = []

        async def after_a_turn(call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
            turns.append(Deferred())
            await turns[-1]
            return call()

        self.patch(dialogues, "at_once", after_a_turn)
        self.patch(pages, "_INLINE_STEPS", 13 * pages.ENTRY_STEPS)
        dialogue = logged_in()
        for number in range(9):
            dialogue.memory.put(f"/{number}/x")
        dialogue.say("EPSV", 229)
        dialogue.say("NLST */x")
        turns[0].callback(None)
        self.assertEqual(dialogue.codes(), [])
        turns[1].callback(None)
        self.assertEqual((dialogue.codes(), len(turns)), ([150, 226], 2))


class BesideTests(SynchronousTestCase):
    """Where the work of a pattern runs."""

    def setUp(self) -> None:
        self.calls: list[object] = []

        async def recorded(call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
            self.calls.append(call)
            return call()

        self.patch(dialogues, "at_once", recorded)
        self.dialogue = logged_in()
        for number in range(100):
            self.dialogue.memory.put(f"/{number:03}")

    def test_few_names_are_matched_where_they_are(self) -> None:
        """A trip to the pool costs more."""
        self.dialogue.memory.put("/sub/a")
        self.dialogue.download("NLST sub/*")
        self.assertEqual(self.calls, [])

    def test_many_names_are_matched_and_sorted_and_formatted_beside_the_reactor(self) -> None:
        """A call of each kind."""
        rows = self.dialogue.download("NLST *")
        self.assertEqual((rows.count(b"\n"), len(self.calls)), (100, 3))

    def test_many_names_are_matched_in_slices(self) -> None:
        """Each costs at most as much as a slice may, and one name."""
        self.patch(matching, "_SLICE_STEPS", 10 * (pages.ENTRY_STEPS + 3))
        self.patch(pages, "_INLINE_STEPS", 0)
        self.dialogue.say("STAT x*", 213)
        self.assertEqual(len(self.calls), 1 + 10)

    def test_what_is_slow_to_match_is_matched_in_more_slices(self) -> None:
        """As where an automaton has given up what it remembered: nine names in a slice instead of ten."""
        self.patch(automaton, "MOST_KNOWN", 0)
        self.patch(matching, "_SLICE_STEPS", 10 * (pages.ENTRY_STEPS + 3))
        self.patch(pages, "_INLINE_STEPS", 0)
        self.dialogue.say("STAT x*", 213)
        self.assertEqual(len(self.calls), 1 + 1 + 10)

    def test_a_long_pattern_is_compiled_beside_the_reactor(self) -> None:
        """It takes some milliseconds."""
        self.dialogue.memory.put("/sub/a")
        self.dialogue.say(f"STAT sub/{'{a,b}' * 4}{'?' * 200}", 213)
        self.assertEqual(len(self.calls), 1)

    def test_many_entries_are_sorted_beside_the_reactor(self) -> None:
        """And formatted: a call of each kind."""
        self.dialogue.download("LIST -t")
        self.assertEqual(len(self.calls), 2)

    def test_no_more_than_a_page_is_formatted_at_once(self) -> None:
        """Also where more entries are held, to be sorted."""
        self.patch(pages, "FORMATTED_ENTRIES", 40)
        self.patch(pages, "_INLINE_STEPS", 0)
        rows = self.dialogue.download("NLST -t")
        self.assertEqual((rows.count(b"\n"), len(self.calls)), (100, 1 + 3))
