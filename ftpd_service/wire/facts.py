"""Facts of MLSD and MLST, and the time value that they share with MDTM and MFMT (RFC 3659 sections 2.3 and 7).

A row omits a fact that is unknown or makes no sense for its entry: directories have no size, and ``create`` is missing
if the file system has no birth time or the birth time is later than ``modify``.  A link is shown as its target; a link
without a target is ``OS.unix=symlink``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from functools import lru_cache

from ftpd_service.errors import BadArgument
from ftpd_service.values import Entry, EntryKind, Permissions
from ftpd_service.wire.charsets import UTF8, Charset

FACTS = ("type", "size", "modify", "perm", "unique", "UNIX.mode", "UNIX.owner", "UNIX.group", "create")
"""All facts, in the spelling and order of FEAT."""

DEFAULT_FACTS = frozenset({"type", "size", "modify", "perm", "unique", "UNIX.mode"})
"""The facts that are on by default; OPTS MLST changes them."""

_BY_LOWER = {fact.lower(): fact for fact in FACTS}
_NAME = "[!-)+-:<>-~]+"
"""The name of a fact.  It contains neither ``=``, which stands before the value, nor ``*``, which marks it in FEAT."""
_SYNTAX = re.compile(f"(?:{_NAME};)*(?:{_NAME})?", re.ASCII)
_PERM = re.compile(r"(?<=perm=)[a-z]*")
_TIME_VALUE = re.compile(r"([1-9][0-9]{3})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(?:\.([0-9]+))?")
_NANOSECONDS = 1_000_000_000
_DAY_SECONDS = 86_400
_FIRST_SECOND = -62_135_596_800
_LAST_SECOND = 253_402_300_799
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MINUTES = tuple(f"{minute // 60:02}{minute % 60:02}" for minute in range(1440))
_SECONDS = tuple(f"{second:02}" for second in range(60))
_TYPES = {
    EntryKind.FILE: "type=file;",
    EntryKind.DIRECTORY: "type=dir;",
    EntryKind.DANGLING: "type=OS.unix=symlink;",
    EntryKind.UNFINISHED: "type=file;",
}
_SIZED = (EntryKind.FILE, EntryKind.UNFINISHED)


def digest_facts(algorithms: Iterable[str]) -> tuple[str, ...]:
    """Return the facts that tell digests by these algorithms: private ones, as no RFC has any (section 7.5)."""
    return tuple(f"x.{algorithm}" for algorithm in algorithms)


def feature_line(enabled: frozenset[str], more: tuple[str, ...] = ()) -> str:
    """Return the line of FEAT: all facts, with an asterisk after facts that are on (RFC 3659 section 7.8).

    :param more: the facts that the configuration adds.
    """
    return "MLST " + "".join(f"{fact}*;" if fact in enabled else f"{fact};" for fact in FACTS + more)


def choose(text: str, more: tuple[str, ...] = ()) -> frozenset[str]:
    """Return the facts that OPTS MLST asks for, which may be none; unknown facts are ignored (RFC 3659 section 7.9).

    :param more: the facts that the configuration adds.
    :raises BadArgument: the argument is not a list of facts; a final ``;`` may be missing.
    """
    asked = text.strip(" ")
    if _SYNTAX.fullmatch(asked) is None:
        raise BadArgument("OPTS MLST: a list of facts is wanted, each followed by a semicolon.")
    known = _BY_LOWER | {fact.lower(): fact for fact in more}
    wanted = (known.get(name.lower()) for name in asked.split(";"))
    return frozenset(fact for fact in wanted if fact is not None)


def chosen(enabled: frozenset[str], more: tuple[str, ...] = ()) -> str:
    """Return the facts that are on, for the reply to OPTS MLST, or an empty text."""
    return "".join(f"{fact};" for fact in FACTS + more if fact in enabled)


def facts_of(entry: Entry, enabled: frozenset[str], *, kind: str | None = None, root: bool = False) -> str:
    """Return the facts of one entry, each followed by ``;``, without the name and the space before it.

    :param kind: ``cdir`` or ``pdir``, if the row stands for the listed directory itself or its parent.
    :param root: whether the entry is the root, which cannot be removed or renamed.
    """
    facts = _Rows(enabled, before="", behind="").of([entry._replace(name="")])
    if root:
        facts = _PERM.sub(lambda match: match[0].replace("d", "").replace("f", ""), facts)
    if kind is not None and "type" in enabled:
        return f"type={kind};{facts.partition(';')[2]}"
    return facts


def mlsd_page(entries: Iterable[Entry], enabled: frozenset[str], charset: Charset = UTF8) -> bytes:
    """Return rows of MLSD, without names that contain CR or LF, which no client could read (RFC 3659 section 7.2)."""
    page = entries if isinstance(entries, Sequence) else tuple(entries)
    rows = _Rows(enabled, before=" ", behind="\r\n")
    text = rows.of(page)
    if text.count("\n") == text.count("\r") == len(page):
        return charset.encode(text)
    return charset.encode(rows.of(entry for entry in page if "\n" not in entry.name and "\r" not in entry.name))


def tells_own_rows(enabled: frozenset[str]) -> bool:
    """Return whether MLSD has rows of the directory itself: only the type fact distinguishes them from children.

    RFC 3659 section 7.5.1.2.
    """
    return "type" in enabled


def own_rows(this: Entry, above: Entry | None, enabled: frozenset[str], *, above_is_root: bool = False) -> bytes:
    """Return rows of the listed directory and its parent (None at the root), named ``.`` and ``..``.

    MiXplorer would show other names.  The result is empty if `tells_own_rows` is false.
    """
    if not tells_own_rows(enabled):
        return b""
    rows = f"{facts_of(this, enabled, kind='cdir', root=above is None)} .\r\n"
    if above is not None:
        rows += f"{facts_of(above, enabled, kind='pdir', root=above_is_root)} ..\r\n"
    return rows.encode("ascii")


def time_value(modified_ns: int) -> str:
    """Return a time as fourteen digits, UTC, rounded down to the second (RFC 3659 section 2.3).

    Times before the year 1 and after 9999 become the nearest time in that range.
    """
    days, second = divmod(min(max(modified_ns // _NANOSECONDS, _FIRST_SECOND), _LAST_SECOND), _DAY_SECONDS)
    minute, second = divmod(second, 60)
    return _day(days) + _MINUTES[minute] + _SECONDS[second]


def parse_time_value(text: str) -> int:
    """Return the nanoseconds since 1970 of a time value; a fraction may have any length, and second 60 counts as 59.

    :raises BadArgument: the time value or the date is invalid.
    """
    match = _TIME_VALUE.fullmatch(text)
    if match is None:
        raise BadArgument("A time is wanted as YYYYMMDDHHMMSS.")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    try:
        if second > 60:
            raise ValueError("seconds end at 60")
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=timezone.utc) - _EPOCH
    except ValueError as problem:
        raise BadArgument("There is no such date and time.") from problem
    fraction = (match.group(7) or "")[:9].ljust(9, "0")
    return (moment.days * _DAY_SECONDS + moment.seconds) * _NANOSECONDS + int(fraction)


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    moment = datetime.fromordinal(_EPOCH.toordinal() + days)
    return f"{moment.year:04}{moment.month:02}{moment.day:02}"


@lru_cache(maxsize=4096)
def _perm(letters: tuple[tuple[str, Permissions], ...], allowed: Permissions) -> str:
    """Return the letters for the permissions of this login, independent of the mode bits (RFC 3659 section 7.5.5)."""
    return "perm=" + "".join(letter for letter, permissions in letters if allowed & permissions) + ";"


_FILE_LETTERS = (
    ("a", Permissions.APPEND),
    ("d", Permissions.DELETE),
    ("f", Permissions.RENAME),
    ("r", Permissions.READ),
    ("w", Permissions.OVERWRITE),
)
_DIRECTORY_LETTERS = (
    ("c", Permissions.CREATE),
    ("d", Permissions.REMOVE_DIRECTORY),
    # CWD needs only the right to know that the directory exists, and an account without any permission lacks it.
    ("e", Permissions.ALL),
    ("f", Permissions.RENAME),
    ("l", Permissions.LIST),
    ("m", Permissions.MAKE_DIRECTORY),
    ("p", Permissions.DELETE | Permissions.REMOVE_DIRECTORY),
)
# DELE removes a link to any target; RMD does not.
_DIRECTORY_LINK_LETTERS = tuple(
    (letter, Permissions.DELETE if letter == "d" else permissions) for letter, permissions in _DIRECTORY_LETTERS
)
# The link has no target that can be read or written, but the link itself can be removed and renamed.  An upload makes
# the target if that is possible; no letter promises that.
_DANGLING_LETTERS = (("d", Permissions.DELETE), ("f", Permissions.RENAME))


_SLOT = "\0"
"""The place of a value in a pattern."""


class _Rows:
    """The formatter of the chosen facts; entries that differ only in size, times, token and name share a pattern.

    :param before: the text between facts and name.
    :param behind: the text after the name.
    """

    __slots__ = ("_before", "_behind", "_enabled", "_patterns")

    def __init__(self, enabled: frozenset[str], *, before: str, behind: str) -> None:
        self._before = before
        self._behind = behind
        self._enabled = enabled
        self._patterns: dict[tuple[EntryKind, Permissions], dict[tuple[int, int, int, bool, bool], list[str]]] = {}

    def of(self, entries: Iterable[Entry]) -> str:
        """Return the rows of all entries."""
        rows = []
        # The slot of a fact that is off stays empty.
        timed, told, born = (fact in self._enabled for fact in ("modify", "unique", "create"))
        before, behind = self._before, self._behind
        sized = _SIZED if "size" in self._enabled else ()
        last_kind: EntryKind | None = None
        last_allowed: Permissions | None = None
        patterns: dict[tuple[int, int, int, bool, bool], list[str]] = {}
        times: dict[int, str] = {}
        for entry in entries:
            name, kind, size, modified_ns, mode, _, owner, group, _, unique, link, allowed = entry
            if kind is not last_kind or allowed is not last_allowed:
                # Enumerations are slow to hash, so they are looked up only when they change.
                last_kind, last_allowed = kind, allowed
                patterns = self._patterns.setdefault((kind, allowed), {})
            key = (mode, owner, group, not unique, link is None)
            pattern = patterns.get(key)
            if pattern is None:
                pattern = patterns[key] = self._pattern(entry)
            second = modified_ns // _NANOSECONDS
            time = times.get(second)
            if time is None:
                time = times[second] = time_value(modified_ns) if timed else ""
            first, to_time, to_unique, to_create = pattern
            rows.append(
                f"{first}{size if kind in sized else ''}{to_time}{time}{to_unique}{unique if told else ''}"
                f"{to_create}{_create_fact(entry) if born else ''}{before}{name}{behind}"
            )
        return "".join(rows)

    def _pattern(self, entry: Entry) -> list[str]:
        """Return the texts before size, time, token, and the time of creation, which is the last fact."""
        parts = {
            "type": _TYPES[entry.kind],
            "size": f"size={_SLOT};" if entry.kind in _SIZED else _SLOT,
            "modify": f"modify={_SLOT};",
            "perm": _perm_fact(entry),
            "unique": f"unique={_SLOT};" if entry.unique else _SLOT,
            "UNIX.mode": f"UNIX.mode={entry.mode & 0o7777:04o};",
            "UNIX.owner": f"UNIX.owner={entry.owner};",
            "UNIX.group": f"UNIX.group={entry.group};",
        }
        shown = [text if fact in self._enabled else _SLOT * (_SLOT in text) for fact, text in parts.items()]
        return "".join(shown).split(_SLOT)


def _perm_fact(entry: Entry) -> str:
    if entry.kind is EntryKind.DANGLING:
        return _perm(_DANGLING_LETTERS, entry.allowed)
    if entry.kind is EntryKind.DIRECTORY and entry.link is not None:
        return _perm(_DIRECTORY_LINK_LETTERS, entry.allowed)
    return _perm(_DIRECTORY_LETTERS if entry.kind is EntryKind.DIRECTORY else _FILE_LETTERS, entry.allowed)


def _create_fact(entry: Entry) -> str:
    created = entry.created_ns
    return "" if created is None or created > entry.modified_ns else f"create={time_value(created)};"
