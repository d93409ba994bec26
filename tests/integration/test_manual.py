"""The manual pages in the eyes of the programs that show them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.cases import SynchronousTestCase
from tests.integration.plain_user import program

MAN = Path(__file__).resolve().parents[2] / "share" / "man"
COMMANDS, FILE = MAN / "man1" / "ftpd-service.1", MAN / "man5" / "ftpd.yaml.5"


def answer(*command: str | Path, width: int = 80) -> tuple[str, str]:
    """The output and the complaints of a program that ends with status 0."""
    environment = {**os.environ, "MANWIDTH": str(width), "LC_ALL": "C.UTF-8", "MANPAGER": "cat"}
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    if ended.returncode:
        raise AssertionError(f"{command[0]} failed: {ended.stdout} {ended.stderr}")
    return ended.stdout, ended.stderr


class ManualTests(SynchronousTestCase):
    """groff, mandoc and man."""

    def test_groff_has_no_warning(self) -> None:
        """With all of its warnings on, for 80 columns."""
        groff = program("groff")
        self.assertEqual([answer(groff, "-man", "-Tutf8", "-ww", page)[1] for page in (COMMANDS, FILE)], ["", ""])

    def test_mandoc_misses_only_the_date(self) -> None:
        """A page has no date: it changes with the declarations alone."""
        command: list[str | Path] = [program("mandoc"), "-Tlint", COMMANDS, FILE]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual([line for line in ended.stdout.splitlines() if "missing date" not in line], [])
        self.assertEqual(ended.stderr, "")

    def test_man_finds_the_pages_by_name(self) -> None:
        """Below the folder ``share/man`` of an installation."""
        man = program("man")
        self.assertIn("FTPD-SERVICE(1)", answer(man, "-M", MAN, "ftpd-service")[0])
        self.assertIn("FTPD.YAML(5)", answer(man, "-M", MAN, "5", "ftpd.yaml")[0])

    def test_text_is_shown_as_it_is_typed(self) -> None:
        """Dashes, backslashes and quotes can be copied from the page."""
        shown = answer(program("man"), "-l", FILE, width=200)[0]
        self.assertIn(r'"tcp6:21:interface=\\:\\:"', shown)
        self.assertIn("ftpd-service -c", answer(program("man"), "-l", COMMANDS, width=200)[0].replace("[", ""))
