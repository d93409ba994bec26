"""Uploads whose digests were taken of their bytes, from before their commit on."""

from __future__ import annotations

import os

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ftpd_service.digests import watched_uploads
from ftpd_service.digests.kept_digests import KeptDigests
from ftpd_service.digests.watched_uploads import UPLOAD_WATCH_SECONDS, WatchedUploads
from ftpd_service.kernel.descriptors import reopened
from ftpd_service.storage.local.handles import LocalRead
from ftpd_service.testing.fakes import at_once
from tests.cases import TestCase
from tests.digests.real_files import LaterFiles, entry_of
from tests.open_files import open_files

SECOND_NS = 1_000_000_000


class WatchedUploadsTests(TestCase):
    """`WatchedUploads` and a file without a name that gets one."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.files = LaterFiles()
        self.kept = KeptDigests(self.clock)
        self.uploads = WatchedUploads(self.kept, self.files, self.clock)
        self.addCleanup(self.uploads.close)
        self.folder = os.path.abspath(self.mktemp())
        os.mkdir(self.folder)
        self.path = os.path.join(self.folder, "upload")

    def begun(self) -> int:
        """Write the bytes of an upload."""
        writing = os.open(self.folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
        os.write(writing, b"content")
        return writing

    def name(self, writing: int) -> None:
        """Give an upload its name, and close it."""
        os.link(f"/proc/self/fd/{writing}", self.path, src_dir_fd=0, follow_symlinks=True)
        os.close(writing)

    def committed(self) -> None:
        """Make an upload from its first byte to its commit."""
        writing = self.begun()
        upload = self.uploads.watch(self.reading(writing), {"md5": "00"})
        assert upload is not None
        self.name(writing)
        upload.committed()

    def reading(self, writing: int) -> LocalRead:
        """Open an upload for reading."""
        descriptor = reopened(writing)
        return LocalRead(at_once, descriptor, entry_of(descriptor), b"", 0)

    def found(self) -> str | None:
        """Look for the digest of the file, as a client's command does."""
        with open(self.path, "rb") as file:
            self.uploads.wait_seconds(file.fileno())
        return self.kept_digest()

    def kept_digest(self) -> str | None:
        """Look for it without asking the watch."""
        with open(self.path, "rb") as file:
            version = self.files.version(file.fileno())
        return self.successResultOf(Deferred.fromCoroutine(self.kept.find(version, "md5")))

    def write(self) -> None:
        """Write as another program does, with the times as they were."""
        facts = os.stat(self.path)
        with open(self.path, "r+b") as file:
            file.write(b"CONTENT")
        os.utime(self.path, ns=(facts.st_atime_ns, facts.st_mtime_ns))

    def test_an_upload(self) -> None:
        """Has its digest as soon as its change time is two ticks old, whoever asks then."""
        self.committed()
        self.assertIsNone(self.found())
        self.files.later_ns = SECOND_NS
        self.assertEqual(self.found(), "00")

    def test_nobody_has_to_ask(self) -> None:
        """The digest is kept by a timer, so that it survives a restart; then the file is closed."""
        self.committed()
        self.assertEqual(len(open_files(self.folder)), 1)
        self.files.later_ns = SECOND_NS
        self.clock.advance(1)
        self.assertEqual(open_files(self.folder), set())
        self.uploads.close()
        self.assertEqual(self.kept_digest(), "00")

    def test_a_write_behind_the_commit(self) -> None:
        """Also within the tick of the commit, when all times stay as they were."""
        self.committed()
        self.write()
        self.files.later_ns = SECOND_NS
        self.clock.advance(1)
        self.assertIsNone(self.found())

    def test_a_program_that_has_opened_the_file(self) -> None:
        """For writing, and has not written yet."""
        self.committed()
        self.files.later_ns = SECOND_NS
        with open(self.path, "r+b"):
            self.assertIsNone(self.found())
        self.assertIsNone(self.found())

    def test_a_rename_and_another_time(self) -> None:
        """As clients send them behind an upload: the change time changes, and the bytes do not."""
        self.committed()
        self.files.later_ns = SECOND_NS
        self.clock.advance(1)
        os.rename(self.path, self.path + ".new")
        self.path += ".new"
        os.utime(self.path, (1, 1))
        self.files.later_ns = 2 * SECOND_NS
        self.assertEqual(self.found(), "00")

    def test_the_end_of_the_watch(self) -> None:
        """From then on the version has to be the one that is kept."""
        self.committed()
        self.files.later_ns = SECOND_NS
        self.clock.advance(UPLOAD_WATCH_SECONDS)
        self.assertEqual(self.found(), "00")
        os.utime(self.path, (1, 1))
        self.assertIsNone(self.found())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_more_uploads_than_are_watched(self) -> None:
        """The oldest is forgotten."""
        self.patch(watched_uploads, "MOST_WATCHED", 1)
        self.committed()
        first, self.path = self.path, self.path + ".2"
        self.committed()
        self.files.later_ns = SECOND_NS
        self.assertEqual(self.found(), "00")
        self.path = first
        self.assertIsNone(self.found())

    def test_a_file_that_has_a_name(self) -> None:
        """May be open elsewhere, so nothing is known of it."""
        writing = self.begun()
        reading = self.reading(writing)
        self.name(writing)
        self.assertIsNone(self.uploads.watch(reading, {}))
        reading.give_back()

    def test_an_upload_that_fails(self) -> None:
        """Leaves nothing open."""
        writing = self.begun()
        upload = self.uploads.watch(self.reading(writing), {})
        os.close(writing)
        assert upload is not None
        upload.failed()
        self.assertEqual(open_files(self.folder), set())

    def test_a_kernel_that_does_not_tell_who_writes(self) -> None:
        """As of files of others: nothing is known of the upload."""
        self.files.unasked = True
        self.committed()
        self.assertEqual(open_files(self.folder), set())
        self.files.later_ns = SECOND_NS
        self.assertIsNone(self.found())
