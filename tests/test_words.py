"""Plain words, as far as a program can check them: see "Plain words" in CONTRIBUTING.rst."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.cases import SynchronousTestCase

TREE = Path(__file__).resolve().parent.parent
PACKAGE = TREE / "ftpd_service"

PAGES = (
    "README.rst",
    "SECURITY.rst",
    "CONTRIBUTING.rst",
    "docs/*.rst",
    "etc/**/*.*",
    "benchmarks/**/*.rst",
    "examples/**/*.*",
    "share/**/*.*",
)
"""The pages and files that keep the rule."""

FORBIDDEN_STARTS = ("What ", "Who ", "Whoever ", "Whatever ", "That ")
"""The words that begin a clause in place of a subject."""

OCTETS = re.compile(r"(?<![\w`.{])octets?(?![\w`}])", re.IGNORECASE)
"""The word, but not an identifier in backquotes or in the braces of a formatted string."""

QUOTED = frozenset(
    {
        "* Say *bytes*.  *Octets* stands only where an RFC is quoted.",
        "* - What a client may leave of octets that belong to no command.",
        "- ``<octets> [R <octets>]``",
        '"<octets> [R <octets>]"',
        '"octets"',
        '"verb direction=direction.value path bytes=octets seconds outcome kind=kind.value protected ascii "',
    }
)
"""The lines that may contain the word, stripped: quotations of RFCs, names of slots, and the rule itself."""


def modules() -> list[Path]:
    """Return every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """The line and the text of every docstring, those of constants and fields included."""
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else []:
            value = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield statement.lineno, value.value


def mistakes_of_docstring(text: str) -> list[str]:
    """Return the rules that the first paragraph of a docstring breaks."""
    first = " ".join(text.strip().partition("\n\n")[0].split())
    found = [] if first.endswith((".", ".)")) else ["the first sentence has no full stop"]
    found += [f"begins with {word.strip()}" for word in FORBIDDEN_STARTS if first.startswith(word)]
    return found


def prose(source: str) -> Iterator[tuple[int, str]]:
    """Every comment and every string of a module, line by line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT or "STRING" in tokenize.tok_name[token.type]:
            for offset, line in enumerate(token.string.splitlines()):
                yield token.start[0] + offset, line


def octets_in(lines: Iterator[tuple[int, str]]) -> list[tuple[int, str]]:
    """The lines that say octets and are not in the list of quotations."""
    return [(number, line.strip()) for number, line in lines if OCTETS.search(line) and line.strip() not in QUOTED]


def place(path: Path, line: int) -> str:
    """A place as editors understand it."""
    return f"{path.relative_to(TREE)}:{line}"


class CodeTests(SynchronousTestCase):
    """The docstrings, comments and strings of the package."""

    def test_docstrings_begin_with_a_sentence(self) -> None:
        """The first paragraph is a sentence of its own, with a subject, and ends with a full stop."""
        wrong = [
            f"{place(path, line)}: {mistake}"
            for path in modules()
            for line, text in docstrings(path.read_text("utf-8"))
            for mistake in mistakes_of_docstring(text)
        ]
        self.assertEqual(wrong, [])

    def test_bytes_are_called_bytes(self) -> None:
        """Only quotations of RFCs say octets."""
        wrong = [
            f"{place(path, line)}: {text}"
            for path in modules()
            for line, text in octets_in(prose(path.read_text("utf-8")))
        ]
        self.assertEqual(wrong, [])


class PageTests(SynchronousTestCase):
    """The pages for operators and developers."""

    def test_bytes_are_called_bytes(self) -> None:
        """Only quotations of RFCs, and names of fields, say octets."""
        pages = sorted(path for pattern in PAGES for path in TREE.glob(pattern) if path.is_file())
        self.assertGreater(len(pages), 15)
        wrong = [
            f"{place(path, line)}: {text}"
            for path in pages
            for line, text in octets_in(iter(enumerate(path.read_text("utf-8").splitlines(), 1)))
        ]
        self.assertEqual(wrong, [])


class RuleTests(SynchronousTestCase):
    """The check itself notices each mistake."""

    def test_a_clause_in_place_of_a_subject(self) -> None:
        """A first line that begins with "What" is a mistake."""
        self.assertEqual(mistakes_of_docstring("What a client may send."), ["begins with What"])

    def test_a_missing_full_stop(self) -> None:
        """A first line without a full stop is a mistake, whatever follows it."""
        self.assertEqual(mistakes_of_docstring("Send it\n\nNow."), ["the first sentence has no full stop"])

    def test_a_plain_sentence(self) -> None:
        """A first paragraph of two lines is a sentence too."""
        self.assertEqual(mistakes_of_docstring("Send the reply,\n    then close.\n\n:raises Closed: later"), [])

    def test_octets_in_a_comment_a_string_and_a_docstring(self) -> None:
        """Comments, strings and docstrings are read; names of variables are not."""
        source = (
            '"""Count octets."""\nmost_octets = 1  # an octet\ntext = f"{most} octets"\nname = f"`octets` {x.octets}"\n'
        )
        self.assertEqual([line for line, _ in octets_in(prose(source))], [1, 2, 3])

    def test_docstrings_of_constants_and_methods(self) -> None:
        """A string behind a constant, and in a method, is a docstring."""
        source = '"""Module."""\nLIMIT = 1\n"""Limit."""\nclass A:\n    """A."""\n    def b(self):\n        """B."""\n'
        self.assertEqual(sorted(docstrings(source)), [(1, "Module."), (3, "Limit."), (5, "A."), (7, "B.")])
