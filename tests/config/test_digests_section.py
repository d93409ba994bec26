"""The section ``digests``."""

from __future__ import annotations

from ftpd_service.config.differences import changed
from ftpd_service.config.digest_sections import about_digest_file
from ftpd_service.digests.settings import DigestSettings
from tests.config.files import FileTestCase


class DigestsSectionTests(FileTestCase):
    """What comes of the keys, and what is said of mistakes."""

    def test_without_the_section(self) -> None:
        """All algorithms, SHA-256 first."""
        self.assertEqual(self.loaded("digests:").session.digests, ("sha256", "sha1", "md5", "crc32", "sha512"))

    def test_some_algorithms(self) -> None:
        """The first is that of HASH."""
        self.assertEqual(self.loaded("digests: {algorithms: [md5, crc32]}").session.digests, ("md5", "crc32"))

    def test_no_algorithms(self) -> None:
        """There are no digests then."""
        self.assertEqual(self.loaded("digests: {algorithms: []}").session.digests, ())

    def test_unknown_algorithm(self) -> None:
        """The known are named."""
        text = self.problem("digests: {algorithms: [sha3]}").text
        self.assertIn('expected a list of some of sha256, sha1, md5, crc32, sha512, each once; found "sha3"', text)

    def test_algorithm_twice(self) -> None:
        """It is a mistake."""
        self.assertIn('found "md5" in the list', self.problem("digests: {algorithms: [md5, md5]}").text)

    def test_no_list(self) -> None:
        """A word is none."""
        self.assertIn('found "md5"', self.problem("digests: {algorithms: md5}").text)

    def test_reload_tells_the_difference(self) -> None:
        """As lists of the file."""
        before, after = self.loaded("digests:"), self.loaded("digests: {algorithms: [sha1]}")
        (line,) = changed(before, after)
        self.assertIn("digests.algorithms is [sha1], was [sha256, sha1, md5, crc32, sha512]", str(line))

    def test_keys_of_kept_digests(self) -> None:
        """Digests are kept by default; a relative file is taken from the folder of the configuration."""
        self.assertEqual(self.loaded("digests:").digests, DigestSettings())
        settings = self.loaded("digests: {precompute: true, file: kept/digests}").digests
        self.assertTrue(settings.precompute)
        self.assertTrue(str(settings.file).startswith("/"))

    def test_keys_that_need_keep(self) -> None:
        """They would do nothing, and the message says which key can go."""
        text = "does nothing with keep: false, as no digest is kept: remove this key, or set keep: true"
        files = [f"digests: {{keep: false, {key}}}" for key in ("facts: true", "precompute: true", "file: d")]
        self.assertEqual([self.problem(file).text for file in files], [text] * 3)

    def test_file_in_a_missing_folder(self) -> None:
        """A check tells it; a disk may be mounted later."""
        self.assertEqual([path for path, _ in about_digest_file("/no/such/folder/digests")], [("digests", "file")])
        self.assertEqual(list(about_digest_file("/tmp/digests")), [])
        self.assertEqual(list(about_digest_file(None)), [])
