"""Folders that cannot be used, or that have files with two names: a mistake with its line."""

from __future__ import annotations

import os

from ftpd_service.config.load import load, unfit
from ftpd_service.config.problems import ConfigError
from tests.config.files import FileTestCase

TWO_NAMES = ": its files would have two names"


class FolderCase(FileTestCase):
    """Some directories beside the file."""

    def setUp(self) -> None:
        """Make them."""
        super().setUp()
        for name in ("home", "shared"):
            os.makedirs(f"{self.folder}/{name}/below")

    def refused(self, text: str) -> list[str]:
        """The mistakes of a file that no start and no reload would take, without the paths of the test."""
        path = self.write(text)
        error = self.assertRaises(ConfigError, load, path, {})
        return [line.removeprefix(path).replace(self.folder, "") for line in error.lines()]

    def unfit(self, text: str) -> list[str]:
        """The mistakes that only ``--check`` finds."""
        path = self.write(text)
        return [line.removeprefix(path).replace(self.folder, "") for line in unfit(path, load(path, {}))]


class OverlapTests(FolderCase):
    """Folders in homes and in other folders."""

    def test_a_folder_in_the_home(self) -> None:
        """With the line of its path."""
        told = self.refused("accounts:\n  alice:\n    home: home\n    folders:\n      /a:\n        path: home/below\n")
        key = ":6: accounts.alice.folders./a.path: "
        self.assertEqual(told, [f"{key}/home/below lies in the home, /home{TWO_NAMES}"])

    def test_a_folder_around_the_home(self) -> None:
        """It would contain itself at its place."""
        told = self.refused("accounts:\n  alice: {home: home/below, folders: {/a: {path: home}}}\n")
        self.assertEqual(
            told, [f":2: accounts.alice.folders./a.path: /home lies around the home, /home/below{TWO_NAMES}"]
        )

    def test_the_home_itself(self) -> None:
        """As written in any form."""
        told = self.refused("accounts:\n  alice: {home: home, folders: {/a: {path: ./shared/../home/}}}\n")
        self.assertEqual(
            told, [f":2: accounts.alice.folders./a.path: /home is the directory of the home, /home{TWO_NAMES}"]
        )

    def test_a_folder_in_a_folder(self) -> None:
        """The later one is told."""
        told = self.refused("groups:\n  g:\n    folders:\n      /a: {path: shared}\n      /b: {path: shared/below}\n")
        key = ":5: groups.g.folders./b.path: "
        self.assertEqual(told, [f"{key}/shared/below lies in the folder /a, /shared{TWO_NAMES}"])

    def test_names_that_begin_alike(self) -> None:
        """Are two directories."""
        self.assertEqual(self.unfit("accounts:\n  alice: {home: /srv/home, folders: {}}\n"), [])
        load(self.write("accounts:\n  alice: {home: home, folders: {/a: {path: home2}}}\n"), {})

    def test_a_place_in_a_place(self) -> None:
        """Is no mistake, as long as the directories are apart."""
        load(self.write("accounts:\n  alice: {home: home, folders: {/a: {path: shared}, /a/b: {path: other}}}\n"), {})

    def test_the_home_of_the_group(self) -> None:
        """Of an account with folders of its own, told once."""
        group, folders = "groups: {g: {home: home}}", "folders: {/a: {path: home/below}}"
        told = self.refused(f"{group}\naccounts:\n  alice: {{group: g, {folders}}}\n  bob: {{group: g}}\n")
        self.assertEqual([line[:36] for line in told], [":3: accounts.alice.folders./a.path: "])

    def test_homes_by_name(self) -> None:
        """A folder around all homes, and one that is the home of one account."""
        around = "account_defaults:\n  home: 'home/{name}'\n  folders: {/a: {path: home}}\n"
        self.assertEqual([line[:36] for line in self.refused(around)], [":3: account_defaults.folders./a.path"])
        below = "account_defaults:\n  home: 'home/{name}'\n  folders: {/a: {path: home/below}}\n"
        load(self.write(below), {})
        told = self.refused(f"{below}accounts: {{below: {{}}, other: {{}}}}\n")
        self.assertEqual([line[:36] for line in told], [":3: account_defaults.folders./a.path"])

    def test_a_name_that_cannot_log_in(self) -> None:
        """Has no directory."""
        text = "account_defaults: {home: 'home/{name}', folders: {/a: {path: shared}}}\naccounts: {a/b: {}}\n"
        load(self.write(text), {})

    def test_a_home_of_another_storage(self) -> None:
        """Is no directory."""
        own, folders = "home: home, storage: {python: 'acme:Storage'}", "folders: {/a: {path: home/below}}"
        load(self.write(f"accounts:\n  alice: {{{own}, {folders}}}\n"), {})


class HostTests(FolderCase):
    """What only this host tells."""

    def test_a_folder_that_is_there(self) -> None:
        """Nothing is told."""
        self.assertEqual(self.unfit("accounts:\n  alice: {home: home, folders: {/a: {path: shared}}}\n"), [])

    def test_a_missing_folder(self) -> None:
        """With its line, and the ways to mend it."""
        told = self.unfit("accounts:\n  alice:\n    home: home\n    folders:\n      /a:\n        path: none\n")
        start = ":6: accounts.alice.folders./a.path: /none cannot be used (No such file or directory): make it, mount"
        self.assertEqual([line[: len(start)] for line in told], [start])

    def test_a_folder_that_is_a_file(self) -> None:
        """Of the defaults, too."""
        (line,) = self.unfit("account_defaults:\n  folders: {/a: {path: ftpd.yaml}}\n")
        self.assertIn("ftpd.yaml is no directory", line)

    def test_a_folder_of_each_account(self) -> None:
        """It is known for the accounts of the file only."""
        text = "account_defaults:\n  folders:\n    /a: {path: 'shared/{name}'}\n"
        self.assertEqual(self.unfit(text), [])
        told = self.unfit(f"{text}accounts: {{below: {{}}, bob: {{}}}}\n")
        start = ":3: account_defaults.folders./a.path: /shared/bob cannot be used"
        self.assertEqual([line[: len(start)] for line in told], [start])

    def test_a_link_into_the_home(self) -> None:
        """Paths are compared without links."""
        os.symlink(f"{self.folder}/home/below", f"{self.folder}/link")
        (line,) = self.unfit("accounts:\n  alice: {home: home, folders: {/a: {path: link}}}\n")
        self.assertEqual(line, f":2: accounts.alice.folders./a.path: /link lies in the home, /home{TWO_NAMES}")
