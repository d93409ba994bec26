"""What uploads of an account may take together."""

from __future__ import annotations

from ftpd_service.account import Quota
from ftpd_service.errors import QuotaExceeded
from ftpd_service.policy.quotas import SCARCE_BYTES, Reservation, Standing, Totals, Usage
from ftpd_service.values import VirtualPath
from tests.cases import SynchronousTestCase

QUOTA = Quota(bytes=100, files=3)
A, LINK, NEW = VirtualPath("/a"), VirtualPath("/link"), VirtualPath("/new")
FORTY = Standing(A, "1", 40)


class UsageCase(SynchronousTestCase):
    """60 bytes in 2 files of 100 bytes and 3 files."""

    def setUp(self) -> None:
        self.usage = Usage()
        self.usage.totals = Totals(60, 2)

    def begin(self, standing: Standing, *, start: int = 0, replaces: bool = True) -> Reservation:
        """An upload that begins."""
        return self.usage.begin(standing, start=start, replaces=replaces, quota=QUOTA)

    def room(self, reservation: Reservation, quota: Quota | None = QUOTA) -> int | None:
        """Its room."""
        return self.usage.room(reservation, quota)


class RoomTests(UsageCase):
    """The room of an upload."""

    def test_new_file_may_use_what_is_left(self) -> None:
        """40 of 100 bytes."""
        self.assertEqual(self.room(self.begin(Standing(NEW))), 40)

    def test_replacing_file_may_use_the_former_room(self) -> None:
        """And what is left."""
        self.assertEqual(self.room(self.begin(FORTY)), 80)

    def test_bytes_inside_a_file_replace_others(self) -> None:
        """Those from the offset to the end."""
        self.assertEqual(self.room(self.begin(FORTY, start=30)), 50)

    def test_bytes_at_the_end_replace_none(self) -> None:
        """The file grows by all of them."""
        self.assertEqual(self.room(self.begin(FORTY, start=40)), 40)

    def test_no_quota(self) -> None:
        """No limit."""
        self.assertIsNone(self.room(self.begin(Standing(NEW)), None))

    def test_quota_of_files_only(self) -> None:
        """No limit of bytes."""
        self.assertIsNone(self.room(self.begin(Standing(NEW)), Quota(files=3)))

    def test_taken_bytes_are_not_there_for_others(self) -> None:
        """The sum counts."""
        first, second = self.begin(FORTY), self.begin(Standing(NEW))
        self.usage.take(first, 50, QUOTA)
        self.assertEqual((self.room(first), self.room(second)), (30, 30))

    def test_only_what_fits_is_taken(self) -> None:
        """The rest is refused by the caller."""
        upload = self.begin(Standing(NEW))
        self.assertEqual([self.usage.take(upload, count, QUOTA) for count in (39, 2, 1)], [39, 1, 0])

    def test_end_gives_back(self) -> None:
        """What an upload held."""
        upload = self.begin(Standing(NEW))
        self.usage.take(upload, 40, QUOTA)
        self.usage.end(upload)
        self.assertEqual((self.usage.left(QUOTA), self.usage.busy), (40, False))

    def test_replacement_in_an_account_over_its_quota(self) -> None:
        """The sum does not grow by it."""
        self.usage.totals = Totals(200, 2)
        self.assertEqual(self.room(self.begin(FORTY)), 40)

    def test_room_of_an_upload_to_come(self) -> None:
        """The same as if it began."""
        self.assertEqual(self.usage.room_at(FORTY, 30, QUOTA, replaces=True), 50)


class CreditTests(UsageCase):
    """One upload gets the room of a file."""

    def test_second_upload_of_a_file(self) -> None:
        """Only what is left."""
        self.begin(FORTY)
        self.assertEqual(self.room(self.begin(FORTY)), 40)

    def test_upload_through_a_link(self) -> None:
        """The same file."""
        self.begin(FORTY)
        self.assertEqual(self.room(self.begin(Standing(LINK, "1", 40))), 40)

    def test_storage_that_does_not_tell_which_file_it_is(self) -> None:
        """The path decides."""
        self.begin(Standing(A, "", 40))
        self.assertEqual(self.room(self.begin(Standing(A, "", 40))), 40)

    def test_file_that_is_removed(self) -> None:
        """Its room is not given twice."""
        upload = self.begin(FORTY)
        self.usage.removed(FORTY)
        self.assertEqual((self.room(upload), self.usage.totals), (80, Totals(20, 1)))

    def test_file_that_is_renamed(self) -> None:
        """It stays, so nobody gets its room."""
        upload = self.begin(FORTY)
        self.usage.moved(FORTY)
        self.assertEqual(self.room(upload), 40)


class AllotmentTests(UsageCase):
    """The room of a slice."""

    def setUp(self) -> None:
        super().setUp()
        self.quota = Quota(bytes=60 + 8 * SCARCE_BYTES)

    def test_most(self) -> None:
        """No more than was asked for."""
        self.assertEqual(self.usage.allot(self.begin(FORTY), 10, self.quota), 10)

    def test_a_quarter_where_little_is_left(self) -> None:
        """So that other uploads go on."""
        first, second = (self.usage.begin(Standing(NEW), start=0, replaces=True, quota=None) for _ in range(2))
        allotted = [self.usage.allot(one, 2**30, self.quota) for one in (first, second)]
        self.assertEqual(allotted, [2 * SCARCE_BYTES, 6 * SCARCE_BYTES // 4])

    def test_all_where_very_little_is_left(self) -> None:
        """Exactly the room."""
        self.assertEqual(self.usage.allot(self.begin(Standing(NEW)), 2**30, QUOTA), 40)

    def test_unused_part_is_given_back(self) -> None:
        """With the slice."""
        upload = self.begin(Standing(NEW))
        self.usage.allot(upload, 2**30, QUOTA)
        self.usage.settle(upload, 10, QUOTA)
        self.assertEqual((self.room(upload), self.usage.left(QUOTA)), (30, 30))

    def test_bytes_that_are_written_in_another_way(self) -> None:
        """They need no allotment besides."""
        upload = self.begin(Standing(NEW))
        self.usage.allot(upload, 2**30, QUOTA)
        self.assertEqual(self.usage.take(upload, 50, QUOTA), 40)

    def test_slice_that_wrote_too_much(self) -> None:
        """An error, if the quota does not allow it."""
        upload = self.begin(Standing(NEW))
        self.usage.allot(upload, 10, QUOTA)
        self.usage.settle(upload, 40, QUOTA)
        self.assertRaises(QuotaExceeded, self.usage.settle, upload, 1, QUOTA)


class BeginTests(UsageCase):
    """The refusal before the first byte."""

    def test_last_file(self) -> None:
        """The third."""
        self.begin(Standing(NEW))

    def test_file_too_many(self) -> None:
        """One that is being made counts."""
        self.begin(Standing(NEW))
        self.assertRaises(QuotaExceeded, self.begin, Standing(A))

    def test_replacing_makes_no_file(self) -> None:
        """So the number may be used up."""
        self.usage.totals = Totals(60, 3)
        self.begin(FORTY)

    def test_last_byte(self) -> None:
        """It fits."""
        self.usage.totals = Totals(99, 2)
        self.begin(Standing(NEW))

    def test_no_byte(self) -> None:
        """Not even an empty file is made: most files are not empty."""
        self.usage.totals = Totals(100, 2)
        self.assertRaises(QuotaExceeded, self.begin, Standing(NEW))

    def test_refused_upload_holds_nothing(self) -> None:
        """It has not begun."""
        self.usage.totals = Totals(100, 2)
        self.assertRaises(QuotaExceeded, self.begin, Standing(NEW))
        self.assertFalse(self.usage.busy)


class EffectTests(UsageCase):
    """The totals after changes."""

    def test_new_file(self) -> None:
        """It is added."""
        self.usage.committed(Standing(NEW), 7)
        self.assertEqual(self.usage.totals, Totals(67, 3))

    def test_replaced_file(self) -> None:
        """The former file is taken away."""
        self.usage.committed(FORTY, 7)
        self.assertEqual(self.usage.totals, Totals(27, 2))

    def test_two_changes_of_one_file(self) -> None:
        """Each adds its own bytes."""
        first, second = self.begin(FORTY, start=40), self.begin(FORTY, start=40)
        self.usage.resized(first, 50)
        self.usage.end(first)
        self.usage.resized(second, 55)
        self.assertEqual(self.usage.totals, Totals(75, 2))

    def test_two_appends_that_make_a_file(self) -> None:
        """It counts once."""
        first = self.begin(Standing(NEW))
        self.usage.identified(first.file, Standing(NEW, "9", 5))
        second = self.begin(Standing(NEW, "9", 5))
        self.usage.resized(second, 8)
        self.usage.resized(first, 9)
        self.assertEqual(self.usage.totals, Totals(69, 3))

    def test_file_that_is_removed_while_it_grows(self) -> None:
        """Only what was counted is taken away."""
        self.begin(FORTY, start=40)
        self.usage.removed(Standing(A, "1", 55))
        self.assertEqual(self.usage.totals, Totals(20, 1))

    def test_new_file_that_is_removed_while_it_grows(self) -> None:
        """It was not counted."""
        upload = self.begin(Standing(NEW), replaces=False)
        self.usage.identified(upload.file, Standing(NEW, "9", 5))
        self.usage.removed(Standing(NEW, "9", 5))
        self.assertEqual(self.usage.totals, Totals(60, 2))

    def test_file_that_two_uploads_make(self) -> None:
        """By paths that looked different, as through links of directories: nobody knows whose bytes are where."""
        self.usage.totals = Totals(60, 1)
        first, second = self.begin(Standing(NEW)), self.begin(Standing(LINK))
        self.usage.identified(first.file, Standing(NEW, "9", 5))
        self.usage.identified(second.file, Standing(LINK, "9", 5))
        self.assertEqual((first.file.gone, second.file.gone), (True, True))

    def test_unknown_outcome(self) -> None:
        """The most that it can be."""
        upload = self.begin(Standing(NEW))
        self.usage.take(upload, 10, QUOTA)
        self.usage.assumed(upload)
        self.assertEqual(self.usage.totals, Totals(70, 3))


class RecountTests(UsageCase):
    """A count while uploads change files in place."""

    def recounted(self, upload: Reservation, totals: Totals, size: int) -> None:
        """The files were counted, with this size of the upload's."""
        self.usage.recounted(totals, {upload.file: size})

    def test_counted_bytes_are_not_held_besides(self) -> None:
        """The room of the upload stays the same."""
        upload = self.begin(FORTY, start=40)
        self.usage.take(upload, 15, QUOTA)
        self.recounted(upload, Totals(75, 2), 55)
        self.assertEqual((self.room(upload), self.usage.left(QUOTA)), (25, 25))

    def test_counted_bytes_are_not_added_besides(self) -> None:
        """The end adds only the later ones."""
        upload = self.begin(FORTY, start=40)
        self.recounted(upload, Totals(75, 2), 55)
        self.usage.resized(upload, 60)
        self.assertEqual(self.usage.totals, Totals(80, 2))

    def test_counted_file_is_not_held_besides(self) -> None:
        """The number of files."""
        upload = self.begin(Standing(NEW))
        self.usage.take(upload, 5, QUOTA)
        self.recounted(upload, Totals(65, 3), 5)
        self.usage.end(upload)
        self.usage.totals = Totals(60, 2)
        self.begin(Standing(NEW))

    def test_file_that_was_cut(self) -> None:
        """Its former room is free for all, not for its upload alone."""
        upload = self.begin(FORTY)
        self.recounted(upload, Totals(20, 2), 0)
        self.assertEqual((self.room(upload), self.usage.left(QUOTA)), (80, 80))
