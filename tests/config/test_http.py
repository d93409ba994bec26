"""Entries of the kind `http` in `auth.checkers`."""

from __future__ import annotations

import os

from ftpd_service.auth.settings import HttpChecker
from tests.config.files import FileTestCase


class HttpKeysTests(FileTestCase):
    """The keys, and their mistakes."""

    def entry(self, inside: str) -> object:
        """The settings of an entry."""
        (checker,) = self.loaded(f"auth: {{checkers: [http: {{{inside}}}]}}").auth.checkers
        return checker

    def wrong(self, inside: str) -> tuple[str, str]:
        """The key below the entry, and the text, of the only mistake."""
        problem = self.problem(f"auth: {{checkers: [http: {{{inside}}}]}}")
        return problem.path.removeprefix("auth.checkers[0].http").lstrip("."), problem.text

    def test_all_keys(self) -> None:
        """Relative files are beside the configuration."""
        url = "https://login.example.net:8443/ftp?x=1"
        entry = self.entry(f"url: '{url}', headers_file: h, authorities: ca.pem, connections: 3")
        headers, authorities = (os.path.join(self.folder, name) for name in ("h", "ca.pem"))
        self.assertEqual(entry, HttpChecker(url=url, headers_file=headers, authorities=authorities, connections=3))

    def test_clear_on_this_host(self) -> None:
        """The password does not leave it."""
        for host in ("localhost", "127.0.0.1:8080", "127.8.8.8", "[::1]:80"):
            self.assertEqual(self.entry(f"url: 'http://{host}/'"), HttpChecker(url=f"http://{host}/"))

    def test_clear_beyond_this_host(self) -> None:
        """It is refused, also for names that look like loopback."""
        hosts = ("login.example.net", "10.0.0.1", "localhost.example.net", "127.0.0.1.example.net", "[::ffff:10.0.0.1]")
        for host in hosts:
            place, text = self.wrong(f"url: 'http://{host}/'")
            self.assertEqual((place, text), ("url", "expected https://: passwords would leave this host in clear"))

    def test_urls(self) -> None:
        """Each mistake is told at the key."""
        for url in ("login.example.net", "ftp://x/", "https://", "https://x y/", "https://x/#part"):
            self.assertEqual(self.wrong(f"url: '{url}'")[0], "url", url)

    def test_password_in_a_url(self) -> None:
        """It is refused, and not shown: the file of headers is the place for secrets."""
        place, text = self.wrong("url: 'https://ftpd:hunter2@x/'")
        self.assertEqual(place, "url")
        self.assertNotIn("hunter2", text)

    def test_authorities_without_tls(self) -> None:
        """They would do nothing."""
        self.assertEqual(self.wrong("url: 'http://localhost/', authorities: ca.pem")[0], "authorities")
