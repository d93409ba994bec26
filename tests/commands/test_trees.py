"""Whole trees: RMDA DSIZ, SITE MKDIR and SITE RMDIR."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface import implementer

from ftpd_service.account import Account, LiveAccount
from ftpd_service.commands import trees
from ftpd_service.errors import NotFound
from ftpd_service.events import DirectoryChanged, Refused, TreeRemoved
from ftpd_service.path_rules import Folder, PathRule
from ftpd_service.policy.live_rules import LiveRules
from ftpd_service.storage.folders import FolderTree
from ftpd_service.storage.live_folders import LiveFolders
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.tree_interfaces import ITreeRemoval, Marking
from ftpd_service.values import Permissions, RemovedFile, TreeCounts, VirtualPath
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in
from tests.commands.test_information import PlainStorage


def with_tree() -> Dialogue:
    """A session with a tree of three files, 9 bytes together."""
    dialogue = logged_in()
    dialogue.memory.put("/d/a", b"12345")
    dialogue.memory.put("/d/e/b", b"123")
    dialogue.memory.put("/d/e/f/c", b"1")
    dialogue.memory.put("/other", b"other")
    dialogue.memory.put_link("/d/to-other", "/other")
    return dialogue


def with_rules(account: Account) -> tuple[Dialogue, MemoryStorage]:
    """A session of an account, and its home."""
    home = MemoryStorage()
    live = LiveAccount(account)
    tree = FolderTree(home, LiveFolders(live, lambda folder: MemoryStorage(), clock=Clock()))
    dialogue = Dialogue(storage=Permitted(tree, LiveRules(live)))
    dialogue.log_in()
    return dialogue, home


@implementer(ITreeRemoval)
class HeldRemoval:
    """A removal whose steps wait.

    :ivar closed: how many times it was closed.
    """

    def __init__(self) -> None:
        self.steps: list[Deferred[bool]] = []
        self.closed = 0

    async def step(self) -> bool:
        self.steps.append(Deferred())
        return await self.steps[-1]

    def removed(self) -> tuple[RemovedFile, ...]:
        return ()

    def counts(self) -> TreeCounts:
        return TreeCounts(files=len(self.steps))

    async def close(self) -> None:
        self.closed += 1


class HeldStorage(MemoryStorage):
    """A storage whose removals wait."""

    def __init__(self) -> None:
        super().__init__()
        self.removal = HeldRemoval()

    async def open_removal(self, path: VirtualPath, marking: Marking) -> ITreeRemoval:
        return self.removal


class RemovalTests(SynchronousTestCase):
    """RMDA."""

    def test_everything_below_is_removed(self) -> None:
        """And no target of a link."""
        dialogue = with_tree()
        dialogue.say("RMDA d", 250)
        self.assertEqual(dialogue.memory.names("/"), ["other"])

    def test_an_event_tells_how_much(self) -> None:
        """Once for the whole tree."""
        dialogue = with_tree()
        dialogue.say("RMDA /d", 250)
        (event,) = dialogue.recorder.of(TreeRemoved)
        self.assertEqual((event.account, event.verb, event.path), ("alice", "RMDA", "/d"))
        self.assertEqual((event.files, event.directories, event.whole), (4, 3, True))

    def test_a_missing_directory_is_550(self) -> None:
        """There is nothing to remove."""
        with_tree().say("RMDA nothing", 550)

    def test_a_file_is_550(self) -> None:
        """DELE removes files."""
        with_tree().say("RMDA other", 550)

    def test_a_link_is_550(self) -> None:
        """Neither the link nor its target goes."""
        dialogue = with_tree()
        dialogue.memory.put_link("/l", "/d")
        dialogue.say("RMDA l", 550)
        self.assertEqual(dialogue.memory.names("/d"), ["a", "e", "to-other"])

    def test_the_root_is_550(self) -> None:
        """By any name."""
        dialogue = with_tree()
        dialogue.say("RMDA /", 550)
        dialogue.say("RMDA d/..", 550)
        self.assertEqual(dialogue.memory.names("/"), ["d", "other"])

    def test_no_argument_is_501(self) -> None:
        """The working directory is not meant."""
        with_tree().say("RMDA", 501)

    def test_a_running_upload_is_450(self) -> None:
        """As for RMD."""
        dialogue = with_tree()
        dialogue.say("EPSV", 229)
        go_on: Deferred[None] = Deferred()
        dialogue.data.waiting = go_on
        dialogue.send(b"STOR d/e/new\r\n")
        other = Dialogue(storage=dialogue.storage)
        other.log_in()
        other.say("RMDA d", 450)
        go_on.callback(None)

    def test_a_storage_that_removes_no_trees_is_504(self) -> None:
        """And FEAT has no such line."""
        dialogue = Dialogue(storage=PlainStorage())
        dialogue.log_in()
        dialogue.say("RMDA d", 504)
        self.assertNotIn(" RMDA", dialogue.say("FEAT", 211))


class PermissionTests(SynchronousTestCase):
    """The rules of an account count below the directory."""

    def removed(self, *rules: PathRule, hide: tuple[str, ...] = ()) -> tuple[str, list[str]]:
        """Remove a tree; return the text of the refusal, and the paths of files that stay."""
        dialogue, home = with_rules(Account(name="alice", permissions=Permissions.ALL, rules=rules, hide=hide))
        for path in ("/d/a", "/d/e/b", "/d/f/c"):
            home.put(path)
        (reply,) = dialogue.say("RMDA d", 550)
        return reply, [path for path in ("/d/a", "/d/e/b", "/d/f/c") if self.there(home, path)]

    def there(self, home: MemoryStorage, path: str) -> bool:
        """Whether a file is there."""
        try:
            home.content(path)
        except NotFound:
            return False
        return True

    def test_a_file_that_may_not_be_deleted_stays(self) -> None:
        """And the others go."""
        rule = PathRule(path="/d/e/b", deny=Permissions.DELETE)
        self.assertEqual(self.removed(rule), ("550 Removed in part: some entries cannot be removed.", ["/d/e/b"]))

    def test_a_directory_that_may_not_be_removed_stays(self) -> None:
        """With everything in it."""
        rule = PathRule(path="/d/e", deny=Permissions.REMOVE_DIRECTORY)
        self.assertEqual(self.removed(rule)[1], ["/d/e/b"])

    def test_a_directory_that_may_not_be_listed_stays(self) -> None:
        """With everything in it."""
        self.assertEqual(self.removed(PathRule(path="/d/e", deny=Permissions.LIST))[1], ["/d/e/b"])

    def test_a_hidden_name_stays(self) -> None:
        """With everything in it; nothing tells of it but that something stays."""
        self.assertEqual(self.removed(hide=("/d/e",))[1], ["/d/e/b"])

    def test_nothing_is_removed_from_a_tree_without_the_permission(self) -> None:
        """The refusal is that of RMD."""
        rule = PathRule(path="/d", deny=Permissions.REMOVE_DIRECTORY)
        self.assertEqual(self.removed(rule), ("550 Permission denied.", ["/d/a", "/d/e/b", "/d/f/c"]))

    def test_the_place_of_a_folder_stays(self) -> None:
        """The whole tree, because a folder is not part of its home."""
        folder = Folder(path=VirtualPath("/d/e/shared"), host="/srv")
        dialogue, home = with_rules(Account(name="alice", permissions=Permissions.ALL, folders=(folder,)))
        home.put("/d/a")
        for path in ("/d", "/d/e", "/d/e/shared"):
            dialogue.say(f"RMDA {path}", 550)
        self.assertEqual(home.names("/d"), ["a"])
        self.assertEqual({event.rule for event in dialogue.recorder.of(Refused)}, {"folders"})

    def test_rules_count_in_a_folder(self) -> None:
        """By the path that the client sees."""
        shared = MemoryStorage()
        shared.put("/d/a")
        shared.put("/d/b")
        folder, rule = Folder(path=VirtualPath("/s"), host="/srv"), PathRule(path="/s/d/a", deny=Permissions.DELETE)
        live = LiveAccount(Account(name="alice", permissions=Permissions.ALL, folders=(folder,), rules=(rule,)))
        tree = FolderTree(MemoryStorage(), LiveFolders(live, lambda folder: shared, clock=Clock()))
        dialogue = Dialogue(storage=Permitted(tree, LiveRules(live)))
        dialogue.log_in()
        dialogue.say("RMDA /s/d", 550)
        self.assertEqual(shared.names("/d"), ["a"])


class HeldUpTests(SynchronousTestCase):
    """A removal that takes long."""

    def setUp(self) -> None:
        self.storage = HeldStorage()
        self.dialogue = Dialogue(storage=self.storage)
        self.dialogue.log_in()
        self.removal = self.storage.removal
        self.dialogue.say("RMDA d")

    def test_it_goes_on_step_by_step(self) -> None:
        """The reply follows the last step."""
        self.removal.steps[0].callback(False)
        self.assertEqual((len(self.removal.steps), self.dialogue.replies()), (2, []))
        self.removal.steps[1].callback(True)
        self.assertEqual((self.removal.closed, self.dialogue.codes()), (1, [250]))

    def test_abor_ends_it(self) -> None:
        """With 451 for the verb; no further step begins, and the event tells the rest."""
        self.dialogue.say("ABOR", 451, 226)
        self.assertEqual((len(self.removal.steps), self.removal.closed), (1, 1))
        (event,) = self.dialogue.recorder.of(TreeRemoved)
        self.assertEqual((event.files, event.whole), (1, False))

    def test_a_client_that_closes_its_side_ends_it(self) -> None:
        """As it ends a transfer."""
        self.dialogue.half_close()
        self.assertEqual((len(self.removal.steps), self.removal.closed), (1, 1))

    def test_a_lost_client_ends_it(self) -> None:
        """As it ends an upload."""
        self.dialogue.lose()
        self.assertEqual((len(self.removal.steps), self.removal.closed), (1, 1))


class SiteTests(SynchronousTestCase):
    """SITE MKDIR and SITE RMDIR."""

    def test_missing_parents_are_made(self) -> None:
        """From the first to the last, each with an event."""
        dialogue = with_tree()
        dialogue.say("SITE MKDIR d/x y/z", 200)
        self.assertEqual(dialogue.memory.names("/d/x y"), ["z"])
        self.assertEqual([event.path for event in dialogue.recorder.of(DirectoryChanged)], ["/d/x y", "/d/x y/z"])

    def test_a_directory_that_is_there_is_200(self) -> None:
        """As for mkdir -p."""
        with_tree().say("SITE MKDIR d/e", 200)

    def test_a_file_in_the_way_is_550(self) -> None:
        """At the end or before it."""
        dialogue = with_tree()
        dialogue.say("SITE MKDIR other", 550)
        dialogue.say("SITE MKDIR other/x/y", 550)

    def test_a_name_that_may_not_be_made_is_553(self) -> None:
        """And its parents are not made either."""
        dialogue = with_tree()
        dialogue.say("SITE MKDIR new/.ftpd-x/y", 553)
        self.assertEqual(dialogue.memory.names("/"), ["d", "other"])

    def test_parents_need_the_permission(self) -> None:
        """Each of them."""
        rule = PathRule(path="/d/*", deny=Permissions.MAKE_DIRECTORY)
        dialogue, home = with_rules(Account(name="alice", permissions=Permissions.ALL, rules=(rule,)))
        home.put_directory("/d")
        dialogue.say("SITE MKDIR /d/x/y", 550)
        self.assertEqual(home.names("/d"), [])

    def test_a_tree_is_removed(self) -> None:
        """As by RMDA; the event names the sub-verb."""
        dialogue = with_tree()
        dialogue.say("SITE RMDIR d", 200)
        self.assertEqual(dialogue.memory.names("/"), ["other"])
        self.assertEqual([event.verb for event in dialogue.recorder.of(TreeRemoved)], ["SITE RMDIR"])

    def test_abor_ends_a_removal(self) -> None:
        """As it ends RMDA."""
        dialogue = Dialogue(storage=HeldStorage())
        dialogue.log_in()
        dialogue.say("SITE RMDIR d")
        dialogue.say("ABOR", 451, 226)


class SizeTests(SynchronousTestCase):
    """DSIZ."""

    def test_it_tells_the_bytes_below(self) -> None:
        """Of files, without the targets of links."""
        dialogue = with_tree()
        self.assertEqual(dialogue.say("DSIZ d", 213), ["213 9"])

    def test_the_working_directory_is_meant_without_an_argument(self) -> None:
        """At the root everything counts."""
        self.assertEqual(with_tree().say("DSIZ", 213), ["213 14"])

    def test_a_file_is_550(self) -> None:
        """SIZE tells that of a file."""
        with_tree().say("DSIZ other", 550)

    def test_a_missing_directory_is_550(self) -> None:
        """There is nothing to count."""
        with_tree().say("DSIZ nothing", 550)

    def test_directories_that_may_not_be_listed_do_not_count(self) -> None:
        """Nor do hidden names."""
        rule = PathRule(path="/d/e", deny=Permissions.LIST)
        account = Account(name="alice", permissions=Permissions.ALL, rules=(rule,), hide=("/d/.*",))
        dialogue, home = with_rules(account)
        for path in ("/d/a", "/d/e/b", "/d/.x", "/d/f/c"):
            home.put(path, b"123")
        self.assertEqual(dialogue.say("DSIZ d", 213), ["213 6"])

    def test_a_tree_at_the_bound_is_counted(self) -> None:
        """All eight entries."""
        self.patch(trees, "MOST_TREE_ENTRIES", 8)
        with_tree().say("DSIZ", 213)

    def test_a_tree_above_the_bound_is_550(self) -> None:
        """No part of a sum is told."""
        self.patch(trees, "MOST_TREE_ENTRIES", 7)
        with_tree().say("DSIZ", 550)

    def test_too_many_directories_at_once_are_550(self) -> None:
        """Those that wait are bounded, too."""
        dialogue = with_tree()
        for name in range(3):
            dialogue.memory.put_directory(f"/wide/{name}")
        self.patch(trees, "MOST_TREES_WAITING", 3)
        dialogue.say("DSIZ wide", 213)
        self.patch(trees, "MOST_TREES_WAITING", 2)
        dialogue.say("DSIZ wide", 550)
