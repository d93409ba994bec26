"""The command line that starts the process again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

_FIRST_LINE_BYTES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCommand:
    """A command line and the directory in which it was given."""

    words: tuple[str, ...]
    directory: str


def start_command(original: Sequence[str], executable: str) -> StartCommand:
    """Return the command by which this process was started; call this before the process changes its directory.

    The system starts a script as ``INTERPRETER SCRIPT ...``, by the first line of the script.  Then the command is the
    script alone, so that a new script decides about its interpreter: a new version may be in another virtual
    environment, behind the same symbolic link.

    :param original: the words with which the interpreter was started (`sys.orig_argv`).
    :param executable: the path of the interpreter, which the first word may lack.
    """
    try:
        directory = os.getcwd()
    except OSError:
        # The directory is gone.
        directory = "/"
    words = tuple(original)
    if len(words) > 1 and _starts(words[1], words[0]):
        return StartCommand(words=words[1:], directory=directory)
    return StartCommand(words=(executable or words[0], *words[1:]), directory=directory)


def _starts(script: str, interpreter: str) -> bool:
    """Return whether the first line of an executable file names an interpreter."""
    if not os.access(script, os.X_OK):
        return False
    try:
        with open(script, "rb") as file:
            line = file.readline(_FIRST_LINE_BYTES)
    except OSError:
        return False
    if not line.startswith(b"#!"):
        return False
    named, *arguments = [*os.fsdecode(line[2:]).split(), ""]
    if os.path.basename(named) == "env":
        return arguments[0] == interpreter
    return named == interpreter
