"""Uploads as events: intent, commit, mark."""

from __future__ import annotations

import os

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.account import Account, LiveAccount
from ftpd_service.copy_interfaces import ITakesCopies
from ftpd_service.errors import AlreadyExists, StorageFailed, StorageFull, TemporarilyUnavailable
from ftpd_service.hook_events import HookTrigger
from ftpd_service.hook_interfaces import IntentProof, IOnHost, IRecordedWrite, ProofKind
from ftpd_service.interfaces import (
    IHiddenWrite,
    IInspectable,
    ILimitedWrite,
    IReadDescriptor,
    IStorage,
    IWriteDescriptor,
    IWriteHandle,
)
from ftpd_service.quarantine_interfaces import IQuarantinable, QuarantineLabel
from ftpd_service.reasons import UploadGrade
from ftpd_service.storage.limited import Limited
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.recorded import Recorded
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.upload_interfaces import IFormerFile
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from ftpd_service.values import VirtualPath, WriteMode
from tests.storage.test_recorded import ORIGIN, A, B, Failing, RecordedCase

DONE = ["intend uploaded /b", "happened uploaded /b"]
FAILED = ["intend uploaded /b", "failed uploaded /b"]

OPTIONAL = (
    IWriteDescriptor,
    ILimitedWrite,
    IHiddenWrite,
    IInspectable,
    IOnHost,
    IQuarantinable,
    IFormerFile,
    ITakesCopies,
)


class UploadCase(RecordedCase):
    """Uploads to ``/b``, or to ``/a`` with its five bytes."""

    def open(self, path: VirtualPath = B, mode: WriteMode = WriteMode.REPLACE) -> IWriteHandle:
        """Open an upload."""
        handle: IWriteHandle = self.successResultOf(Deferred.fromCoroutine(self.storage.open_write(path, mode, 0)))
        return handle

    def upload(self, path: VirtualPath = B, mode: WriteMode = WriteMode.REPLACE) -> IWriteHandle:
        """Open an upload, and write three bytes."""
        handle = self.open(path, mode)
        self.make(handle.write(b"new"))
        return handle

    def use(self, storage: IStorage) -> None:
        """Record another storage."""
        self.storage = Recorded(storage, self.recording)
        self.storage.regard_origin(lambda: ORIGIN)


class CommitTests(UploadCase):
    """The order of an upload."""

    def test_the_intent_is_kept_before_the_file_has_its_name(self) -> None:
        """And the proof is the file that then gets the name."""
        there: list[bool] = []
        self.outbox.meanwhile = lambda: there.append(os.path.exists(self.host("/b")))
        self.make(self.upload().commit())
        self.assertEqual((self.outbox.steps, there), (DONE, [False]))
        self.assertEqual(self.proof(), IntentProof(ProofKind.PRESENT, self.file("/b")))

    def test_the_event(self) -> None:
        """With the facts that the verb knows, and those of the file."""
        handle = self.upload()
        IRecordedWrite(handle).describe(grade=UploadGrade.PROVED, digest="sha256:00")
        self.make(handle.commit())
        event = self.event()
        self.assertEqual((event.path, event.host_path, event.size), (B, self.host("/b"), 3))
        self.assertEqual((event.grade, event.digest, event.origin), (UploadGrade.PROVED, "sha256:00", ORIGIN))

    def test_a_file_that_is_replaced(self) -> None:
        """The proof is the new file."""
        former = self.file("/a")
        self.make(self.upload(A).commit())
        proof = IntentProof(ProofKind.PRESENT, self.file("/a"))
        self.assertEqual((self.proof(), self.file("/a") == former), (proof, False))

    def test_an_abort(self) -> None:
        """Nothing has arrived."""
        self.make(self.upload().abort())
        self.assertEqual(self.outbox.steps, [])

    def test_an_upload_in_place(self) -> None:
        """Its event is about the whole file, at the commit."""
        self.make(self.upload(A, WriteMode.APPEND).commit())
        self.assertEqual((self.event().size, self.proof()), (8, IntentProof(ProofKind.PRESENT, self.file("/a"))))

    def test_a_broken_upload_in_place(self) -> None:
        """There is no event, although its bytes stay."""
        self.make(self.upload(A, WriteMode.APPEND).abort())
        self.assertEqual((self.outbox.steps, self.disk.content("/a")), ([], b"12345new"))

    def test_an_upload_that_can_be_resumed(self) -> None:
        """The event is about the last of its parts, which gives it its name."""
        policy = UploadPolicy(mode=UploadMode.RESUMABLE)
        self.use(self.disk.storage(StorageSettings(uploads=policy, resumed_by="alice")))
        self.make(self.upload().abort())
        self.assertEqual(self.outbox.steps, [])
        self.make(self.upload(B, WriteMode.APPEND).commit())
        self.assertEqual((self.outbox.steps, self.event().size), (DONE, self.file_size("/b")))

    def file_size(self, path: str) -> int:
        """The size of a file on the host."""
        return os.stat(self.host(path)).st_size

    def test_former_files_that_are_kept(self) -> None:
        """They are no events of their own."""
        self.use(self.disk.storage(StorageSettings(uploads=UploadPolicy(keep_versions=1))))
        self.make(self.upload(A).commit())
        self.make(self.upload(A).commit())
        self.assertEqual([event.path for event in self.outbox.events], [A, A])

    def test_the_quarantine(self) -> None:
        """No file arrives, so there is no event."""
        policy = UploadPolicy(quarantine=os.path.realpath(self.mktemp()))
        os.mkdir(policy.quarantine or "", 0o700)
        self.use(self.disk.storage(StorageSettings(uploads=policy)))
        label = QuarantineLabel(account="alice", path=B)
        self.successResultOf(Deferred.fromCoroutine(IQuarantinable(self.upload()).quarantine(label)))
        self.assertEqual((self.outbox.steps, self.disk.names("/")), ([], ["a", "d"]))

    def test_uploads_without_a_rule_have_no_wrapper(self) -> None:
        """They pay a single question at their opening."""
        self.outbox.wanted = frozenset({HookTrigger.LOGIN})
        handle = self.upload()
        self.make(handle.commit())
        self.assertEqual((IRecordedWrite.providedBy(handle), self.outbox.asked, self.outbox.steps), (False, 1, []))

    def test_a_rule_that_comes_while_a_session_is_open(self) -> None:
        """It counts for the next upload."""
        self.outbox.wanted = frozenset()
        self.make(self.upload().commit())
        self.outbox.wanted = frozenset({HookTrigger.UPLOADED})
        self.make(self.upload().commit())
        self.assertEqual(self.outbox.steps, DONE)


class RefusedTests(UploadCase):
    """Uploads that leave nothing."""

    def test_an_outbox_that_is_full(self) -> None:
        """The upload is aborted."""
        handle = self.upload()
        self.outbox.refusal = TemporarilyUnavailable("full")
        self.refused(handle.commit(), TemporarilyUnavailable)
        self.assertEqual((self.disk.names("/"), self.disk.open_in()), (["a", "d"], []))

    def test_a_full_disk_of_the_database(self) -> None:
        """It is not the client's own room that is short, and a later attempt may succeed: 450."""
        handle = self.upload(A)
        self.outbox.refusal = StorageFull("full")
        self.refused(handle.commit(), TemporarilyUnavailable)
        self.assertEqual((self.disk.content("/a"), self.disk.open_in()), (b"12345", []))

    def test_a_name_that_is_taken_meanwhile(self) -> None:
        """The intent is forgotten."""
        handle = self.upload(B, WriteMode.CREATE)
        self.disk.put("/b", b"other")
        self.refused(handle.commit(), AlreadyExists)
        self.assertEqual(self.outbox.steps, FAILED)

    def test_a_session_that_ends_while_the_intent_is_written(self) -> None:
        """The upload is aborted."""
        handle = self.upload()
        self.outbox.waiting = Deferred()
        commit = Deferred.fromCoroutine(handle.commit())
        commit.cancel()
        self.failureResultOf(commit, CancelledError)
        self.assertEqual((self.disk.names("/"), self.disk.open_in()), (["a", "d"], []))

    def test_a_file_that_cannot_be_synced_under_a_free_name(self) -> None:
        """The name is free again, so nothing has happened."""
        self.use(self.disk.storage(StorageSettings(uploads=UploadPolicy(durable=True)), Failing()))
        self.refused(self.upload().commit(), StorageFailed)
        self.assertEqual((self.outbox.steps, self.disk.names("/")), (FAILED, ["a", "d"]))

    def test_a_directory_that_cannot_be_synced(self) -> None:
        """The file has replaced the former file, so its event has happened."""

        class FailingDirectories(Failing):
            """Files can be synced."""

            def sync(self, descriptor: int) -> None:
                if os.path.isdir(f"/proc/self/fd/{descriptor}"):
                    super().sync(descriptor)

        self.use(self.disk.storage(StorageSettings(uploads=UploadPolicy(durable=True)), FailingDirectories()))
        self.refused(self.upload(A).commit(), StorageFailed)
        self.assertEqual(self.disk.content("/a"), b"new")
        self.assertEqual(self.outbox.steps, ["intend uploaded /a", "happened uploaded /a"])


class TwoSessionsTests(UploadCase):
    """Two sessions with the same path."""

    def test_the_second_upload_waits_for_the_mark_of_the_first(self) -> None:
        """Otherwise its file would take away the proof of the first upload."""
        self.outbox.waiting = kept = Deferred[None]()
        first, second = self.upload(), self.upload()
        one = Deferred.fromCoroutine(first.commit())
        self.outbox.waiting = None
        two = Deferred.fromCoroutine(second.commit())
        self.assertNoResult(two)
        kept.callback(None)
        self.successResultOf(one)
        self.successResultOf(two)
        self.assertEqual(self.outbox.steps, DONE + DONE)

    def test_a_directory_that_is_renamed_before_the_intent(self) -> None:
        """The event and its proof name the new place."""
        handle = self.upload(VirtualPath("/d/f"))
        self.make(self.storage.rename(VirtualPath("/d"), VirtualPath("/e")))
        self.make(handle.commit())
        self.assertEqual(self.outbox.proofs[-1], IntentProof(ProofKind.PRESENT, self.file("/e/f")))


class HandleTests(UploadCase):
    """The wrapper provides as much as the handle does."""

    def provided(self, handle: IWriteHandle) -> set[str]:
        """The names of the optional interfaces."""
        return {interface.__name__ for interface in OPTIONAL if interface.providedBy(handle)}

    def alike(self, storage: IStorage, path: VirtualPath = B, mode: WriteMode = WriteMode.REPLACE) -> None:
        """Compare a handle of a storage with and without its wrapper."""
        self.use(storage)
        plain = self.successResultOf(Deferred.fromCoroutine(storage.open_write(path, mode, 0)))
        expected = self.provided(plain)
        self.make(plain.abort())
        recorded = self.open(path, mode)
        self.assertEqual((self.provided(recorded), IRecordedWrite.providedBy(recorded)), (expected, True))
        self.make(recorded.abort())

    def test_a_hidden_file(self) -> None:
        """Of this host."""
        self.alike(self.disk.storage())

    def test_a_file_in_place(self) -> None:
        """It is not hidden."""
        self.alike(self.disk.storage(), A, WriteMode.APPEND)

    def test_a_limited_file(self) -> None:
        """Its slices are allotted."""
        self.alike(Limited(self.disk.storage(), LiveAccount(Account(name="alice", file_size=9)), None))

    def test_a_file_in_memory(self) -> None:
        """It has no descriptor."""
        self.alike(MemoryStorage())

    def test_a_limited_file_in_memory(self) -> None:
        """Likewise."""
        self.alike(Limited(MemoryStorage(), LiveAccount(Account(name="alice", file_size=9)), None))

    def test_everything_reaches_the_handle(self) -> None:
        """Descriptor, copied bytes, the former size, and the file for reading."""
        self.use(Limited(self.disk.storage(), LiveAccount(Account(name="alice", file_size=99)), None))
        handle = self.open(A)
        limited = ILimitedWrite(handle)
        self.assertEqual(self.successResultOf(Deferred.fromCoroutine(limited.allot(1000))), 99)
        written = os.write(self.successResultOf(Deferred.fromCoroutine(limited.descriptor())), b"abc")
        limited.written(written)
        with open(self.host("/a"), "rb") as source:
            copying = ITakesCopies(handle).copy_range(source.fileno(), 0, 5)
            self.assertEqual(self.successResultOf(Deferred.fromCoroutine(copying)), 5)
        self.assertEqual(IFormerFile(handle).former_size(), 5)
        reading = self.successResultOf(Deferred.fromCoroutine(IInspectable(handle).open_settled()))
        self.assertEqual(os.pread(IReadDescriptor(reading).descriptor(), 99, 0), b"abc12345")
        self.make(reading.close())
        self.make(handle.commit())
        self.assertEqual((self.event().size, self.disk.content("/a")), (8, b"abc12345"))


class ElsewhereTests(UploadCase):
    """A storage that is not of this host."""

    def setUp(self) -> None:
        super().setUp()
        self.memory = MemoryStorage()
        self.memory.put("/a", b"12345")
        self.use(self.memory)

    def test_an_upload(self) -> None:
        """There is no proof and no path on the host, but a size."""
        self.make(self.upload().commit())
        event = self.event()
        self.assertEqual((self.outbox.steps, self.proof()), (DONE, None))
        self.assertEqual((event.host_path, event.size), (None, 3))

    def test_other_changes(self) -> None:
        """Likewise."""
        self.make(self.storage.rename(A, B))
        self.make(self.storage.remove_file(B))
        self.assertEqual([event.size for event in self.outbox.events], [5, 5])
        self.assertEqual(
            (self.outbox.proofs, [event.host_path for event in self.outbox.events]), ([None] * 2, [None] * 2)
        )

    def test_a_rename_of_which_nobody_knows_whether_it_has_happened(self) -> None:
        """Its intent is left to the next start, which makes it a dead letter."""

        class Lost(MemoryStorage):
            """A storage whose connection breaks."""

            async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
                raise StorageFailed("broken")

        lost = Lost()
        lost.put("/a")
        self.use(lost)
        self.refused(self.storage.rename(A, B), StorageFailed)
        self.assertEqual(self.outbox.steps, ["intend renamed /b"])
