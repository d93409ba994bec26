"""The digests of a session: what is found, kept, taken of uploads, and computed later."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ftpd_service.digests.idle_digests import IdleDigests
from ftpd_service.digests.kept_digests import KeptDigests
from ftpd_service.digests.service_digests import ServiceDigests, SessionDigests
from ftpd_service.digests.settings import DigestSettings
from ftpd_service.digests.watched_uploads import WatchedUploads
from ftpd_service.errors import StorageFull
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.testing.fakes import at_once
from ftpd_service.testing.on_disk import Disk
from tests.cases import SynchronousTestCase
from tests.digests.real_files import CONTENT, LaterFiles
from tests.open_files import open_files

SECOND_NS = 1_000_000_000
MD5 = hashlib.md5(CONTENT).hexdigest().upper()


class SessionDigestsTests(SynchronousTestCase):
    """A client with files on a disk, a second after each change."""

    def setUp(self) -> None:
        self.disk = Disk(os.path.abspath(self.mktemp()))
        self.clock = Clock()
        self.files = LaterFiles()
        self.files.later_ns = SECOND_NS
        self.kept = KeptDigests(self.clock)
        self.busy = False
        self.steps = 0
        watched = WatchedUploads(self.kept, self.files, self.clock)
        self.addCleanup(watched.close)
        self.service = ServiceDigests(
            DigestSettings(),
            "md5",
            kept=self.kept,
            files=self.files,
            watched=watched,
            idle=IdleDigests(self.kept, self.files, blocking=at_once, clock=self.clock, busy=lambda: self.busy),
            clock=self.clock,
        )
        login = self.disk.login()
        self.dialogue = Dialogue(storage=login.local(self.disk.root))
        self.dialogue.parts.digests = self.digests = SessionDigests(self.service)
        self.dialogue.log_in()

    def precompute(self) -> None:
        """Change the setting, as a reload does."""
        self.service.settings = replace(self.service.settings, precompute=True)

    def test_a_digest_is_computed_once(self) -> None:
        """Whoever asks again finds it, and what has changed is computed anew."""
        self.disk.put("/f", CONTENT)
        self.assertEqual(self.dialogue.say("XMD5 f", 250), self.dialogue.say("XMD5 f", 250))
        self.assertEqual(self.kept.found, 1)
        self.disk.put("/f", b"other")
        other = hashlib.md5(b"other").hexdigest().upper()
        self.assertEqual(self.dialogue.say("XMD5 f", 250), [f"250 {other}"])

    def test_a_small_file(self) -> None:
        """Is kept in memory too."""
        self.disk.put("/f", b"small")
        self.dialogue.say("XMD5 f", 250)
        self.dialogue.say("XMD5 f", 250)
        self.assertEqual(self.kept.found, 1)

    def test_each_algorithm_is_kept(self) -> None:
        """By its name."""
        self.disk.put("/f", CONTENT)
        for verb in ("XMD5", "XCRC", "XMD5", "XCRC"):
            self.dialogue.say(f"{verb} f", 250)
        self.assertEqual(self.kept.found, 2)

    def test_a_range_is_not_kept(self) -> None:
        """Only the digest of a whole file is."""
        self.disk.put("/f", CONTENT)
        self.dialogue.say('XMD5 "f" 1 10', 250)
        self.dialogue.say('XMD5 "f" 1 10', 250)
        self.assertEqual((self.kept.found, self.kept.missed), (0, 0))

    def test_a_file_that_has_just_changed(self) -> None:
        """Is waited for, some milliseconds, so that its digest can be kept."""
        self.files.later_ns = 0
        self.disk.put("/f", CONTENT)
        self.dialogue.replies()
        self.dialogue.send(b"XMD5 f\r\n")
        self.assertEqual(self.dialogue.replies(), [])
        self.files.later_ns = SECOND_NS
        self.clock.advance(1)
        self.assertEqual(self.dialogue.replies(), [f"250 {MD5}"])
        self.dialogue.say("XMD5 f", 250)
        self.assertEqual(self.kept.found, 1)

    def test_a_file_that_is_being_written(self) -> None:
        """Is computed without waiting, and not kept."""
        self.disk.put("/f", CONTENT)
        with open(f"{self.disk.root}/f", "r+b"):
            self.dialogue.say("XMD5 f", 250)
        self.dialogue.say("XMD5 f", 250)
        self.assertEqual(self.kept.found, 0)

    def test_keep_is_off(self) -> None:
        """Every digest is computed."""
        self.service.settings = DigestSettings(keep=False)
        self.disk.put("/f", CONTENT)
        self.dialogue.say("XMD5 f", 250)
        self.dialogue.say("XMD5 f", 250)
        self.assertEqual((self.kept.found, self.kept.missed), (0, 0))

    def test_a_storage_without_versions(self) -> None:
        """Has no digest that could be kept."""
        dialogue = Dialogue(storage=MemoryStorage())
        dialogue.parts.digests = SessionDigests(self.service)
        dialogue.log_in()
        dialogue.upload("STOR f", CONTENT)
        self.assertEqual(dialogue.say("XMD5 f", 250), [f"250 {MD5}"])

    def test_uploads_of_a_client_that_asks(self) -> None:
        """Their digests are taken of their bytes, so that the next question costs nothing."""
        self.disk.put("/other", b"x")
        self.dialogue.say("XMD5 other", 250)
        self.dialogue.upload("STOR f", CONTENT)
        self.assertEqual(self.dialogue.say("XMD5 f", 250), [f"250 {MD5}"])
        self.assertEqual(self.kept.found, 1)
        self.assertEqual(open_files(self.disk.root), set())

    def test_uploads_of_a_client_that_does_not_ask(self) -> None:
        """Nothing is computed for them."""
        self.assertIsNone(self.digests.taking())
        self.dialogue.upload("STOR f", CONTENT)
        self.dialogue.say("XMD5 f", 250)
        self.assertEqual(self.kept.found, 0)

    def test_an_upload_behind_a_part(self) -> None:
        """APPE does not bring all bytes of a file."""
        self.disk.put("/f", b"x")
        self.dialogue.say("XMD5 f", 250)
        self.dialogue.upload("APPE f", CONTENT)
        wanted = hashlib.md5(b"x" + CONTENT).hexdigest().upper()
        self.assertEqual(self.dialogue.say("XMD5 f", 250), [f"250 {wanted}"])

    def test_a_renamed_upload(self) -> None:
        """As of clients that upload under another name, and set the time."""
        self.disk.put("/other", b"x")
        self.dialogue.say("XMD5 other", 250)
        self.dialogue.upload("STOR part", CONTENT)
        self.dialogue.say("MFMT 20200101000000 part", 213)
        self.dialogue.say("RNFR part", 350)
        self.dialogue.say("RNTO f", 250)
        self.assertEqual(self.dialogue.say("XMD5 f", 250), [f"250 {MD5}"])
        self.assertEqual(self.kept.found, 1)

    def test_a_commit_that_fails(self) -> None:
        """Leaves nothing open."""
        self.precompute()
        self.disk.put_directory("/f.d")
        os.chmod(self.disk.root, 0o700)
        self.patch(os, "link", refuse)
        self.dialogue.say("EPSV", 229)
        self.dialogue.data.incoming = CONTENT
        self.dialogue.say("STOR f", 150, 451)
        self.assertEqual(open_files(self.disk.root), set())

    def test_a_disk_that_is_full(self) -> None:
        """The last bytes may be written only for the digest: the upload is refused as at its commit."""

        async def fail(*arguments: object, **more: object) -> None:
            raise StorageFull("full")

        self.patch(self.digests, "uploaded", fail)
        self.dialogue.say("EPSV", 229)
        self.dialogue.data.incoming = CONTENT
        self.dialogue.say("STOR f", 150, 552)
        self.assertEqual((self.disk.names("/"), open_files(self.disk.root)), ([], set()))

    def test_precomputed_digests(self) -> None:
        """Of uploads whose bytes did not pass through Python, by the first algorithm."""
        self.precompute()
        self.service.watched = None
        self.dialogue.upload("STOR f", CONTENT)
        self.dialogue.say("XMD5 f", 250)
        self.assertEqual(self.kept.found, 1)

    def test_precompute_takes_bytes_that_pass(self) -> None:
        """Then nothing has to be read."""
        self.precompute()
        self.busy = True
        self.dialogue.upload("STOR f", CONTENT)
        self.dialogue.say("XMD5 f", 250)
        self.assertEqual(self.kept.found, 1)

    def test_small_uploads_are_not_precomputed(self) -> None:
        """Their digest costs less than the preparations."""
        self.precompute()
        self.dialogue.upload("STOR f", b"small")
        self.dialogue.say("XMD5 f", 250)
        self.assertEqual(self.kept.found, 0)

    def test_small_additions_to_a_large_file(self) -> None:
        """The file is not read again for each of them."""
        self.precompute()
        self.disk.put("/f", CONTENT)
        self.dialogue.upload("APPE f", CONTENT[: 1024 * 1024])
        self.dialogue.say("XMD5 f", 250)
        self.assertEqual(self.kept.found, 0)

    def test_clients_that_cannot_ask(self) -> None:
        """Nothing is computed if no algorithm is offered."""
        self.precompute()
        self.service.preferred = None
        self.assertIsNone(self.digests.taking())
        self.dialogue.upload("STOR f", CONTENT)
        self.assertEqual(open_files(self.disk.root), set())

    def test_the_end_of_the_service(self) -> None:
        """Leaves nothing open."""
        self.precompute()
        self.busy = True
        self.service.watched = None
        self.dialogue.upload("STOR f", CONTENT)
        self.assertEqual(len(open_files(self.disk.root)), 1)
        self.successResultOf(Deferred.fromCoroutine(self.service.close()))
        self.assertEqual(open_files(self.disk.root), set())


def refuse(*arguments: object, **more: object) -> None:
    """Fail as a disk does."""
    raise OSError(5, "broken")
