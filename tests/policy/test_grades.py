"""Tests of the grades of uploads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.policy.grades import Graded, action_for, grade_of, start_of
from ftpd_service.reasons import UploadEvidence, UploadGrade
from ftpd_service.upload_policy import GradeAction, UploadPolicy
from ftpd_service.values import DataEnd, RepresentationType, WriteMode
from tests.cases import SynchronousTestCase

PROVED, LIKELY, DOUBTFUL = UploadGrade.PROVED, UploadGrade.LIKELY, UploadGrade.DOUBTFUL
IMAGE, ASCII = RepresentationType.IMAGE, RepresentationType.ASCII


def graded(
    received: int,
    end: DataEnd = DataEnd.FIN,
    *,
    announced: int | None = None,
    start: int = 0,
    kind: RepresentationType = IMAGE,
    replaced: int | None = None,
) -> Graded:
    """The grade of an upload, of a new file if nothing else is said."""
    return grade_of(received, end, announced=announced, start=start, kind=kind, replaced=replaced)


class EndTests(SynchronousTestCase):
    """The end of the data alone."""

    def test_close_notify(self) -> None:
        """Only the client can send it (RFC 8446 section 6.1)."""
        self.assertEqual(graded(3, DataEnd.CLOSE_NOTIFY), (PROVED, UploadEvidence.CLOSE_NOTIFY))

    def test_fin_in_clear(self) -> None:
        """A dying client may send it too."""
        self.assertEqual(graded(3), (LIKELY, UploadEvidence.CLEAN_END))

    def test_tls_without_close_notify(self) -> None:
        """Somebody may have cut it."""
        self.assertEqual(graded(3, DataEnd.TRUNCATED), (DOUBTFUL, UploadEvidence.NO_CLOSE_NOTIFY))


class AnnouncedTests(SynchronousTestCase):
    """ALLO's number."""

    def test_fewer_equal_and_more(self) -> None:
        """Fewer bytes are doubtful, as many are proved; with more the number meant something else."""
        self.assertEqual([graded(count, announced=10).grade for count in (9, 10, 11)], [DOUBTFUL, PROVED, LIKELY])

    def test_fewer_bytes_with_close_notify(self) -> None:
        """The client ended early, in order."""
        expected = (DOUBTFUL, UploadEvidence.FEWER_THAN_ANNOUNCED)
        self.assertEqual(graded(9, DataEnd.CLOSE_NOTIFY, announced=10), expected)

    def test_as_many_bytes_without_close_notify(self) -> None:
        """The number came by the control connection, which nobody has cut."""
        self.assertEqual(graded(10, DataEnd.TRUNCATED, announced=10), (PROVED, UploadEvidence.ANNOUNCED_SIZE))

    def test_zero_announces_nothing(self) -> None:
        """Some clients send it always."""
        self.assertEqual(graded(0, announced=0).grade, LIKELY)

    def test_line_ends_that_are_converted(self) -> None:
        """The number may count other bytes than those on the connection, so it proves nothing; fewer are too few."""
        grades = [graded(count, announced=10, kind=ASCII).grade for count in (9, 10)]
        self.assertEqual(grades, [DOUBTFUL, LIKELY])

    def test_whole_file_behind_a_restart_offset(self) -> None:
        """REST 60, of 100 bytes."""
        self.assertEqual([graded(count, announced=100, start=60).grade for count in (39, 40)], [DOUBTFUL, PROVED])

    def test_bytes_that_are_left_behind_a_restart_offset(self) -> None:
        """REST 60, and 40 bytes are left: fewer than 40 cannot be told from the tail of a shorter file."""
        self.assertEqual([graded(count, announced=40, start=60).grade for count in (39, 40)], [LIKELY, PROVED])

    def test_a_cut_that_an_attacker_chose(self) -> None:
        """100 bytes are left behind 60: a TLS connection that is cut after 40 bytes makes a file of 100 bytes."""
        self.assertEqual(graded(40, DataEnd.TRUNCATED, announced=100, start=60).grade, DOUBTFUL)


class FormerFileTests(SynchronousTestCase):
    """The file that is replaced."""

    def test_shorter_equal_and_longer(self) -> None:
        """Only a shorter file raises a doubt."""
        self.assertEqual([graded(count, replaced=10).grade for count in (9, 10, 11)], [DOUBTFUL, LIKELY, LIKELY])
        self.assertIs(graded(9, replaced=10).evidence, UploadEvidence.SHORTER_THAN_FORMER)

    def test_shorter_with_a_proof(self) -> None:
        """Files do become shorter."""
        ends = [graded(9, DataEnd.CLOSE_NOTIFY, replaced=10), graded(9, announced=9, replaced=10)]
        self.assertEqual([one.grade for one in ends], [PROVED, PROVED])


class StartTests(SynchronousTestCase):
    """`start_of`."""

    def test_each_mode(self) -> None:
        """APPE goes on behind the file, REST behind its offset, and others begin anew."""
        modes = (WriteMode.REPLACE, WriteMode.CREATE, WriteMode.MODIFY, WriteMode.APPEND)
        self.assertEqual([start_of(mode, 4, 7) for mode in modes], [0, 0, 4, 7])

    def test_append_to_a_missing_file(self) -> None:
        """It begins at 0."""
        self.assertEqual(start_of(WriteMode.APPEND, 0, None), 0)


class ActionTests(SynchronousTestCase):
    """`action_for`."""

    def test_each_grade_has_its_own(self) -> None:
        """Those that are proved are kept, whatever the others are."""
        keep, discard = GradeAction.KEEP, GradeAction.DISCARD
        policy = UploadPolicy(if_likely=discard, if_doubtful=discard, if_aborted=discard)
        actions = [action_for(policy, grade) for grade in (PROVED, LIKELY, DOUBTFUL, UploadGrade.ABORTED)]
        self.assertEqual(actions, [keep, discard, discard, discard])

    def test_defaults(self) -> None:
        """Only broken uploads are dropped."""
        actions = [action_for(UploadPolicy(), grade).value for grade in UploadGrade]
        self.assertEqual(actions, ["keep", "keep", "keep", "discard"])


SIZES = st.integers(0, 200)
MAYBE = st.none() | SIZES


class PropertyTests(SynchronousTestCase):
    """What holds for all uploads."""

    @given(SIZES, st.sampled_from(DataEnd), MAYBE, SIZES, st.sampled_from(RepresentationType), MAYBE)
    def test_proofs_are_of_two_kinds(
        self,
        received: int,
        end: DataEnd,
        announced: int | None,
        start: int,
        kind: RepresentationType,
        replaced: int | None,
    ) -> None:
        """close_notify, or ALLO's number in TYPE I; never with fewer bytes than ALLO's."""
        proved = graded(received, end, announced=announced, start=start, kind=kind, replaced=replaced).grade is PROVED
        by_size = bool(announced) and kind is IMAGE and announced in (received, received + start)
        if proved:
            self.assertTrue(end is DataEnd.CLOSE_NOTIFY or by_size)
            self.assertGreaterEqual(received + start, announced or 0)
        elif by_size:
            self.assertIs(end, DataEnd.TRUNCATED)

    @given(st.integers(1, 200), st.data())
    def test_no_cut_is_likely_where_the_size_was_announced(self, size: int, data: st.DataObject) -> None:
        """A whole file that ALLO announced, cut anywhere, by any end."""
        received = data.draw(st.integers(0, size - 1))
        end = data.draw(st.sampled_from(DataEnd))
        self.assertIs(graded(received, end, announced=size).grade, DOUBTFUL)
