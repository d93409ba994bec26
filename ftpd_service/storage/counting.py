"""Counts the files of a storage: all names but links and hidden uploads; the account's own unfinished uploads count."""

from __future__ import annotations

from contextlib import suppress

from ftpd_service.closing import closing
from ftpd_service.errors import NotADirectory, NotFound
from ftpd_service.interfaces import IStorage
from ftpd_service.policy.quotas import FileInUse, Standing, Totals, Usage
from ftpd_service.values import ROOT, Entry, EntryKind, Page, VirtualPath


async def counted(storage: IStorage, usage: Usage) -> tuple[Totals, dict[FileInUse, int]]:
    """Return the totals of a tree, and the sizes of the files in use.

    :raises StorageError: a directory could not be read.
    """
    tally = _Tally(usage)
    while tally.waiting:
        above = tally.waiting.pop()
        with suppress(NotFound, NotADirectory):  # another program removed it meanwhile
            async with closing(storage.entries(above)) as pages:
                async for page in pages:
                    tally.add(above, page)
    return Totals(tally.bytes, tally.files), tally.sizes


class _Tally:
    """The sums so far, and the directories that wait."""

    def __init__(self, usage: Usage) -> None:
        self.bytes = 0
        self.files = 0
        self.sizes: dict[FileInUse, int] = {}
        self.waiting = [ROOT]
        self._usage = usage

    def add(self, above: VirtualPath, page: Page) -> None:
        """Count a page of a directory."""
        start = "/" if above == ROOT else f"{above}/"
        for entry in page:
            if entry.link is not None:
                continue
            if entry.kind is EntryKind.DIRECTORY:
                self.waiting.append(VirtualPath(start + entry.name))
            elif entry.kind in (EntryKind.FILE, EntryKind.UNFINISHED):
                self.bytes += entry.size
                self.files += 1
                if self._usage.busy:
                    self._note(VirtualPath(start + entry.name), entry)

    def _note(self, path: VirtualPath, entry: Entry) -> None:
        file = self._usage.in_use(Standing(path, entry.unique, entry.size))
        if file is not None:
            self.sizes[file] = entry.size
