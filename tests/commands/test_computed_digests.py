"""How digests are computed: in steps, of one content, and stopped by ABOR."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpd_service.commands import computed_digests
from ftpd_service.commands.computed_digests import LOOK_BYTES, STEP_BYTES, TRIES
from ftpd_service.digest_interfaces import IDigests
from ftpd_service.interfaces import IReadHandle, IStorage
from ftpd_service.session.settings import SessionSettings
from ftpd_service.session.unknown_digests import UnknownDigests
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import ByteRange, Entry, EntryKind, FileVersion, VirtualPath
from ftpd_service.version_interfaces import IOpenUnread, IVersionedRead
from tests.cases import SynchronousTestCase


def nothing(number: int) -> None:
    """Change nothing."""


@dataclass
class Content:
    """The file of the storage.

    :ivar reads: how often it was read.
    :ivar at_read: is called before each read, with its number.
    """

    data: bytes
    changes: int = 0
    opened: int = 0
    closed: int = 0
    reads: int = 0
    at_read: Callable[[int], None] = nothing
    waiting: Deferred[None] | None = None
    at_open: Callable[[], object] = bool
    sizes: list[int] = field(default_factory=list)


@implementer(IVersionedRead)
class Versioned:
    """An open file whose version changes with each change of the content."""

    def __init__(self, content: Content, position: int) -> None:
        self._content = content
        self._position = position
        self._entry = Entry(name="f", kind=EntryKind.FILE, size=len(content.data), modified_ns=0, mode=0o644)

    def entry(self) -> Entry:
        return self._entry

    def first(self) -> bytes:
        return b""

    async def read(self, count: int) -> bytes:
        content = self._content
        content.reads += 1
        content.sizes.append(count)
        content.at_read(content.reads)
        if content.waiting is not None:
            await content.waiting
        data = content.data[self._position : self._position + min(count, self._entry.size - self._position)]
        self._position += len(data)
        return data

    def descriptor(self) -> int:
        raise NotImplementedError

    def range(self) -> ByteRange:
        raise NotImplementedError

    async def version(self) -> FileVersion:
        return FileVersion(1, 2, len(self._content.data), 0, self._content.changes)

    async def close(self) -> None:
        self._content.closed += 1


@implementer(IStorage, IOpenUnread)
class VersionedStorage(MemoryStorage):
    """A storage with one file."""

    def __init__(self, content: Content) -> None:
        super().__init__()
        self._content = content

    async def stat(self, path: VirtualPath) -> Entry:
        return Versioned(self._content, 0).entry()

    async def open_unread(self, path: VirtualPath, offset: int) -> IVersionedRead:
        self._content.opened += 1
        self._content.at_open()
        return Versioned(self._content, offset)


@implementer(IDigests)
class NotedDigests(UnknownDigests):
    """Knows what it is told to know, and notes what it shall keep."""

    def __init__(self, known: str | None = None, *, proves: bool = True) -> None:
        self._known = known
        self._proves = proves
        self.asked: list[str] = []
        self.kept: list[tuple[FileVersion, str, str]] = []

    async def find(self, handle: IReadHandle, algorithm: str) -> str | None:
        self.asked.append(algorithm)
        return self._known

    async def begin(self, handle: IReadHandle) -> FileVersion | None:
        return await IVersionedRead(handle).version() if self._proves else None

    def keep(self, handle: IReadHandle, version: FileVersion, algorithm: str, digest: str) -> None:
        self.kept.append((version, algorithm, digest))


def session(content: Content, digests: IDigests | None = None, *, settings: SessionSettings | None = None) -> Dialogue:
    """A session of alice with this file."""
    dialogue = Dialogue(storage=VersionedStorage(content), settings=settings)
    dialogue.log_in()
    if digests is not None:
        dialogue.parts.digests = digests
    return dialogue


def told(data: bytes) -> list[str]:
    """The reply to HASH for the whole of some bytes."""
    return [f"213 SHA-256 0-{len(data) - 1} {hashlib.sha256(data).hexdigest()} f"]


class StepTests(SynchronousTestCase):
    """The steps."""

    def test_a_large_file_is_read_in_steps(self) -> None:
        """No step is larger, and the last ends with the file."""
        content = Content(bytes(range(256)) * (STEP_BYTES // 128) + b"rest")
        self.assertEqual(session(content).say("HASH f", 213), told(content.data))
        self.assertEqual(content.sizes, [STEP_BYTES, STEP_BYTES, 4])

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
        self.patch(computed_digests, "LOOK_BYTES", 2 * STEP_BYTES)
        content = Content(bytes(8 * STEP_BYTES))

        def change(number: int) -> None:
            content.changes += 1

        content.at_read = change
        session(content).say("HASH f", 450)
        self.assertEqual(content.reads, 2 * TRIES)
        self.assertGreater(LOOK_BYTES, STEP_BYTES)


class KnownTests(SynchronousTestCase):
    """Digests that are known, and that are kept."""

    def test_a_known_digest_is_answered_without_reading(self) -> None:
        """It costs nothing."""
        content, digests = Content(b"abc"), NotedDigests("ab" * 32)
        self.assertEqual(session(content, digests).say("HASH f", 213), [f"213 SHA-256 0-2 {'ab' * 32} f"])
        self.assertEqual((content.reads, content.closed, digests.kept), (0, 1, []))

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


class ChangingDigests(NotedDigests):
    """A wait in which another program makes the file longer."""

    def __init__(self, content: Content) -> None:
        super().__init__()
        self._content = content

    async def begin(self, handle: IReadHandle) -> FileVersion | None:
        self._content.data = b"longer"
        return await super().begin(handle)


class FactTests(SynchronousTestCase):
    """Facts of digests in MLST: the key ``digests.facts``."""

    def session(self, digests: IDigests, *, facts: bool = True, asked: str = "size;x.md5;") -> Dialogue:
        """A session that has asked for facts."""
        self.content = Content(b"abc")
        settings = SessionSettings(digest_facts=facts, digests=("sha256", "md5"))
        dialogue = session(self.content, digests, settings=settings)
        self.opts = dialogue.say(f"OPTS MLST {asked}", 200)
        return dialogue

    def test_a_known_digest_is_told(self) -> None:
        """Only those that were asked for, and nothing is read."""
        digests = NotedDigests("ab" * 16)
        dialogue = self.session(digests)
        self.assertEqual(self.opts, ["200 MLST OPTS size;x.md5;"])
        self.assertIn(f" size=3;x.md5={'ab' * 16}; /f", dialogue.say("MLST f", 250))
        self.assertEqual((digests.asked, self.content.reads, self.content.closed), (["md5"], 0, 1))

    def test_an_unknown_digest_is_left_out(self) -> None:
        """It would have to be computed."""
        self.assertIn(" size=3; /f", self.session(NotedDigests()).say("MLST f", 250))

    def test_feat_names_the_facts(self) -> None:
        """They are off until a client asks."""
        lines = self.session(NotedDigests(), asked="size;X.SHA256").say("FEAT", 211)
        (line,) = (line for line in lines if line.startswith(" MLST"))
        self.assertTrue(line.endswith(";create;x.sha256*;x.md5;"), line)

    def test_without_the_key(self) -> None:
        """They are unknown facts, which are ignored."""
        digests = NotedDigests("ab" * 16)
        dialogue = self.session(digests, facts=False)
        self.assertEqual(self.opts, ["200 MLST OPTS size;"])
        self.assertIn(" size=3; /f", dialogue.say("MLST f", 250))
        self.assertFalse(any("x.md5" in line for line in dialogue.say("FEAT", 211)))

    def test_they_are_not_asked_for_by_default(self) -> None:
        """Nothing is opened."""
        digests = NotedDigests("ab" * 16)
        content = Content(b"abc")
        session(content, digests, settings=SessionSettings(digest_facts=True)).say("MLST f", 250)
        self.assertEqual((digests.asked, content.opened), ([], 0))

    def test_the_file_of_the_row_is_meant(self) -> None:
        """The digest of another version is left out."""
        dialogue = self.session(NotedDigests("ab" * 16))
        dialogue.replies()
        self.content.at_open = self.change
        self.assertIn(" size=3; /f", dialogue.say("MLST f", 250))

    def change(self) -> None:
        """Change the file between the look at it and its opening."""
        self.content.data = b"other"

    def test_mlsd_has_no_digests(self) -> None:
        """A directory of files would have to be opened."""
        dialogue = self.session(NotedDigests("ab" * 16))
        self.assertNotIn(b"x.md5", dialogue.download("MLSD"))
