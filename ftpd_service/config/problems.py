"""The problems of a configuration file, described so that its operator can correct them.

A problem names a line, a key and the expected value.  It shows the found value only if that cannot be a secret: never a
value from the environment, and never the contents of a password.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]
"""The place of a value: keys of mappings and positions in lists, from the top."""


class FromEnvironment(str):
    """A text with a part from the environment.  It is never shown, and is read as a number if a number is expected."""

    __slots__ = ()


def dotted(path: KeyPath) -> str:
    """Return a path in the notation for operators, such as ``listeners[0].endpoint``; positions count from 0."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text.translate(dict.fromkeys(range(32), "?"))


def kind(value: object) -> str:
    """Return the kind of a value, without showing it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, FromEnvironment):
        return "a text from the environment"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, (int, float)):
        return "a number"
    return "a list" if isinstance(value, list) else "a mapping"


def found(value: object) -> str:
    """Return a value that cannot be a secret, for a message; long text is shortened."""
    if isinstance(value, str) and not isinstance(value, FromEnvironment):
        short = value if len(value) <= 60 else value[:57] + "..."
        return '"' + "".join(letter if letter.isprintable() else "?" for letter in short) + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)) and abs(value) < 10**30:
        return str(value)
    return kind(value)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A mistake in the file.  Line 0 and an empty path stand for the file as a whole."""

    line: int
    path: str
    text: str

    def describe(self, source: str) -> str:
        """Return the line for the operator: ``FILE:LINE: PATH: text``."""
        place = f"{source}:{self.line}" if self.line else source
        return ": ".join(part for part in (place, self.path, self.text) if part)


class ConfigError(Exception):
    """The file cannot be used.  The exception has every problem, in the order of lines.

    :ivar source: the file's path, as the operator gave it.
    """

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """Return a line of text for each problem."""
        return [problem.describe(self.source) for problem in self.problems]
