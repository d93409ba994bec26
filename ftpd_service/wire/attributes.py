"""The arguments of verbs that set attributes of a file: MFMT, MFF, MDTM's set form, SITE UTIME and SITE CHMOD."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ftpd_service.errors import BadArgument, UnsupportedParameter
from ftpd_service.wire.facts import parse_time_value, time_value
from ftpd_service.wire.symbolic_modes import SYMBOLIC_MODE

_MDTM_SET = re.compile(r"([0-9]{14}(?:\.[0-9]+)?)(?:[+-][0-9]+)? (.+)", re.DOTALL)
_MOMENT = r"([0-9]{12}|[0-9]{14})"
_UTIME_LONG = re.compile(f"(.+) {_MOMENT} {_MOMENT} {_MOMENT} UTC", re.DOTALL | re.IGNORECASE)
_UTIME_SHORT = re.compile(f"{_MOMENT} (.+)", re.DOTALL)
_MODE = re.compile(r"[0-7]{3,4}")
_PERMISSION_BITS = 0o777
_CHMOD = re.compile(r"([0-7]{3,4}) (.+)", re.DOTALL)
_SYMBOLIC_CHMOD = re.compile(f"({SYMBOLIC_MODE}) (.+)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedPath:
    """A modification time, and the path that gets it."""

    modified_ns: int
    """The nanoseconds since 1970, UTC."""
    text: str
    """The time as a value of fourteen digits, as the reply and MDTM show it."""
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsPath:
    """Facts with their names in lower case, and the path that gets them."""

    facts: tuple[tuple[str, str], ...]
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModePath:
    """Permission bits (0 to 0o777) or a symbolic mode, and the path that gets them."""

    mode: int | None
    path: str
    symbolic: str = ""
    """The symbolic mode if `mode` is None; see `ftpd_service.wire.symbolic_modes`."""


def timed_path(text: str) -> TimedPath:
    """Parse the argument of MFMT: a time value, one space, a path.

    :raises BadArgument: the time value or the date is invalid, or there is no path.
    """
    time, _, path = text.lstrip(" ").partition(" ")
    if not path:
        raise BadArgument("A time and a path are wanted.")
    return _timed(time, path)


def facts_path(text: str) -> FactsPath:
    """Parse the argument of MFF: ``fact=value;...``, one space, a path; ncftp leaves out the last semicolon.

    :raises BadArgument: a fact has no name or value or occurs twice, or there is no path.
    """
    words, _, path = text.lstrip(" ").partition(" ")
    pairs = [word.partition("=") for word in words.removesuffix(";").split(";")]
    if not path or not all(name and value for name, _, value in pairs):
        raise BadArgument("Facts as name=value; and a path are wanted.")
    facts = tuple((name.lower(), value) for name, _, value in pairs)
    if len(dict(facts)) < len(facts):
        raise BadArgument("The same fact is given twice.")
    return FactsPath(facts=facts, path=path)


def mdtm_set(text: str) -> TimedPath | None:
    """Parse the set form of MDTM; return None if the argument has a different form and can only be a path.

    A zone after the time is ignored: the time is UTC.
    """
    match = _MDTM_SET.fullmatch(text)
    if match is None:
        return None
    try:
        return _timed(match.group(1), match.group(2))
    except BadArgument:
        # Digits that are not a date are the beginning of a file name.
        return None


def site_utime(text: str) -> TimedPath:
    """Parse both forms of SITE UTIME: ``path atime mtime ctime UTC`` (ncftp, lftp) and ``time path`` (gFTP, lftp).

    :raises BadArgument: the argument has neither form, or the date is invalid.
    """
    match = _UTIME_LONG.fullmatch(text)
    if match is not None:
        return _timed(match.group(3).ljust(14, "0"), match.group(1))
    match = _UTIME_SHORT.fullmatch(text)
    if match is not None:
        return _timed(match.group(1).ljust(14, "0"), match.group(2))
    raise BadArgument("A time as YYYYMMDDhhmm[ss] and a path are wanted.")


def site_chmod(text: str) -> ModePath:
    """Parse the argument of SITE CHMOD: three or four octal digits or a symbolic mode, one space, a path.

    :raises BadArgument: anything else.
    :raises UnsupportedParameter: the digits have more than permission bits.
    """
    match = _SYMBOLIC_CHMOD.fullmatch(text)
    if match is not None:
        return ModePath(mode=None, path=match.group(2), symbolic=match.group(1))
    match = _CHMOD.fullmatch(text)
    if match is None:
        raise BadArgument("A mode of 3 or 4 octal digits, or such as u+x, and a path are wanted.")
    return ModePath(mode=_permission_bits(match.group(1)), path=match.group(2))


def octal_mode(text: str) -> int:
    """Return permission bits from the value of MFF's UNIX.mode: three or four octal digits.

    :raises BadArgument: anything else.
    :raises UnsupportedParameter: the mode has more than permission bits.
    """
    if _MODE.fullmatch(text) is None:
        raise BadArgument("A mode of three or four octal digits is wanted.")
    return _permission_bits(text)


def _permission_bits(digits: str) -> int:
    """Return the bits for reading, writing and executing.  Clients cannot set set-uid, set-gid and sticky bits."""
    mode = int(digits, 8)
    if mode > _PERMISSION_BITS:
        raise UnsupportedParameter("Only permission bits can be set, 000 to 777.")
    return mode


def _timed(time: str, path: str) -> TimedPath:
    modified_ns = parse_time_value(time)
    return TimedPath(modified_ns=modified_ns, text=time_value(modified_ns), path=path)
