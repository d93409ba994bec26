"""Rows of LIST and NLST, in the layout of ``ls -l`` with numeric owners and times in UTC, which every client reads.

::

    -rw-r--r--    1 1000     1000         1234 Nov 22 10:15 name
    lrwxrwxrwx    1 0        0              11 Jan  2  2026 link -> target/path

A single call makes a page of a thousand rows, and formats the parts that rows share (mode and owner, the minute or day
of a date) only once for each page.  Names are never quoted; names with CR or LF are left out, because no client could
read their rows.
"""

from __future__ import annotations

import stat
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ftpd_service.values import Entry, EntryKind, Link
from ftpd_service.wire import names
from ftpd_service.wire.charsets import UTF8, Charset
from ftpd_service.wire.list_options import ListOptions

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NANOSECONDS = 1_000_000_000
_MINUTE_NS = 60 * _NANOSECONDS
_DAY_NS = 86_400 * _NANOSECONDS
_RECENT_NS = 180 * _DAY_NS
_FIRST_NS = -62_135_596_800 * _NANOSECONDS
_LAST_NS = 253_402_300_799 * _NANOSECONDS
_ARROW = " -> "


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStyle:
    """The form of rows."""

    follow: bool = False
    """Whether a link is shown as its target (``-L``); a link without a target stays a link."""
    charset: Charset = UTF8


def list_page(entries: Iterable[Entry], style: ListStyle, now: float) -> bytes:
    """Return the LIST rows of a page, each with CRLF at its end.

    :param now: the seconds since 1970, which decide whether a row shows the time of day or the year.
    """
    page = list(entries)
    rows = "".join(_Rows(now, style.follow).of(page))
    if rows.count("\n") == rows.count("\r") == len(page):
        return style.charset.encode(rows)
    return style.charset.encode("".join(_Rows(now, style.follow).of(_tellable(page))))


def nlst_page(entries: Iterable[Entry], prefix: str = "", *, charset: Charset = UTF8) -> bytes:
    """Return the NLST rows of a page; see `nlst_names`."""
    return nlst_names([entry.name for entry in entries], prefix, charset=charset)


def nlst_names(shown: Sequence[str], prefix: str = "", *, charset: Charset = UTF8) -> bytes:
    """Return NLST rows of prefix and name, usable as arguments (RFC 1123 section 4.1.2.7)."""
    text = "\0".join((prefix, *shown))
    if "\n" in text or "\r" in text:
        shown = [name for name in shown if "\n" not in prefix + name and "\r" not in prefix + name]
    if not shown:
        return b""
    rows = f"\r\n{prefix}".join(shown)
    return charset.encode(f"{prefix}{rows}\r\n")


def sort_entries(entries: Iterable[Entry], options: ListOptions) -> tuple[Entry, ...]:
    """Return entries in the order of the options: by the bytes of names, newest first, or largest first."""
    ordered = sorted(entries, key=lambda entry: names.encode(entry.name))
    if options.by_time:
        ordered.sort(key=lambda entry: -_shown_as(entry, options)[0])
    elif options.by_size:
        ordered.sort(key=lambda entry: -_shown_as(entry, options)[1])
    return tuple(reversed(ordered)) if options.reverse else tuple(ordered)


def _shown_as(entry: Entry, options: ListOptions) -> tuple[int, int]:
    """Return the time and the size for an entry's row; a link has its own values, unless links are followed."""
    link = entry.link
    if link is None or (options.follow and entry.kind is not EntryKind.DANGLING):
        return entry.modified_ns, entry.size
    return link.modified_ns, len(names.encode(link.text))


def _tellable(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries whose names can stand in a row."""
    return [entry for entry in entries if "\n" not in entry.name and "\r" not in entry.name]


class _Rows:
    """The formatter of rows, with a cache of the parts that rows share."""

    __slots__ = (
        "_by_day",
        "_by_minute",
        "_dates",
        "_directories",
        "_files",
        "_follow",
        "_now_ns",
        "_recent_ns",
        "_split",
    )

    def __init__(self, now: float, follow: bool) -> None:
        self._now_ns = int(now * _NANOSECONDS)
        self._recent_ns = self._now_ns - _RECENT_NS
        self._follow = follow
        # In these minutes a row's date may have either form.
        self._split = (self._recent_ns // _MINUTE_NS, self._now_ns // _MINUTE_NS)
        self._dates: dict[int, str] = {}
        self._by_minute: dict[int, str] = {}
        self._by_day: dict[int, str] = {}
        self._files: dict[tuple[int, int, int, int], str] = {}
        self._directories: dict[tuple[int, int, int, int], str] = {}

    def of(self, entries: Iterable[Entry]) -> list[str]:
        """Return the row of each entry; names must not contain CR or LF."""
        rows: list[str] = []
        files, directories, dates = self._files, self._directories, self._dates
        directory_kind = EntryKind.DIRECTORY
        for entry in entries:
            name, kind, size, modified_ns, mode, links, owner, group, _, _, link, _ = entry
            if link is not None and (not self._follow or kind is EntryKind.DANGLING):
                row = self._link(name, link)
                if row is not None:
                    rows.append(row)
                    continue
            directory = kind is directory_kind
            heads = directories if directory else files
            key = (mode, links, owner, group)
            head = heads.get(key)
            if head is None:
                head = heads[key] = _head(stat.S_IFDIR if directory else stat.S_IFREG, entry)
            date = dates.get(modified_ns // _MINUTE_NS) or self._date(modified_ns)
            rows.append(f"{head}{str(size).rjust(8)} {date} {name}\r\n")
        return rows

    def _link(self, name: str, link: Link) -> str | None:
        """Return the row of a link itself, or None if its names contain a second arrow, which curl refuses."""
        target = link.text
        shown = f"{name}{_ARROW}{target}"
        if shown.find(_ARROW) != len(name) or shown.rfind(_ARROW) != len(name) or "\n" in target or "\r" in target:
            return None
        head = f"lrwxrwxrwx {max(link.links, 1):4d} {link.owner:<8d} {link.group:<8d} "
        return f"{head}{len(names.encode(target)):8d} {self._date(link.modified_ns)} {shown}\r\n"

    def _date(self, modified_ns: int) -> str:
        """Return a date with the time of day for the last 180 days, else the year, which clients would guess
        differently.
        """
        minute = modified_ns // _MINUTE_NS
        if self._recent_ns < modified_ns <= self._now_ns:
            date = self._time_of_day(minute)
        else:
            date = self._day(min(max(modified_ns, _FIRST_NS), _LAST_NS) // _DAY_NS)
        if minute not in self._split:
            self._dates[minute] = date
        return date

    def _time_of_day(self, minute: int) -> str:
        date = self._by_minute.get(minute)
        if date is None:
            when = time.gmtime(minute * 60)
            date = f"{_MONTHS[when.tm_mon - 1]} {when.tm_mday:2d} {when.tm_hour:02d}:{when.tm_min:02d}"
            self._by_minute[minute] = date
        return date

    def _day(self, day: int) -> str:
        date = self._by_day.get(day)
        if date is None:
            when = time.gmtime(day * 86_400)
            date = self._by_day[day] = f"{_MONTHS[when.tm_mon - 1]} {when.tm_mday:2d}  {when.tm_year:04d}"
        return date


def _head(kind: int, entry: Entry) -> str:
    """Return the row up to the size; owners are numbers, because wget takes a name such as ``may`` for a month."""
    mode = stat.filemode(kind | entry.mode & 0o7777)
    return f"{mode} {max(entry.links, 1):4d} {entry.owner:<8d} {entry.group:<8d} "
