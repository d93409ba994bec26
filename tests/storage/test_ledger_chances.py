"""Uploads, removals and renames in every order: totals that are not in doubt are those of the files."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred

from ftpd_service.errors import FtpdError
from ftpd_service.interfaces import IWriteHandle
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from ftpd_service.values import VirtualPath, WriteMode
from tests.storage.ledgers import LedgerCase

PATHS = st.sampled_from(["/a", "/n", "/d/b", "/d/e", "/l", "/dangling"]).map(VirtualPath)
TARGETS = st.sampled_from(["/a", "/n", "/d/b", "/x", "/l"]).map(VirtualPath)
SOURCES = st.sampled_from(["/a", "/n", "/d/b", "/d", "/l", "/dangling"]).map(VirtualPath)
STEPS = st.one_of(
    st.tuples(st.just("open"), PATHS, st.sampled_from(WriteMode), st.integers(0, 4)),
    st.tuples(st.just("write"), st.integers(0, 9), st.integers(1, 9)),
    st.tuples(st.sampled_from(["commit", "abort"]), st.integers(0, 9)),
    st.tuples(st.just("remove"), PATHS),
    st.tuples(st.just("rename"), SOURCES, TARGETS),
    st.tuples(st.just("count")),
)


class ChanceTests(LedgerCase):
    """Random steps of several uploads, in both modes."""

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(UploadMode), st.lists(STEPS, max_size=20))
    def test_totals_are_those_of_the_files(self, mode: UploadMode, steps: list[tuple[object, ...]]) -> None:
        """Also through links, and when uploads of one file overlap; and no upload leaves room held."""
        self.setUp()
        self.memory.apply(StorageSettings(uploads=UploadPolicy(mode=mode)))
        self.memory.put_link("/l", "/a")
        self.memory.put_link("/dangling", "/n")
        self.count()
        self.handles: list[IWriteHandle] = []
        for name, *given_ in steps:
            getattr(self, f"step_{name}")(*given_)
        while self.handles:
            self.step_commit(0)
        usage = self.ledger.usage
        self.assertEqual((usage.busy, usage._held, usage._new_files, usage._files), (False, 0, 0, {}))
        if not self.ledger._doubtful:
            self.assertEqual(self.totals, self.stored)

    def done(self, call: object) -> object:
        """Await a call that may be refused."""
        results: list[object] = []
        attempt: Deferred[object] = Deferred.fromCoroutine(call)  # type: ignore[arg-type]  # a coroutine
        attempt.addErrback(lambda failure: failure.trap(FtpdError))
        attempt.addCallback(results.append)
        return results[0]

    def step_open(self, path: VirtualPath, mode: WriteMode, offset: int) -> None:
        """Begin an upload."""
        handle = self.done(self.storage.open_write(path, mode, offset if mode is WriteMode.MODIFY else 0))
        if IWriteHandle.providedBy(handle):
            self.handles.append(IWriteHandle(handle))

    def step_write(self, number: int, count: int) -> None:
        """Write to an upload."""
        if self.handles:
            self.done(self.handles[number % len(self.handles)].write(bytes(count)))

    def step_commit(self, number: int) -> None:
        """Commit an upload."""
        if self.handles:
            self.done(self.handles.pop(number % len(self.handles)).commit())

    def step_abort(self, number: int) -> None:
        """Abort an upload."""
        if self.handles:
            self.done(self.handles.pop(number % len(self.handles)).abort())

    def step_remove(self, path: VirtualPath) -> None:
        """Remove a file or a link."""
        self.done(self.storage.remove_file(path))

    def step_rename(self, source: VirtualPath, target: VirtualPath) -> None:
        """Rename a file, a link or a directory."""
        self.done(self.storage.rename(source, target))

    def step_count(self) -> None:
        """Count while uploads run."""
        self.clock.advance(1000)
        self.count()
