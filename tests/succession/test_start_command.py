"""The command line that starts the process again."""

from __future__ import annotations

import os
from pathlib import Path

from ftpd_service.succession.start_command import start_command
from tests.cases import SynchronousTestCase


class StartCommandTests(SynchronousTestCase):
    """From the words that the interpreter was started with."""

    def script(self, first_line: str, *, mode: int = 0o755) -> str:
        """A script with a first line."""
        path = Path(self.mktemp())
        path.write_text(f"{first_line}\nimport this\n")
        path.chmod(mode)
        return str(path)

    def words(self, *original: str) -> tuple[str, ...]:
        """The words of the command."""
        return start_command(original, "/opt/ftpd/bin/python3").words

    def test_script_that_the_system_started(self) -> None:
        """The script alone: a new version of it may name another interpreter."""
        script = self.script("#!/opt/ftpd-1/bin/python3")
        self.assertEqual(self.words("/opt/ftpd-1/bin/python3", script, "-n", "ftpd"), (script, "-n", "ftpd"))

    def test_script_that_env_started(self) -> None:
        """Likewise."""
        script = self.script("#!/usr/bin/env python3")
        self.assertEqual(self.words("python3", script, "ftpd"), (script, "ftpd"))

    def test_script_with_another_interpreter(self) -> None:
        """The operator has chosen the interpreter."""
        script = self.script("#!/usr/bin/python3.10")
        self.assertEqual(self.words("/usr/bin/python3.11", script, "ftpd"), ("/opt/ftpd/bin/python3", script, "ftpd"))

    def test_script_that_cannot_be_executed(self) -> None:
        """The interpreter starts it."""
        script = self.script("#!/opt/ftpd/bin/python3", mode=0o644)
        self.assertEqual(self.words("/opt/ftpd/bin/python3", script), ("/opt/ftpd/bin/python3", script))

    def test_module(self) -> None:
        """The path of the interpreter stands for its name, which the PATH of another process may not have."""
        self.assertEqual(self.words("python3", "-m", "ftpd_service"), ("/opt/ftpd/bin/python3", "-m", "ftpd_service"))

    def test_interpreter_that_does_not_know_its_path(self) -> None:
        """Its name stays."""
        self.assertEqual(start_command(["python3", "-m", "x"], "").words, ("python3", "-m", "x"))

    def test_directory(self) -> None:
        """Relative paths of the command mean the same again."""
        self.assertEqual(start_command(["python3"], "").directory, os.getcwd())

    def test_directory_that_is_gone(self) -> None:
        """The root directory."""

        def gone() -> str:
            raise FileNotFoundError

        self.patch(os, "getcwd", gone)
        self.assertEqual(start_command(["python3"], "").directory, "/")
