"""How digests are computed: in steps, of one content, and stopped by ABOR."""

from __future__ import annotations

import hashlib

from twisted.internet.defer import Deferred

from ftpd_service.commands import computed_digests
from ftpd_service.commands.computed_digests import DIGEST_STEP_BYTES, LOOK_BYTES, TRIES, YOUNG_SECONDS
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import EntryKind, FileVersion
from tests.cases import SynchronousTestCase
from tests.commands.versioned_files import ChangingDigests, Content, LateDigests, NotedDigests, session, told


class StepTests(SynchronousTestCase):
    """The steps."""

    def test_a_large_file_is_read_in_steps(self) -> None:
        """No step is larger, and the last ends with the file."""
        content = Content(bytes(range(256)) * (DIGEST_STEP_BYTES // 128) + b"rest")
        self.assertEqual(session(content).say("HASH f", 213), told(content.data))
        self.assertEqual(content.sizes, [DIGEST_STEP_BYTES, DIGEST_STEP_BYTES, 4])

    def test_abor_stops_it(self) -> None:
        """451, as no data connection is open; the file is closed."""
        content = Content(b"abc", waiting=Deferred())
        dialogue = session(content)
        dialogue.say("HASH f")
        dialogue.say("ABOR", 451, 226)
        self.assertEqual(content.closed, content.opened)

    def test_a_client_that_leaves_stops_it(self) -> None:
        """The file is closed."""
        content = Content(b"abc", waiting=Deferred())
        dialogue = session(content)
        dialogue.say("HASH f")
        dialogue.lose()
        self.assertEqual((content.opened, content.closed), (1, 1))

    def test_a_second_digest_waits_for_the_first(self) -> None:
        """A session computes one digest at a time."""
        content = Content(b"abc", waiting=Deferred())
        dialogue = session(content)
        dialogue.say("HASH f")
        dialogue.say("XMD5 f")
        self.assertEqual(content.opened, 1)
        assert content.waiting is not None
        content.waiting.callback(None)
        self.assertEqual(dialogue.codes(), [213, 250])

    def test_nothing_is_sent_meanwhile(self) -> None:
        """curl, ftplib and ncftp take a preliminary reply for the end."""
        content = Content(b"abc", waiting=Deferred())
        dialogue = session(content)
        self.assertEqual(dialogue.say("HASH f"), [])

    def test_a_session_is_not_idle_meanwhile(self) -> None:
        """Its timeout begins anew with the answer."""
        content = Content(b"abc", waiting=Deferred())
        dialogue = session(content)
        dialogue.say("HASH f")
        idle = dialogue.settings.idle_seconds
        dialogue.clock.advance(3 * idle)
        self.assertEqual(dialogue.replies(), [])
        assert content.waiting is not None
        content.waiting.callback(None)
        self.assertEqual(dialogue.codes(), [213])
        dialogue.clock.advance(idle - 1)
        self.assertEqual(dialogue.replies(), [])
        dialogue.clock.advance(2)
        self.assertEqual(dialogue.codes(), [421])


class VersionTests(SynchronousTestCase):
    """Files that change while they are read."""

    def test_a_changed_file_is_read_again(self) -> None:
        """The answer is of one content."""
        content = Content(b"before")

        def change(number: int) -> None:
            if number == 1:
                content.data, content.changes = b"behind", 1

        content.at_read = change
        self.assertEqual(session(content).say("HASH f", 213), told(b"behind"))
        self.assertEqual((content.opened, content.closed), (2, 2))

    def test_a_file_that_keeps_changing_is_450(self) -> None:
        """The client may ask again later."""
        content = Content(b"before")

        def change(number: int) -> None:
            content.changes += 1

        content.at_read = change
        digests = NotedDigests()
        session(content, digests).say("HASH f", 450)
        self.assertEqual((content.opened, content.closed, digests.kept), (TRIES, TRIES, []))

    def test_a_file_that_was_cut_short_is_read_again(self) -> None:
        """With its new size."""
        content = Content(b"before")

        def change(number: int) -> None:
            if number == 1:
                content.data, content.changes = b"cut", 1

        content.at_read = change
        self.assertEqual(session(content).say("HASH f", 213), told(b"cut"))

    def test_a_large_file_that_changes_is_not_read_to_its_end(self) -> None:
        """The version is looked at from time to time."""
        self.patch(computed_digests, "LOOK_BYTES", 2 * DIGEST_STEP_BYTES)
        content = Content(bytes(8 * DIGEST_STEP_BYTES))

        def change(number: int) -> None:
            content.changes += 1

        content.at_read = change
        session(content).say("HASH f", 450)
        self.assertEqual(content.reads, 2 * TRIES)
        self.assertGreater(LOOK_BYTES, DIGEST_STEP_BYTES)


class YoungTests(SynchronousTestCase):
    """Files that have changed within the last ticks of the clock, so that their version may hide a change."""

    def young(self, content: Content, *, age: float = 0.001) -> Dialogue:
        """A session in which the file has changed a moment ago."""
        dialogue = session(content)
        content.changed_seconds = dialogue.now() - age
        return dialogue

    def test_a_change_within_a_tick(self) -> None:
        """Two readings have to agree."""
        content = Content(b"before")

        def change(number: int) -> None:
            if number == 2:
                content.data = b"behind"

        content.at_read = change
        self.assertEqual(self.young(content).say("HASH f", 213), told(b"behind"))
        self.assertEqual(content.opened, 3)

    def test_a_file_that_is_older(self) -> None:
        """One reading suffices, and so it does for times of another host's clock."""
        for age in (YOUNG_SECONDS + 0.001, -1.0):
            content = Content(b"abc")
            self.young(content, age=age).say("HASH f", 213)
            self.assertEqual(content.opened, 1)

    def test_a_large_file_is_read_anew_as_soon_as_it_is_older(self) -> None:
        """Not twice to its end."""
        content = Content(bytes(8 * DIGEST_STEP_BYTES))
        dialogue = self.young(content)
        content.at_read = lambda number: dialogue.clock.advance(YOUNG_SECONDS / 2)
        self.assertEqual(dialogue.say("HASH f", 213), told(content.data))
        self.assertEqual((content.opened, content.reads), (2, 2 + 8))

    def test_a_version_that_is_proved(self) -> None:
        """The digests that are kept have rules of their own."""
        content = Content(b"abc")
        dialogue = self.young(content)
        dialogue.parts.digests = NotedDigests()
        dialogue.say("HASH f", 213)
        self.assertEqual(content.opened, 1)


class UnfinishedTests(SynchronousTestCase):
    """Unfinished uploads, of which the last byte is not shown."""

    def test_what_is_shown_counts(self) -> None:
        """The client compares it with its own file before it goes on; nothing is looked up or kept."""
        digests = NotedDigests()
        dialogue = session(Content(b"abcd", kind=EntryKind.UNFINISHED), digests)
        self.assertEqual(dialogue.say("HASH f", 213), told(b"abc"))
        self.assertEqual((digests.asked, digests.kept), ([], []))

    def test_an_upload_that_grows_is_450(self) -> None:
        """As a file that changes."""
        content = Content(b"abcd", kind=EntryKind.UNFINISHED)

        def grow(number: int) -> None:
            content.data += b"e"

        content.at_read = grow
        session(content).say("HASH f", 450)


class KnownTests(SynchronousTestCase):
    """Digests that are known, and that are kept."""

    def test_a_known_digest_is_answered_without_reading(self) -> None:
        """It costs nothing."""
        content, digests = Content(b"abc"), NotedDigests("ab" * 32)
        self.assertEqual(session(content, digests).say("HASH f", 213), [f"213 SHA-256 0-2 {'ab' * 32} f"])
        self.assertEqual((content.reads, content.closed, digests.kept), (0, 1, []))

    def test_a_known_digest_is_that_of_the_range_in_the_answer(self) -> None:
        """A file that changes during the question is asked about again."""
        content = Content(b"abc")
        answer = session(content, LateDigests(content)).say("HASH f", 213)
        self.assertEqual((answer, content.opened), ([f"213 SHA-256 0-5 {'ab' * 32} f"], 2))

    def test_a_computed_digest_is_kept(self) -> None:
        """With the version before the reading."""
        content, digests = Content(b"abc"), NotedDigests()
        session(content, digests).say("XMD5 f", 250)
        self.assertEqual(digests.asked, ["md5"])
        self.assertEqual(digests.kept, [(FileVersion(1, 2, 3, 0, 0), "md5", hashlib.md5(b"abc").hexdigest())])

    def test_a_digest_of_a_range_is_neither_looked_up_nor_kept(self) -> None:
        """Only those of whole files are."""
        digests = NotedDigests()
        session(Content(b"abc"), digests).say('XMD5 "f" 1 2', 250)
        self.assertEqual((digests.asked, digests.kept), ([], []))

    def test_a_range_that_is_the_whole_file_is_looked_up(self) -> None:
        """Clients name the range of the file that they have."""
        digests = NotedDigests("ab" * 16)
        self.assertEqual(session(Content(b"abc"), digests).say('XMD5 "f" 0 3', 250), [f"250 {'AB' * 16}"])

    def test_a_version_that_proves_nothing_is_not_kept(self) -> None:
        """As right after a change."""
        digests = NotedDigests(proves=False)
        session(Content(b"abc"), digests).say("XMD5 f", 250)
        self.assertEqual(digests.kept, [])

    def test_a_file_that_changes_before_it_is_read(self) -> None:
        """`begin` may wait, and the file that was opened has another size behind it."""
        content = Content(b"abc")
        digests = ChangingDigests(content)
        self.assertEqual(session(content, digests).say("HASH f", 213), told(b"longer"))
        digest = hashlib.sha256(b"longer").hexdigest()
        self.assertEqual(digests.kept, [(FileVersion(1, 2, 6, 0, 0), "sha256", digest)])
