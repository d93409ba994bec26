"""The listing of a directory, page by page and in bounded memory, and the facts of its entries.

Names are sorted by their bytes if there are fewer than `SORTED_NAMES`.  A larger directory streams in its own order, so
that a million entries need no more memory than ten thousand, and the first rows leave before the scan ends.

Entries are looked up by the directory's descriptor, never by DirEntry.stat, which follows links out of the root.
Everything here blocks and runs on the pool.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from operator import length_hint
from typing import Protocol, TypeVar

from ftpd_service.errnos import SHORTAGES
from ftpd_service.kernel.descriptors import HELD
from ftpd_service.kernel.libc import error
from ftpd_service.kernel.statx import (
    BATCH,
    FileFacts,
    RawFacts,
    device_number,
    facts_from,
    facts_of,
    raw_facts,
    shared_facts,
)
from ftpd_service.storage.local.beneath import Jail, finding
from ftpd_service.storage.local.unfinished import Unfinished, unfinished_entry
from ftpd_service.storage.name_rules import NameRules
from ftpd_service.values import PAGE_ENTRIES, Entry, EntryKind, Link, Page, Permissions
from ftpd_service.wire.names import decode

T = TypeVar("T")

SORTED_NAMES = 10_000


class _Rows(Protocol):
    """The part of the result of `os.scandir` that is needed here; its class has no public name."""

    def close(self) -> None: ...


class Scan:
    """Reads an open directory, and owns and closes its descriptor.

    :param path: the directory's path, for following the links in it.
    :param unfinished: the unfinished uploads of the account, which are shown, or None.
    :ivar hidden: the names with the hidden prefix among the first names.
    :ivar finished: whether the last page has been read.
    """

    def __init__(
        self, jail: Jail, rules: NameRules, path: bytes, directory: int, *, unfinished: Unfinished | None = None
    ) -> None:
        self.finished = False
        self._unfinished = unfinished
        self._begun: dict[bytes, bytes] = {}
        """The hidden names of the account's unfinished uploads, by the names under which they are shown."""
        self._jail = jail
        self._rules = rules
        self._above = path.rstrip(b"/") + b"/"
        self._directory = directory
        self._rows: _Rows | None = None
        self._names: Iterator[bytes] = iter(())
        self._paged = False
        self.hidden: list[bytes] = []

    def begin(self, sorted_names: int = SORTED_NAMES) -> None:
        """Read the first names.

        :param sorted_names: the number of names from which on they are not sorted.
        :raises OSError:
        """
        rows = self._rows = os.scandir(self._directory)
        names = _bytes_of(self._told(list(islice(rows, sorted_names))))
        self.hidden = self._rules.all_hidden(names)
        if self.hidden:
            names = self._with_unfinished(names)
        if len(names) < sorted_names:
            names.sort()
            self._names = iter(names)
        else:
            self._names = chain(names, self._rest(rows))

    def page(self) -> Page:
        """Return at most 1,000 further entries.

        :raises PermissionDenied: the directory may be read but not searched.
        :raises NotFound: the directory was removed since the first page, with entries that had not been read.
        """
        return tuple(self._next(self._entries))

    def _rest(self, rows: Iterator[os.DirEntry[str]]) -> Iterator[bytes]:
        """Yield the names of the rows after the first names."""
        while some := list(islice(rows, PAGE_ENTRIES)):
            names = _bytes_of(self._told(some))
            yield from self._with_unfinished(names) if self._rules.all_hidden(names) else names

    def _told(self, rows: list[os.DirEntry[str]]) -> list[str]:
        return [row.name for row in rows]

    def _with_unfinished(self, names: list[bytes]) -> list[bytes]:
        """Return names with the names of the account's unfinished uploads in place of the hidden names."""
        if self._unfinished is None:
            return names
        begun = self._unfinished.visible_in(self._directory, names)
        self._begun.update(begun)
        hidden = set(begun.values())
        return [name for name in names if name not in hidden] + list(begun)

    def _next(self, look: Callable[[Sequence[bytes]], list[T]], most: int = BATCH) -> list[T]:
        """Look up at most 1,000 further names, at most `most` at a time, and return the results."""
        with finding:
            names = list(islice(self._names, PAGE_ENTRIES))
            # The iterator of a list tells its rest; any other iterator counts as having more.
            self.finished = len(names) < PAGE_ENTRIES or not length_hint(self._names, 1)
            shown = self._rules.all_visible(names)
            found: list[T] = []
            for start in range(0, len(shown), most):
                found += look(shown[start : start + most])
            if self._begun:
                self._begun = {name: hidden for name, hidden in self._begun.items() if name not in shown}
            if self.finished and self._paged and self._removed():
                raise error(errno.ENOENT)
        self._paged = True
        return found

    def close(self) -> None:
        """Close the directory; safe to call twice."""
        rows, self._rows = self._rows, None
        if rows is not None:
            rows.close()
        directory, self._directory = self._directory, -1
        if directory >= 0:
            os.close(directory)

    def _removed(self) -> bool:
        """Return whether the directory was removed; reading it then ends as if there were no more entries."""
        facts = os.fstat(self._directory)
        if facts.st_nlink:
            return False
        # Some file systems do not count links.
        try:
            there = self._jail.open(self._above[:-1] or b"/", HELD | os.O_DIRECTORY)
        except OSError:
            return True
        try:
            return not os.path.samestat(facts, os.fstat(there))
        finally:
            os.close(there)

    def _entries(self, names: Sequence[bytes]) -> list[Entry]:
        """Return the entries of names, without those that `_plain_entries` leaves out."""
        if not self._begun or self._begun.keys().isdisjoint(names):
            return self._plain_entries(names)
        shown = {decode(self._begun[name]): decode(name) for name in names if name in self._begun}
        entries = self._plain_entries([self._begun.get(name, name) for name in names])
        return [
            entry if entry.name not in shown else unfinished_entry(entry, shown[entry.name])
            for entry in entries
            if entry.name not in shown or entry.kind is EntryKind.FILE
        ]

    def _plain_entries(self, names: Sequence[bytes]) -> list[Entry]:
        """Return the entries of names, without names that vanished, cannot be looked up, or are never shown."""
        entries: list[Entry] = []
        known: dict[bytes, _Alike] = {}
        make, everything = tuple.__new__, Permissions.ALL
        last, token = b"", ""
        texts = decode(b"\0".join(names)).split("\0")
        for text, name, raw in zip(texts, names, raw_facts(self._directory, names), strict=True):
            shared, inode, size, born, born_ns, changed, changed_ns, device = raw
            alike = known.get(shared)
            if alike is None:
                alike = _alike(shared)
                if alike is None:
                    entries += self._link(name, raw)
                    continue
                known[shared] = alike
            if device != last:
                last, token = device, f"{device_number(device):x}g"
            kind, mode, links, owner, group = alike
            # This equals `entry_of` but is three times as fast; a listing spends most of its own time here.
            entries.append(
                make(
                    Entry,
                    (
                        text,
                        kind,
                        size,
                        changed * 1_000_000_000 + changed_ns,
                        mode,
                        links,
                        owner,
                        group,
                        born * 1_000_000_000 + born_ns if born else None,
                        f"{token}{inode:x}",
                        None,
                        everything,
                    ),
                )
            )
        return entries

    def _link(self, name: bytes, raw: RawFacts) -> list[Entry]:
        """Return the entry of a link in a list, empty if the link is never shown or has vanished."""
        facts = facts_from(raw)
        if not stat.S_ISLNK(facts.mode):
            return []
        try:
            entry = link_entry(self._jail, self._above + name, self._directory, facts)
        except OSError as problem:
            if isinstance(problem, PermissionError) or problem.errno in SHORTAGES:
                raise
            return []
        return [] if entry is None else [entry]


class NameScan(Scan):
    """A scan for listings of names, which looks up only links and special files, because some are not shown.

    The directory itself tells the kind of all other entries.
    """

    def __init__(
        self, jail: Jail, rules: NameRules, path: bytes, directory: int, *, unfinished: Unfinished | None = None
    ) -> None:
        super().__init__(jail, rules, path, directory, unfinished=unfinished)
        self._unlike: set[bytes] = set()

    def names(self) -> tuple[str, ...]:
        """Return the names of the entries that `page` would return, with the same errors."""
        return tuple(self._next(self._named, PAGE_ENTRIES))

    def _told(self, rows: list[os.DirEntry[str]]) -> list[str]:
        unlike = [row for row in rows if not (row.is_file(follow_symlinks=False) or row.is_dir(follow_symlinks=False))]
        self._unlike.update(os.fsencode(row.name) for row in unlike)
        return super()._told(rows)

    def _named(self, names: Sequence[bytes]) -> list[str]:
        # This refuses a directory that may be read but not searched, as a page of entries does.
        raw_facts(self._directory, names[:1])
        texts = decode(b"\0".join(names)).split("\0")
        unlike = self._unlike.intersection(names) if self._unlike else None
        if not unlike:
            return texts
        self._unlike -= unlike
        asked = [name for name in names if name in unlike]
        shown = {
            entry.name for start in range(0, len(asked), BATCH) for entry in self._entries(asked[start : start + BATCH])
        }
        return [text for text, name in zip(texts, names, strict=True) if name not in unlike or text in shown]


_Alike = tuple[EntryKind, int, int, int, int]
"""Kind, mode, links, owner and group, which most entries of a directory share."""


def _alike(shared: bytes) -> _Alike | None:
    """Return the facts that an entry shares with others, or None for a link and for an entry that is never shown."""
    mode, links, owner, group = shared_facts(shared)
    kind = _OF_ITSELF.get(stat.S_IFMT(mode))
    return None if kind is None else (kind, mode & 0o7777, links, owner, group)


def _bytes_of(names: Iterable[str]) -> list[bytes]:
    """Return the bytes of names from `os.scandir`; os.fsencode undoes its decoding by the process's locale."""
    text = "\0".join(names)
    return os.fsencode(text).split(b"\0") if text else []


def entry_of(facts: FileFacts, name: str, *, link: Link | None = None) -> Entry | None:
    """Return the entry of a file, a directory, or a dangling link; None for anything else."""
    kind = _KINDS.get(stat.S_IFMT(facts.mode))
    if kind is None:
        return None
    return Entry(
        name=name,
        kind=kind,
        size=facts.size,
        modified_ns=facts.modified_ns,
        mode=facts.mode & 0o7777,
        links=facts.links,
        owner=facts.owner,
        group=facts.group,
        created_ns=facts.created_ns,
        unique=unique_of(facts),
        link=link,
    )


def unique_of(facts: FileFacts) -> str:
    """Return the text that identifies an object in `Entry.unique`."""
    return f"{facts.device:x}g{facts.inode:x}"


def link_entry(jail: Jail, path: bytes, directory: int, facts: FileFacts) -> Entry | None:
    """Return the entry of a link: that of its target inside the root, or of the link itself if it dangles.

    :param directory: the open directory of the link.
    :param facts: the facts of the link.
    :raises OSError: the link is gone.
    """
    name = path.rpartition(b"/")[2]
    link = Link(
        text=decode(os.readlink(name, dir_fd=directory)),
        modified_ns=facts.modified_ns,
        links=facts.links,
        owner=facts.owner,
        group=facts.group,
    )
    try:
        descriptor = jail.open(path, HELD)
    except OSError as problem:
        if problem.errno in SHORTAGES:
            raise
        return entry_of(facts, decode(name), link=link)
    try:
        return entry_of(facts_of(descriptor), decode(name), link=link)
    finally:
        os.close(descriptor)


_OF_ITSELF = {stat.S_IFREG: EntryKind.FILE, stat.S_IFDIR: EntryKind.DIRECTORY}
_KINDS = {**_OF_ITSELF, stat.S_IFLNK: EntryKind.DANGLING}
