"""The type of the objects that take the bytes of an upload on their way to its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class TakenBytes(Protocol):
    """Takes the bytes of an upload in the order in which they are written to its file."""

    @property
    def byte_count(self) -> int:
        """The number of bytes so far."""

    def digests(self) -> Mapping[str, str]:
        """Return the digests of all bytes by algorithm, in lower-case hexadecimal digits."""

    def put_off(self, data: bytes) -> None:
        """Take the first bytes, at most 64 KiB, without computing anything yet."""

    def take(self, data: bytes | memoryview) -> None:
        """Take bytes and compute, for which the interpreter's lock is released; call it on a thread."""
