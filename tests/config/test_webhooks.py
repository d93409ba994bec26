"""The keys of actions `http` in ``hooks.rules``."""

from __future__ import annotations

import os
from ipaddress import ip_network

from ftpd_service.config.problems import Problem
from ftpd_service.hooks.settings import HttpAction
from tests.config.files import FileTestCase

ABOVE = "database: 'sqlite:////var/lib/ftpd/db'\nhooks:\n  rules:\n    - id: notify\n      on: uploaded\n      do:\n"
"""The lines above the action, which is line 7."""


class WebhookKeysTests(FileTestCase):
    """The keys, and their mistakes."""

    def entry(self, inside: str) -> object:
        """The settings of an action."""
        ((action,),) = (rule.actions for rule in self.loaded(f"{ABOVE}        - {{{inside}}}\n").hooks.rules)
        return action

    def wrong(self, inside: str) -> Problem:
        """The only mistake."""
        return self.problem(f"{ABOVE}        - {{{inside}}}\n")

    def test_all_keys(self) -> None:
        """Relative files are beside the configuration."""
        url = "https://hooks.example.net:8443/ftp?x=1"
        more = "secret_file: s, authorities: ca.pem, networks: [127.0.0.0/8], timeout: 5s, retry_for: 1h"
        secret, authorities = (os.path.join(self.folder, name) for name in ("s", "ca.pem"))
        expected = HttpAction(
            url=url,
            secret_file=secret,
            authorities=authorities,
            networks=(ip_network("127.0.0.0/8"),),
            timeout_seconds=5.0,
            retry_seconds=3600.0,
        )
        self.assertEqual(self.entry(f"http: '{url}', {more}"), expected)

    def test_without_tls(self) -> None:
        """An operator's own network may be trusted: no password is sent."""
        self.assertEqual(self.entry("http: 'http://10.0.0.1/'"), HttpAction(url="http://10.0.0.1/"))

    def test_wrong_urls(self) -> None:
        """Each mistake is told at its line and key."""
        for url in ("hooks.example.net/ftp", "ftp://x/", "https://", "https://x y/", "https://x/#part", "https://x:0/"):
            problem = self.wrong(f"http: '{url}'")
            self.assertEqual((problem.line, problem.path), (7, "hooks.rules[0].do[0].http"), url)

    def test_password_in_a_url(self) -> None:
        """It is refused, and not shown."""
        self.assertNotIn("hunter2", self.wrong("http: 'https://ftpd:hunter2@x/'").text)

    def test_kind_without_a_value(self) -> None:
        """It is a mistake, and no action behind it is lost."""
        for kind in ("http", "program", "python"):
            problem = self.problem(f"{ABOVE}        - {{{kind}: }}\n        - {{http: 'http://10.0.0.1/'}}\n")
            self.assertEqual((problem.line, problem.path), (7, f"hooks.rules[0].do[0].{kind}"))

    def test_keys_of_another_kind(self) -> None:
        """They would do nothing."""
        places = [
            self.wrong(inside).path.removeprefix("hooks.rules[0].do[0].")
            for inside in (
                "http: 'http://localhost/', authorities: ca.pem",
                "program: [/bin/true], secret_file: s",
                "http: 'http://localhost/', options: {a: 1}",
            )
        ]
        self.assertEqual(places, ["authorities", "secret_file", "options"])
