"""What tests of the configuration share: files that are written, read, and complained about."""

from __future__ import annotations

import os
import textwrap

from ftpd_service.config.load import load
from ftpd_service.config.problems import ConfigError, Problem
from ftpd_service.config.schema import Config
from tests.cases import SynchronousTestCase


class FileTestCase(SynchronousTestCase):
    """Writes configuration files into a directory of the test's own."""

    def setUp(self) -> None:
        """Make the directory."""
        self.folder = os.path.abspath(self.mktemp())
        os.mkdir(self.folder)

    def write(self, text: str, name: str = "ftpd.yaml") -> str:
        """Write a file; returns its path."""
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text).lstrip("\n"))
        return path

    def loaded(self, text: str, **environ: str) -> Config:
        """The configuration of a file that is right."""
        return load(self.write(text), environ)

    def error(self, text: str, **environ: str) -> ConfigError:
        """What is said of a file that is wrong."""
        error: ConfigError = self.assertRaises(ConfigError, load, self.write(text), environ)
        return error

    def problems(self, text: str, **environ: str) -> tuple[Problem, ...]:
        """The problems of a file that is wrong."""
        return self.error(text, **environ).problems

    def problem(self, text: str, **environ: str) -> Problem:
        """The one problem of a file that is wrong."""
        problems = self.problems(text, **environ)
        self.assertEqual(len(problems), 1, problems)
        return problems[0]
