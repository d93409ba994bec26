"""Trees of files with all the names and sizes that have broken FTP servers or clients before."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from pathlib import Path

SIZES = (0, 1, 65_535, 65_536, 65_537)

NAMES: tuple[bytes, ...] = (
    b"plain.txt",
    b"with spaces in it",
    b"-leading-dash",
    b'quo"ted"',
    b"apos'trophe",
    b"back\\slash",
    b"semi;colon",
    "nfc-\u00e9.txt".encode(),
    "nfd-e\u0301.txt".encode(),
    "\u4f60\u597d".encode(),
    b"5 bytes.txt",
    b"percent%20",
    b"hash#tag",
)
"""Names that are UTF-8; those that are none are tested where a client can speak them."""

RAW_NAME = b"latin-\xe9.txt"


def octets(count: int, seed: int = 7) -> bytes:
    """The same random octets for the same arguments."""
    return random.Random(seed).randbytes(count)


def make_sizes(folder: Path, sizes: Iterable[int] = SIZES) -> None:
    """A file of each size."""
    folder.mkdir(parents=True, exist_ok=True)
    for size in sizes:
        (folder / f"size-{size}.bin").write_bytes(octets(size, size))


def make_names(folder: Path, names: Iterable[bytes] = NAMES) -> None:
    """A small file under each name."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(octets(100 + number, number))


def make_deep(folder: Path, depth: int = 40) -> None:
    """A file below so many directories."""
    deepest = folder.joinpath(*[f"d{level}" for level in range(depth)])
    deepest.mkdir(parents=True)
    (deepest / "bottom").write_bytes(b"reached")


def make_many(folder: Path, count: int) -> None:
    """So many small files in one directory."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"file-{number:05}").write_bytes(str(number).encode())


def contents(folder: Path) -> dict[bytes, bytes | None]:
    """Everything below a folder: relative path to octets, None for a directory."""
    found: dict[bytes, bytes | None] = {}
    root = os.fsencode(folder)
    for place, directories, files in os.walk(root):
        for name in directories:
            found[os.path.relpath(os.path.join(place, name), root)] = None
        for name in files:
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, root)] = file.read()
    return found
