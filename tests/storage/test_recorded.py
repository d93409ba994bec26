"""Changes of a directory of the host as events: removals, renames, directories."""

from __future__ import annotations

import os
from collections.abc import Coroutine
from typing import Any

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.errors import (
    AlreadyExists,
    FtpdError,
    NotEmpty,
    NotFound,
    StorageFailed,
    TemporarilyUnavailable,
)
from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger
from ftpd_service.hook_interfaces import HostFile, IntentProof, ProofKind
from ftpd_service.kernel.openat2 import open_by_kernel
from ftpd_service.storage.recorded import Recorded
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.upload_policy import UploadPolicy
from ftpd_service.values import VirtualPath, WriteMode
from tests.cases import SynchronousTestCase
from tests.storage.local.disk import ByOpening, Disk
from tests.storage.outboxes import NOW, recording

A, B, D = VirtualPath("/a"), VirtualPath("/b"), VirtualPath("/d")
ORIGIN = HookOrigin(node="host", session="s1", account="alice", group="staff", address="192.0.2.1", tls=True)

Change = Coroutine[Any, Any, object]


class Failing(ByOpening):
    """A system whose sync of a directory fails behind the change."""

    def __init__(self) -> None:
        super().__init__(open_by_kernel)

    def sync(self, descriptor: int) -> None:
        raise OSError(5, "I/O error")


class RecordedCase(SynchronousTestCase):
    """A directory of the host with ``/a`` and ``/d``, and rules about all changes."""

    wanted: tuple[HookTrigger, ...] = ()

    def setUp(self) -> None:
        self.disk = Disk(os.path.realpath(self.mktemp()))
        self.addCleanup(self.disk.remove)
        self.disk.put("/a", b"12345")
        self.disk.put_directory("/d")
        self.recording, self.outbox = recording(*self.wanted)
        self.storage = Recorded(self.disk.storage(), self.recording)
        self.storage.regard_origin(lambda: ORIGIN)

    def host(self, path: str) -> str:
        """A path on the host."""
        return os.fsdecode(self.disk.host(path))

    def file(self, path: str, *, at: str = "") -> HostFile:
        """An object on the host, or its future place."""
        found = os.lstat(self.host(path))
        return HostFile(self.host(at or path), found.st_dev, found.st_ino)

    def make(self, change: Change) -> None:
        """Make a change."""
        self.successResultOf(Deferred.fromCoroutine(change))

    def refused(self, change: Change, kind: type[FtpdError]) -> None:
        """A change that is refused."""
        self.failureResultOf(Deferred.fromCoroutine(change), kind)

    def event(self) -> HookEvent:
        """The only event."""
        (event,) = self.outbox.events
        return event

    def proof(self) -> IntentProof | None:
        """The proof of the only intent."""
        (proof,) = self.outbox.proofs
        return proof


class RemovalTests(RecordedCase):
    """DELE and RMD."""

    def test_a_file(self) -> None:
        """The intent is kept while the file is there, and its mark is told when it is gone."""
        proof = IntentProof(ProofKind.ABSENT, self.file("/a"))
        there: list[bool] = []
        self.outbox.meanwhile = lambda: there.append(os.path.exists(self.host("/a")))
        self.make(self.storage.remove_file(A))
        self.assertEqual(self.outbox.steps, ["intend deleted /a", "happened deleted /a"])
        self.assertEqual((self.proof(), there, self.disk.names("/")), (proof, [True], ["d"]))

    def test_the_event(self) -> None:
        """With the session, both paths, the time and the size."""
        self.make(self.storage.remove_file(A))
        expected = HookEvent(
            id="id-1",
            trigger=HookTrigger.DELETED,
            time=NOW,
            origin=ORIGIN,
            path=A,
            host_path=self.host("/a"),
            size=5,
        )
        self.assertEqual(self.event(), expected)

    def test_a_link(self) -> None:
        """The link goes, not its target, whose size nobody asks for."""
        self.disk.put_link("/b", "a")
        proof = IntentProof(ProofKind.ABSENT, self.file("/b"))
        self.make(self.storage.remove_file(B))
        self.assertEqual((self.proof(), self.event().size, self.disk.names("/")), (proof, None, ["a", "d"]))

    def test_a_missing_file(self) -> None:
        """There is nothing to record."""
        self.refused(self.storage.remove_file(B), NotFound)
        self.assertEqual(self.outbox.steps, [])

    def test_a_directory(self) -> None:
        """A path below it is a different event."""
        proof = IntentProof(ProofKind.ABSENT, self.file("/d"))
        self.make(self.storage.remove_directory(D))
        self.assertEqual(self.outbox.steps, ["intend removed_directory /d", "happened removed_directory /d"])
        self.assertEqual((self.proof(), self.event().size), (proof, None))

    def test_a_directory_that_is_not_empty(self) -> None:
        """The intent is forgotten."""
        self.disk.put("/d/f", b"")
        self.refused(self.storage.remove_directory(D), NotEmpty)
        self.assertEqual(self.outbox.steps, ["intend removed_directory /d", "failed removed_directory /d"])

    def test_an_outbox_that_is_full(self) -> None:
        """Nothing happens."""
        self.outbox.refusal = TemporarilyUnavailable("full")
        self.refused(self.storage.remove_file(A), TemporarilyUnavailable)
        self.assertEqual(self.disk.names("/"), ["a", "d"])

    def test_a_session_that_ends_before_the_intent_is_kept(self) -> None:
        """Nothing happens, and others may go on."""
        self.outbox.waiting = Deferred()
        removal = Deferred.fromCoroutine(self.storage.remove_file(A))
        removal.cancel()
        self.failureResultOf(removal, CancelledError)
        self.outbox.waiting = None
        self.make(self.storage.remove_file(A))
        self.assertEqual(self.outbox.steps, ["intend deleted /a", "happened deleted /a"])

    def test_two_sessions_at_the_same_file(self) -> None:
        """The second removal looks again, and finds nothing to record."""
        self.outbox.waiting = first = Deferred[None]()
        one = Deferred.fromCoroutine(self.storage.remove_file(A))
        self.outbox.waiting = None
        other = Recorded(self.disk.storage(), self.recording)
        another = Deferred.fromCoroutine(other.remove_file(A))
        self.assertNoResult(another)
        first.callback(None)
        self.successResultOf(one)
        self.failureResultOf(another, NotFound)
        self.assertEqual(self.outbox.steps, ["intend deleted /a", "happened deleted /a"])


class DirectoryTests(RecordedCase):
    """MKD."""

    def test_it_is_made(self) -> None:
        """Its inode is not known before."""
        self.make(self.storage.make_directory(B))
        self.assertEqual(self.outbox.steps, ["intend made_directory /b", "happened made_directory /b"])
        self.assertEqual(self.proof(), IntentProof(ProofKind.EXISTS, HostFile(self.host("/b"), 0, 0)))
        self.assertEqual(self.event().host_path, self.host("/b"))

    def test_it_is_there(self) -> None:
        """An intent would be proved by the directory that was there before."""
        self.refused(self.storage.make_directory(D), AlreadyExists)
        self.assertEqual(self.outbox.steps, [])

    def test_no_directory_above(self) -> None:
        """There is no place for it."""
        self.refused(self.storage.make_directory(VirtualPath("/x/y")), NotFound)
        self.assertEqual(self.outbox.steps, [])


class RenameTests(RecordedCase):
    """RNFR and RNTO."""

    def test_a_file(self) -> None:
        """The proof is the object at its new name."""
        proof = IntentProof(ProofKind.PRESENT, self.file("/a", at="/b"))
        self.make(self.storage.rename(A, B))
        self.assertEqual(self.outbox.steps, ["intend renamed /b", "happened renamed /b"])
        event = self.event()
        self.assertEqual(self.proof(), proof)
        self.assertEqual((event.path, event.from_path, event.host_path, event.size), (B, A, self.host("/b"), 5))

    def test_a_missing_file(self) -> None:
        """There is nothing to record."""
        self.refused(self.storage.rename(B, A), NotFound)
        self.assertEqual(self.outbox.steps, [])

    def test_onto_a_directory(self) -> None:
        """The intent is forgotten."""
        self.refused(self.storage.rename(A, D), AlreadyExists)
        self.assertEqual(self.outbox.steps, ["intend renamed /d", "failed renamed /d"])

    def test_a_directory_waits_for_uploads_in_it(self) -> None:
        """Otherwise it would take away the proof of an upload that has just been committed."""
        handle = self.successResultOf(self.storage.open_write(VirtualPath("/d/f"), WriteMode.REPLACE, 0))
        self.outbox.waiting = kept = Deferred[None]()
        upload = Deferred.fromCoroutine(handle.commit())
        self.outbox.waiting = None
        rename = Deferred.fromCoroutine(self.storage.rename(D, B))
        self.assertNoResult(rename)
        kept.callback(None)
        self.successResultOf(upload)
        self.successResultOf(rename)
        expected = ["intend uploaded /d/f", "happened uploaded /d/f", "intend renamed /b", "happened renamed /b"]
        self.assertEqual(self.outbox.steps, expected)


class UnwantedTests(RecordedCase):
    """Rules about uploads alone."""

    wanted = (HookTrigger.UPLOADED,)

    def test_a_change_without_a_rule_waits_for_earlier_marks(self) -> None:
        """A rename right behind an upload takes away the proof of the upload."""
        self.make(self.storage.rename(A, B))
        self.make(self.storage.remove_file(B))
        self.make(self.storage.make_directory(A))
        self.make(self.storage.remove_directory(A))
        self.assertEqual((self.outbox.steps, self.outbox.events), (["flush"] * 4, []))

    def test_a_database_that_is_down(self) -> None:
        """The change would hide whether an upload has happened, so it is refused."""
        self.outbox.refusal = TemporarilyUnavailable("down")
        self.refused(self.storage.rename(A, B), TemporarilyUnavailable)
        self.assertEqual(self.disk.names("/"), ["a", "d"])


class NoRuleTests(RecordedCase):
    """Rules about logins alone."""

    wanted = (HookTrigger.LOGIN,)

    def test_changes_go_straight_to_the_storage(self) -> None:
        """Each of them asks the outbox a single question."""
        self.outbox.refusal = TemporarilyUnavailable("down")
        self.make(self.storage.rename(A, B))
        self.make(self.storage.remove_file(B))
        self.make(self.storage.make_directory(A))
        self.make(self.storage.remove_directory(A))
        self.assertEqual((self.outbox.steps, self.outbox.asked), ([], 4))


class FailureTests(RecordedCase):
    """Changes that fail although they have happened."""

    def setUp(self) -> None:
        super().setUp()
        durable = StorageSettings(uploads=UploadPolicy(durable=True))
        self.storage = Recorded(self.disk.storage(durable, Failing()), self.recording)

    def test_a_rename_that_cannot_be_synced(self) -> None:
        """The file has its new name, so the event has happened."""
        self.refused(self.storage.rename(A, B), StorageFailed)
        self.assertEqual(self.outbox.steps, ["intend renamed /b", "happened renamed /b"])

    def test_a_directory_that_cannot_be_synced(self) -> None:
        """Likewise."""
        self.refused(self.storage.make_directory(B), StorageFailed)
        self.assertEqual(self.outbox.steps, ["intend made_directory /b", "happened made_directory /b"])
