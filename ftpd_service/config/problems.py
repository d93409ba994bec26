"""What is wrong with a configuration file, said so that its operator can put it right.

A problem names a line, a key and what was expected.  It shows what was found only where that cannot be a secret:
never what came from the environment, and never the contents of a password.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]
"""Where a value stands: keys of mappings and positions in lists, from the top."""


class FromEnvironment(str):
    """Text that holds something from the environment: never shown, and a number where a number is due."""

    __slots__ = ()


def dotted(path: KeyPath) -> str:
    """A path as operators read it: ``listeners[0].endpoint``; positions count from 0."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text.translate(dict.fromkeys(range(32), "?"))


def kind(value: object) -> str:
    """What sort of value was found, without showing it."""
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
    """A value that cannot be a secret, for a message; long text is cut."""
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
    """One mistake.  Line 0 stands for the file as a whole, and so does an empty path."""

    line: int
    path: str
    text: str

    def describe(self, source: str) -> str:
        """The one line that an operator reads: ``FILE:LINE: PATH: text``."""
        place = f"{source}:{self.line}" if self.line else source
        return ": ".join(part for part in (place, self.path, self.text) if part)


class ConfigError(Exception):
    """The file cannot be used; every problem that was found, in the order of lines.

    :ivar source: the file's path as it was given.
    """

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """One line of text for each problem."""
        return [problem.describe(self.source) for problem in self.problems]
