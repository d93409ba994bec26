"""Tests of the checks of quarantines."""

from __future__ import annotations

import os

from ftpd_service.config.load import load, unfit
from tests.config.files import FileTestCase
from tests.config.test_host import HostCase

DOWN = "account_defaults: {home: '/srv/ftp/{name}'}"


class VisibleTests(FileTestCase):
    """A quarantine in a tree of clients is a mistake of the file."""

    def mistake(self, text: str) -> tuple[str, bool]:
        """The place of the one mistake, and whether it is about clients."""
        problem = self.problem(text)
        return problem.path, "clients can see it" in problem.text

    def test_in_a_home(self) -> None:
        """Its account could fetch what was put away."""
        text = "uploads: {quarantine: /srv/a/q}\naccounts: {a: {home: /srv/a}}"
        self.assertEqual(self.mistake(text), ("uploads.quarantine", True))

    def test_a_home_itself(self) -> None:
        """The root of a tree is in it."""
        text = "uploads: {quarantine: /srv/a}\naccounts: {a: {home: /srv/a}}"
        self.assertEqual(self.mistake(text), ("uploads.quarantine", True))

    def test_beside_a_home(self) -> None:
        """A name that only begins alike is another directory."""
        self.loaded("uploads: {quarantine: /srv/ab}\naccounts: {a: {home: /srv/a}}")

    def test_in_the_home_of_any_name(self) -> None:
        """An account of that name would see it."""
        self.assertEqual(self.mistake(f"uploads: {{quarantine: /srv/ftp/q}}\n{DOWN}"), ("uploads.quarantine", True))

    def test_a_name_that_no_account_has(self) -> None:
        """Names of accounts do not begin with a dot."""
        self.loaded(f"uploads: {{quarantine: /srv/ftp/.q}}\n{DOWN}")

    def test_around_a_home(self) -> None:
        """The directory of some account in the quarantine could be that home."""
        text = "uploads: {quarantine: /srv}\naccounts: {a: {home: /srv/a}}"
        self.assertEqual(self.mistake(text), ("uploads.quarantine", True))

    def test_in_a_folder(self) -> None:
        """Folders are trees of clients too, here for a quarantine of an account."""
        account = "{uploads: {quarantine: /srv/b/q}, folders: {/b: {path: /srv/b}}}"
        self.assertEqual(self.mistake(f"accounts: {{a: {account}}}"), ("accounts.a.uploads.quarantine", True))

    def test_of_a_folder(self) -> None:
        """The key stands in folders too."""
        account = "{folders: {/b: {path: /srv/b, uploads: {quarantine: /srv/b}}}}"
        place = "accounts.a.folders./b.uploads.quarantine"
        self.assertEqual(self.mistake(f"accounts: {{a: {account}}}"), (place, True))


class WritableTests(HostCase):
    """What --check says of the directory."""

    def test_it_can_be_made(self) -> None:
        """A directory above it exists and may be written."""
        self.assertEqual(self.told("uploads: {quarantine: a/b}\naccounts: {a: {home: home}}"), [])

    def test_a_file_is_in_the_way(self) -> None:
        """Nothing can be made below a file."""
        (line,) = self.told("accounts: {a: {home: home}}\nuploads:\n  quarantine: ftpd.yaml/q\n")
        self.assertIn(f":3: uploads.quarantine: {self.folder}/ftpd.yaml is no directory", line)

    def test_a_link_that_leads_into_a_home(self) -> None:
        """The directory behind the links counts."""
        os.symlink("home", os.path.join(self.folder, "away"))
        path = self.write("accounts: {a: {home: home}}\nuploads:\n  quarantine: away/q\n")
        (line,) = unfit(path, load(path, {}))
        self.assertIn(":3: uploads.quarantine: ", line)
