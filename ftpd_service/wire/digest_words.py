"""Digests and byte ranges as FTP says them: names of algorithms, the line of FEAT, arguments, and ranges in replies.

The algorithms have their names of the configuration (``policy/checksums.py``) everywhere but on the wire.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from ftpd_service.errors import BadArgument, UnsupportedParameter
from ftpd_service.values import ByteRange
from ftpd_service.wire.numbers import digits_only, whole_number

HASH_NAMES = {"sha256": "SHA-256", "sha512": "SHA-512", "sha1": "SHA-1", "md5": "MD5", "crc32": "CRC32"}
"""The names that HASH and OPTS HASH have for algorithms, in the order of FEAT."""

WHOLE_FILE = ByteRange(start=0)

MOST_PATHS = 100
"""The most paths of an MMD5."""

_OF_NAMES = {name: algorithm for algorithm, name in HASH_NAMES.items()}
_QUOTED = re.compile(r'"((?:[^"]|"")+)"(?: +(.*))?', re.DOTALL)


class OctetRange(NamedTuple):
    """The argument of RANG: the first and the last byte, as the client gave them."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestArgument:
    """The argument of XCRC and its kin.

    :ivar path: the path, if it is quoted or a file has the whole argument as its name.
    :ivar part: the range of a quoted path.
    :ivar shorter: the path before the trailing numbers, or None without them.
    :ivar numbers: these numbers, as text.
    """

    path: str
    part: ByteRange = WHOLE_FILE
    shorter: str | None = None
    numbers: tuple[str, ...] = ()

    def without_numbers(self) -> DigestArgument:
        """Return the argument whose trailing numbers are a range.

        :raises BadArgument: they are none.
        """
        return DigestArgument(path=self.shorter or self.path, part=_part(self.numbers))


def hash_line(algorithms: tuple[str, ...], current: str) -> str:
    """Return HASH's line of FEAT, with an asterisk behind the current algorithm (draft-bryan-ftpext-hash section 3)."""
    names = (f"{HASH_NAMES[one]}*" if one == current else HASH_NAMES[one] for one in HASH_NAMES if one in algorithms)
    return f"HASH {';'.join(names)}"


def hash_algorithm(name: str, algorithms: tuple[str, ...]) -> str:
    """Return the algorithm that OPTS HASH names, in upper or lower case.

    :raises UnsupportedParameter: it is unknown or not configured.
    """
    algorithm = _OF_NAMES.get(name.upper())
    if algorithm is None or algorithm not in algorithms:
        raise UnsupportedParameter("OPTS HASH: FEAT names the algorithms.")
    return algorithm


def shown_range(start: int, stop: int) -> str:
    """Return a range as HASH tells it, with its last byte; of an empty file ``0-0``."""
    return f"{start}-{max(start, stop - 1)}"


def octet_range(argument: str) -> OctetRange:
    """Parse the argument of RANG: two numbers up to 2**63 - 1, in any order (draft-bryan-ftp-range-09 section 3).

    :raises BadArgument: anything else.
    """
    words = [word for word in argument.split(" ") if word]
    if len(words) != 2:
        raise BadArgument("RANG wants the numbers of the first and the last byte.")
    return OctetRange(whole_number(words[0]), whole_number(words[1]))


def part_of(wanted: OctetRange) -> ByteRange:
    """Return the range of a RANG.

    :raises BadArgument: it ends before it begins.
    """
    if wanted.start > wanted.end:
        raise BadArgument("The range ends before it begins.")
    return ByteRange(start=wanted.start, stop=wanted.end + 1)


def digest_argument(argument: str) -> DigestArgument:
    """Parse the argument of XCRC and its kin: a path, which may be in quotes (WinSCP), then up to two numbers.

    The first number is the first byte, and the second is the first byte that does not count, as in ProFTPD and SFTPGo.
    Quotes within quotes are doubled.  Without quotes only the storage knows whether the numbers belong to the name.

    :raises BadArgument: the path is missing, or what follows the quotes is no range.
    """
    if not argument:
        raise BadArgument("A path is wanted.")
    if argument.startswith('"'):
        quoted = _QUOTED.fullmatch(argument)
        if quoted is None:
            raise BadArgument("A path in quotes is wanted, then up to two numbers.")
        words = tuple(word for word in (quoted[2] or "").split(" ") if word)
        return DigestArgument(path=quoted[1].replace('""', '"'), part=_part(words))
    for most in (2, 1):
        path, *numbers = argument.rsplit(" ", most)
        if path and len(numbers) == most and all(map(digits_only, numbers)):
            return DigestArgument(path=argument, shorter=path, numbers=tuple(numbers))
    return DigestArgument(path=argument)


def path_list(argument: str) -> tuple[str, ...]:
    """Parse the argument of MMD5: paths with commas between them (draft-twine-ftpmd5).

    :raises BadArgument: a path is empty, or there are too many.
    """
    paths = tuple(path.strip(" ") for path in argument.split(","))
    if not all(paths) or len(paths) > MOST_PATHS:
        raise BadArgument(f"1 to {MOST_PATHS} paths are wanted, with commas between them.")
    return paths


def _part(numbers: tuple[str, ...]) -> ByteRange:
    if len(numbers) > 2:
        raise BadArgument("At most two numbers are wanted.")
    start, stop = (*(whole_number(number) for number in numbers), None, None)[:2]
    if stop is not None and (start or 0) > stop:
        raise BadArgument("The range ends before it begins.")
    return ByteRange(start=start or 0, stop=stop)
