"""Removals of trees, and moves between folders, as events."""

from __future__ import annotations

import os
from collections.abc import Callable

from twisted.internet.defer import Deferred

from ftpd_service.account import Account, LiveAccount
from ftpd_service.errors import RemovedInPart, TemporarilyUnavailable
from ftpd_service.hook_events import HookTrigger
from ftpd_service.hook_interfaces import HostFile, IHostPaths, IntentProof, ProofKind
from ftpd_service.interfaces import IStorage
from ftpd_service.storage.account_tree import account_files, permitted_tree
from ftpd_service.storage.permitted import Permitted
from ftpd_service.tree_interfaces import ITreeRemoval
from ftpd_service.upload_policy import GivenUploads
from ftpd_service.values import Page, Permissions, VirtualPath
from tests.storage.outboxes import recording
from tests.storage.test_recorded import RecordedCase
from tests.storage.two_disks import CONTENT, TwoDisks, failing, once

D = VirtualPath("/d")


def everything(path: VirtualPath) -> Callable[[Page], Page]:
    """Mark all entries as those of an account that may remove them."""
    return lambda page: tuple(entry._replace(allowed=Permissions.ALL) for entry in page)


class TreeTests(RecordedCase):
    """RMDA of ``/d`` with two files and a directory."""

    def setUp(self) -> None:
        super().setUp()
        self.disk.put_directory("/d/e")
        self.disk.put("/d/f", b"12")
        self.disk.put("/d/e/g", b"123")

    def removal(self) -> ITreeRemoval:
        """Begin the removal."""
        removal: ITreeRemoval = self.successResultOf(Deferred.fromCoroutine(self.storage.open_removal(D, everything)))
        return removal

    def remove(self) -> None:
        """Remove all."""
        removal = self.removal()
        while not self.successResultOf(Deferred.fromCoroutine(removal.step())):
            """The next step follows."""
        self.make(removal.close())

    def test_each_file_and_the_tree_once(self) -> None:
        """The intent comes before the first file is gone, and the mark behind the directory."""
        proof = IntentProof(ProofKind.ABSENT, self.file("/d"))
        self.remove()
        self.assertEqual(self.outbox.steps[0], "intend removed_directory /d")
        self.assertEqual(self.outbox.steps[-1], "happened removed_directory /d")
        self.assertEqual(sorted(self.outbox.steps[1:-1]), ["told deleted /d/e/g", "told deleted /d/f"])
        self.assertEqual((self.proof(), self.disk.names("/")), (proof, ["a"]))

    def test_the_events_of_files(self) -> None:
        """With their sizes and their paths on the host."""
        self.remove()
        found = {event.path: (event.size, event.host_path) for event in self.outbox.events[:-1]}
        self.assertEqual(found, {"/d/f": (2, self.host("/d/f")), "/d/e/g": (3, self.host("/d/e/g"))})

    def test_an_outbox_that_is_full(self) -> None:
        """Nothing is removed."""
        removal = self.removal()
        self.outbox.refusal = TemporarilyUnavailable("full")
        self.refused(removal.step(), TemporarilyUnavailable)
        self.make(removal.close())
        self.assertEqual((self.disk.names("/d"), self.outbox.steps), (["e", "f"], []))

    def test_a_removal_in_part(self) -> None:
        """The directory has not been removed, but some of its files."""

        def but_one(path: VirtualPath) -> Callable[[Page], Page]:
            return lambda page: tuple(
                entry._replace(allowed=Permissions.ALL if entry.name != "g" else Permissions.LIST) for entry in page
            )

        removal = self.successResultOf(Deferred.fromCoroutine(self.storage.open_removal(D, but_one)))
        self.refused(removal.step(), RemovedInPart)
        self.make(removal.close())
        self.assertEqual(self.outbox.steps[1:], ["failed removed_directory /d", "told deleted /d/f"])

    def test_a_removal_that_is_broken_off(self) -> None:
        """Its intent is forgotten, as the directory is still there."""
        removal = self.removal()
        self.patch(removal, "_inner", _Unfinished())
        self.assertFalse(self.successResultOf(Deferred.fromCoroutine(removal.step())))
        self.make(removal.close())
        self.assertEqual(self.outbox.steps, ["intend removed_directory /d", "failed removed_directory /d"])

    def test_a_further_step_waits_for_the_events_of_the_step_before(self) -> None:
        """So an outbox that cannot keep up slows the removal down."""
        removal = self.removal()
        self.patch(removal, "_inner", _Unfinished())
        for _ in range(2):
            self.successResultOf(Deferred.fromCoroutine(removal.step()))
        self.assertEqual(self.outbox.steps, ["intend removed_directory /d", "flush"])

    def test_without_a_rule(self) -> None:
        """The removal is that of the storage."""
        self.outbox.wanted = frozenset()
        self.remove()
        self.assertEqual(self.outbox.steps, [])


class _Unfinished:
    """A removal that never ends."""

    async def step(self) -> bool:
        """Remove nothing."""
        return False

    def removed(self) -> tuple[object, ...]:
        """Nothing."""
        return ()

    async def close(self) -> None:
        """End."""


class FolderCase(TwoDisks):
    """A home and a folder, with rules about all changes."""

    def tree_of(self, account: Account) -> Permitted:
        self.recording, self.outbox = recording()
        live = LiveAccount(account)

        def files_of(path: str, uploads: GivenUploads) -> IStorage:
            return self.files_of_folder(live)

        files = account_files(self.files_of(live), live, files_of, clock=self.clock)
        tree = permitted_tree(files, live, self.copies, self.recording)
        assert isinstance(tree, Permitted)
        return tree

    def host(self, path: str) -> str:
        """A path in the folder, on the host."""
        return os.path.realpath(os.fsdecode(self.folder.host(path)))


class FolderTests(FolderCase):
    """The tree of an account."""

    def test_the_places_of_a_folder(self) -> None:
        """They are those of its directory."""
        self.folder.put("/x", b"")
        found = self.successResultOf(Deferred.fromCoroutine(IHostPaths(self.tree).host_file(VirtualPath("/shared/x"))))
        facts = os.lstat(self.host("/x"))
        self.assertEqual(found, HostFile(self.host("/x"), facts.st_dev, facts.st_ino))
        place = self.successResultOf(Deferred.fromCoroutine(IHostPaths(self.tree).host_place(VirtualPath("/shared/y"))))
        self.assertEqual(place, HostFile(self.host("/y"), 0, 0))

    def test_a_tree_in_a_folder(self) -> None:
        """Its files have the paths of the account."""
        self.folder.put_directory("/t")
        self.folder.put("/t/x", b"1")
        opening = self.tree.open_removal(VirtualPath("/shared/t"), everything)
        removal = self.successResultOf(Deferred.fromCoroutine(opening))
        self.assertTrue(self.successResultOf(Deferred.fromCoroutine(removal.step())))
        self.successResultOf(Deferred.fromCoroutine(removal.close()))
        deleted, removed = self.outbox.events
        self.assertEqual((deleted.path, deleted.host_path), ("/shared/t/x", self.host("/t/x")))
        self.assertEqual((removed.path, removed.host_path), ("/shared/t", self.host("/t")))


class CopyTests(FolderCase):
    """CPFR and CPTO."""

    def test_a_copy_is_an_upload(self) -> None:
        """Of which nobody knows a grade."""
        self.successResultOf(Deferred.fromCoroutine(self.copy()))
        self.assertEqual(self.outbox.steps, ["intend uploaded /shared/new", "happened uploaded /shared/new"])
        (event,) = self.outbox.events
        self.assertEqual((event.size, event.grade, event.host_path), (len(CONTENT), None, self.host("/new")))


class MoveTests(FolderCase):
    """RNFR and RNTO from the home into the folder."""

    def moved(self) -> Deferred[None]:
        """Move ``/file`` to ``/shared/new``."""
        return Deferred.fromCoroutine(self.move())

    def test_a_move_is_a_rename(self) -> None:
        """Neither an upload nor a removal."""
        self.successResultOf(self.moved())
        self.assertEqual(self.outbox.steps, ["intend renamed /shared/new", "happened renamed /shared/new"])
        (event,) = self.outbox.events
        self.assertEqual((event.from_path, event.size, event.host_path), ("/file", len(CONTENT), self.host("/new")))
        facts = os.lstat(self.host("/new"))
        proof = IntentProof(ProofKind.PRESENT, HostFile(self.host("/new"), facts.st_dev, facts.st_ino))
        self.assertEqual((self.outbox.proofs, self.standing()), ([proof], ([], ["new"])))

    def test_the_mark_is_told_when_the_source_is_gone(self) -> None:
        """And not before."""
        told: list[list[str]] = []
        self.system.committed = lambda: told.append(list(self.outbox.steps))
        self.successResultOf(self.moved())
        self.assertEqual(told, [["intend renamed /shared/new"]])

    def test_an_outbox_that_is_full(self) -> None:
        """The copy leaves nothing, and the file stays."""
        self.outbox.refusal = TemporarilyUnavailable("full")
        self.failureResultOf(self.moved(), TemporarilyUnavailable)
        self.assertEqual(self.standing(), (["file"], []))

    def test_a_copy_that_fails(self) -> None:
        """There is no event."""
        self.system.step = failing(28)
        self.failureResultOf(self.moved())
        self.assertEqual((self.outbox.steps, self.standing()), ([], (["file"], [])))

    def test_a_source_that_changes_behind_the_commit(self) -> None:
        """Both files stay, so the copy has arrived as an upload does."""
        self.system.committed = once(lambda: self.home.put("/file", b"changed"))
        self.failureResultOf(self.moved(), TemporarilyUnavailable)
        self.assertEqual(self.standing(), (["file"], ["new"]))
        steps = ["intend renamed /shared/new", "failed renamed /shared/new", "told uploaded /shared/new"]
        self.assertEqual(self.outbox.steps, steps)
        self.assertEqual(self.outbox.events[0].from_path, None)

    def test_a_source_that_another_program_has_taken(self) -> None:
        """The move is complete."""
        self.system.committed = once(lambda: os.unlink(self.home.host("/file")))
        self.successResultOf(self.moved())
        self.assertEqual(self.outbox.steps, ["intend renamed /shared/new", "happened renamed /shared/new"])

    def test_the_turn_ends_with_the_move(self) -> None:
        """Other changes of both paths go on behind it."""
        self.successResultOf(self.moved())
        self.successResultOf(Deferred.fromCoroutine(self.tree.remove_file(VirtualPath("/shared/new"))))
        self.assertEqual(self.outbox.steps[-1], "happened deleted /shared/new")

    def test_without_a_rule(self) -> None:
        """A move asks the outbox once."""
        self.outbox.wanted = frozenset({HookTrigger.LOGIN})
        self.successResultOf(self.moved())
        self.assertEqual((self.outbox.steps, self.outbox.asked, self.standing()), ([], 1, ([], ["new"])))
