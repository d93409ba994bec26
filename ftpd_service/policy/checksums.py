"""The algorithms of digests, by their names in the configuration."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol


class RunningDigest(Protocol):
    """A digest of bytes that come one after the other."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take more bytes."""

    def hexdigest(self) -> str:
        """Return the digest of all bytes so far, in lower-case hexadecimal digits."""


class Crc32:
    """CRC-32 as zip and XCRC use it."""

    __slots__ = ("_value",)

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes | memoryview, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:08x}"


ALGORITHMS: Mapping[str, Callable[[], RunningDigest]] = {
    "sha256": partial(hashlib.sha256, usedforsecurity=False),
    "sha1": partial(hashlib.sha1, usedforsecurity=False),
    "md5": partial(hashlib.md5, usedforsecurity=False),
    "crc32": Crc32,
    "sha512": partial(hashlib.sha512, usedforsecurity=False),
}
