"""The handle of a file that was read completely while it was opened, also the base of other handles for reading."""

from __future__ import annotations

from zope.interface import implementer

from ftpd_service.interfaces import IReadHandle
from ftpd_service.values import Entry

FIRST_BYTES = 65536
"""The most bytes of a file that are read while it is opened."""


@implementer(IReadHandle)
class WholeFile:
    """A file that ends with the bytes of `first`; nothing is open."""

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
