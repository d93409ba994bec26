"""The totals follow each change, whatever the order and however it ends."""

from __future__ import annotations

from ftpd_service.errors import NotFound, StorageFailed
from ftpd_service.storage.ledger import RECOUNT_SECONDS
from ftpd_service.values import VirtualPath, WriteMode
from tests.storage.ledgers import LedgerCase

A, B, N = VirtualPath("/a"), VirtualPath("/d/b"), VirtualPath("/n")


class CountingTests(LedgerCase):
    """The totals follow each change."""

    def setUp(self) -> None:
        super().setUp()
        self.count()

    def test_files_are_counted_once(self) -> None:
        """Before the first upload: 10 bytes in 2 files; the new file comes on top."""
        self.put("/n", b"1")
        self.agree(11, 3)
        self.assertEqual(self.ledger.counts, 1)

    def test_replaced_file(self) -> None:
        """Its former size is free again."""
        self.put("/a", b"1")
        self.agree(7, 2)

    def test_appended_bytes(self) -> None:
        """The file grows."""
        self.put("/a", b"12", WriteMode.APPEND)
        self.agree(12, 2)

    def test_append_that_makes_a_file(self) -> None:
        """A new file counts."""
        self.put("/n", b"12", WriteMode.APPEND)
        self.agree(12, 3)

    def test_resumed_upload(self) -> None:
        """Only what goes beyond the former end counts."""
        self.put("/a", b"12345", WriteMode.MODIFY, 2)
        self.agree(13, 2)

    def test_bytes_in_the_middle(self) -> None:
        """They replace others."""
        self.put("/a", b"1", WriteMode.MODIFY, 1)
        self.agree(10, 2)

    def test_unique_name(self) -> None:
        """STOU makes a file."""
        self.put("/n", b"1", WriteMode.CREATE)
        self.agree(11, 3)

    def test_broken_upload(self) -> None:
        """A hidden file that is aborted leaves nothing."""
        handle = self.successResultOf(self.storage.open_write(N, WriteMode.REPLACE, 0))
        self.successResultOf(handle.write(b"1"))
        self.successResultOf(handle.abort())
        self.put("/m", b"0123456789")
        self.agree(20, 3)

    def test_broken_append(self) -> None:
        """Bytes that stay in a file count."""
        handle = self.successResultOf(self.storage.open_write(A, WriteMode.APPEND, 0))
        self.successResultOf(handle.write(b"12"))
        self.successResultOf(handle.abort())
        self.agree(12, 2)

    def test_removed_file(self) -> None:
        """DELE frees."""
        self.successResultOf(self.storage.remove_file(B))
        self.agree(4, 1)

    def test_removed_link(self) -> None:
        """A link does not count, and frees nothing."""
        self.memory.put_link("/l", "/a")
        self.successResultOf(self.storage.remove_file(VirtualPath("/l")))
        self.agree(10, 2)

    def test_upload_through_a_link(self) -> None:
        """It replaces the link's target."""
        self.memory.put_link("/l", "/a")
        self.put("/l", b"1")
        self.agree(7, 2)

    def test_renamed_file(self) -> None:
        """A new name changes nothing."""
        self.successResultOf(self.storage.rename(A, N))
        self.agree(10, 2)

    def test_renamed_over_a_file(self) -> None:
        """The file that stood there is gone."""
        self.successResultOf(self.storage.rename(A, B))
        self.agree(4, 1)

    def test_refused_change(self) -> None:
        """Nothing has changed."""
        self.failureResultOf(self.storage.remove_file(N), NotFound)
        self.agree(10, 2)

    def test_directories_do_not_count(self) -> None:
        """Nor do changes of them."""
        self.successResultOf(self.storage.make_directory(VirtualPath("/e")))
        self.successResultOf(self.storage.rename(VirtualPath("/d"), VirtualPath("/f")))
        self.successResultOf(self.storage.remove_directory(VirtualPath("/e")))
        self.put("/n", b"1")
        self.agree(11, 3)

    def test_file_that_was_removed_during_an_append(self) -> None:
        """The bytes may be in a new file: until the next count they are taken for stored."""
        handle = self.open("/a", WriteMode.APPEND)
        self.write(handle, b"12")
        self.successResultOf(self.storage.remove_file(A))
        self.commit(handle)
        self.assertEqual((self.totals, self.stored), ((8, 1), (6, 1)))
        self.clock.advance(RECOUNT_SECONDS)
        self.count()
        self.agree(6, 1)

    def test_change_that_fails_is_in_doubt(self) -> None:
        """Nobody knows what a failed call has done."""
        self.put("/n", b"1")

        async def fail(path: VirtualPath) -> None:
            self.remove_unseen("a")
            raise StorageFailed("I/O error")

        self.memory.remove_file = fail  # type: ignore[method-assign]  # a storage that fails
        self.failureResultOf(self.storage.remove_file(A), StorageFailed)
        self.clock.advance(RECOUNT_SECONDS)
        self.put("/m", b"1")
        self.assertEqual(self.totals, self.stored)


class InPlaceTests(LedgerCase):
    """Uploads that stand under the final name before their end."""

    def setUp(self) -> None:
        super().setUp()
        self.count()

    def test_two_uploads_of_one_file(self) -> None:
        """Each adds what it has added, in whatever order they end."""
        first, second = (self.open("/a", WriteMode.MODIFY, 4) for _ in range(2))
        self.write(first, b"12")
        self.commit(first)
        self.write(second, b"123")
        self.commit(second)
        self.agree(13, 2)

    def test_aborted_upload_of_a_storage_without_hidden_names(self) -> None:
        """The bytes that came stay, and count."""
        self.in_place()
        handle = self.open("/n")
        self.write(handle, b"12345")
        self.abort(handle)
        self.agree(15, 3)

    def test_aborted_replacement_of_a_storage_without_hidden_names(self) -> None:
        """The former file is gone."""
        self.in_place()
        handle = self.open("/a")
        self.write(handle, b"1")
        self.abort(handle)
        self.agree(7, 2)

    def test_upload_that_is_aborted_before_its_first_byte(self) -> None:
        """Nothing was changed, and nothing is marked."""
        self.clock.advance(5)
        self.abort(self.open("/a", WriteMode.APPEND))
        self.agree(10, 2)
        self.assertEqual(self.store.calls[-1], "save")

    def test_count_during_an_upload(self) -> None:
        """Bytes that were counted are not added again."""
        handle = self.open("/a", WriteMode.APPEND)
        self.write(handle, b"123")
        self.clock.advance(RECOUNT_SECONDS)
        self.count()
        self.write(handle, b"45")
        self.commit(handle)
        self.agree(15, 2)

    def test_count_during_an_upload_of_a_new_file(self) -> None:
        """The file is counted once."""
        handle = self.open("/n", WriteMode.APPEND)
        self.write(handle, b"123")
        self.clock.advance(RECOUNT_SECONDS)
        self.count()
        self.commit(handle)
        self.agree(13, 3)

    def test_file_that_is_renamed_during_an_upload(self) -> None:
        """It grows under its new name: the next count tells."""
        handle = self.open("/a", WriteMode.APPEND)
        self.write(handle, b"12")
        self.successResultOf(self.storage.rename(A, N))
        self.commit(handle)
        self.assertEqual(self.totals, self.stored)

    def test_file_that_is_replaced_during_an_upload(self) -> None:
        """In doubt the totals are too high, until the files are counted."""
        handle = self.open("/a", WriteMode.APPEND)
        self.write(handle, b"12")
        self.put("/a", b"1")
        self.commit(handle)
        self.assertEqual((self.totals, self.stored), ((9, 2), (7, 2)))
        self.clock.advance(RECOUNT_SECONDS)
        self.put("/n", b"")
        self.agree(7, 3)

    def test_file_that_comes_before_the_first_byte(self) -> None:
        """It is not the file of the upload, and was counted before: the next count tells."""
        handle = self.open("/n", WriteMode.APPEND)
        self.successResultOf(self.storage.rename(A, N))
        self.write(handle, b"12")
        self.commit(handle)
        self.clock.advance(RECOUNT_SECONDS)
        self.count()
        self.assertEqual(self.totals, self.stored)
        self.assertEqual(self.ledger.counts, 2)

    def test_directory_that_is_renamed_during_an_upload(self) -> None:
        """The commit may have replaced a file under another path: the next count tells."""
        handle = self.open("/d/n")
        self.write(handle, b"12")
        self.successResultOf(self.storage.rename(VirtualPath("/d"), VirtualPath("/e")))
        self.commit(handle)
        self.clock.advance(RECOUNT_SECONDS)
        self.put("/n", b"")
        self.assertEqual(self.ledger.counts, 2)
