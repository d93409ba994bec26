"""Symbolic modes, such as ``u+x,go-w``, as chmod(1) knows them (POSIX); only permission bits can be set."""

from __future__ import annotations

import re

from ftpd_service.errors import UnsupportedParameter

_CLAUSE = "[ugoa]*(?:[-+=][rwxXst]*)+"
SYMBOLIC_MODE = f"{_CLAUSE}(?:,{_CLAUSE})*"
"""The pattern of a symbolic mode."""

_ACTION = re.compile("([-+=])([rwxXst]*)")
_WHO = {"u": 0o700, "g": 0o070, "o": 0o007, "a": 0o777}
_BITS = {"r": 0o444, "w": 0o222, "x": 0o111}
_EXECUTING = 0o111


def symbolic_mode(text: str, former: int, *, directory: bool) -> int:
    """Return the permission bits after a change of former bits.

    Without a letter before the sign the change is for all, and the umask does not matter.

    :param text: matches `SYMBOLIC_MODE`.
    :param directory: whether the mode is that of a directory, for X.
    :raises UnsupportedParameter: set-ID and sticky bits.
    """
    mode = former & 0o777
    for clause in text.split(","):
        names = clause[: len(clause) - len(clause.lstrip("ugoa"))]
        who = 0
        for name in names or "a":
            who |= _WHO[name]
        for sign, letters in _ACTION.findall(clause):
            bits = _bits(letters, mode, directory=directory) & who
            if sign == "=":
                mode &= ~who
            mode = mode & ~bits if sign == "-" else mode | bits
    return mode


def _bits(letters: str, mode: int, *, directory: bool) -> int:
    bits = 0
    for letter in letters:
        if letter in "st":
            raise UnsupportedParameter("Only permission bits can be set: r, w, x and X.")
        if letter != "X":
            bits |= _BITS[letter]
        elif directory or mode & _EXECUTING:
            bits |= _EXECUTING
    return bits
