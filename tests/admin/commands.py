"""Runs ``ftpd-service`` in this process, in a folder of the test's own."""

from __future__ import annotations

import os

from click.testing import CliRunner, Result

from ftpd_service.admin.cli import main
from tests.cases import SynchronousTestCase


class CommandCase(SynchronousTestCase):
    """A test of the command line.

    :ivar folder: where its files go; it is there.
    """

    def setUp(self) -> None:
        """Make the folder."""
        self.folder = os.path.abspath(self.mktemp())
        os.makedirs(self.folder)

    def path(self, *names: str) -> str:
        """A file in the folder."""
        return os.path.join(self.folder, *names)

    def write(self, name: str, text: str) -> str:
        """Write a file into the folder; its path."""
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def run_it(self, *words: str, typed: str = "") -> Result:
        """Carry out a command line, with this text on standard input."""
        return CliRunner().invoke(main, words, input=typed, prog_name="ftpd-service")

    def read(self, *names: str) -> str:
        """The text of a file in the folder."""
        with open(self.path(*names), encoding="utf-8") as file:
            return file.read()
