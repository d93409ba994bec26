"""The handle of a file of which everything was read while opening, and what other handles for reading have of it."""

from __future__ import annotations

from zope.interface import implementer

from ftpd_service.interfaces import IReadHandle
from ftpd_service.values import Entry

FIRST_BYTES = 65536
"""How much of a file is read while opening."""


@implementer(IReadHandle)
class WholeFile:
    """A file without bytes behind `first`; nothing is open."""

    def __init__(self, entry: Entry, first: bytes) -> None:
        self._entry = entry
        self._first = first

    def entry(self) -> Entry:
        return self._entry

    def first(self) -> bytes:
        return self._first

    async def read(self, count: int) -> bytes:
        return b""

    async def close(self) -> None:
        return
