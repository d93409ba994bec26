"""A program that changes files as it is told, a line each: the other process of ``test_digest_races.py``.

Each line has the change, the path, a letter and a size: the new content is that letter, so many times.
"""

from __future__ import annotations

import mmap
import os
import sys

COPIED_NS = 1_500_000_000_123_456_789
"""The modification time of the file that ``copy`` copies."""


def write(path: str, content: bytes) -> None:
    """Write over a file, in one call."""
    descriptor = os.open(path, os.O_WRONLY)
    os.write(descriptor, content)
    if os.fstat(descriptor).st_size != len(content):
        os.ftruncate(descriptor, len(content))
    os.close(descriptor)


def put_back(path: str, content: bytes) -> None:
    """Write, and set the modification time back."""
    facts = os.stat(path)
    write(path, content)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def copy(path: str, content: bytes) -> None:
    """Do what ``cp -p`` does."""
    descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
    os.write(descriptor, content)
    os.utime(descriptor, ns=(COPIED_NS, COPIED_NS))
    os.close(descriptor)


def replace(path: str, content: bytes) -> None:
    """Rename a new file over the file, with the times of the former."""
    facts = os.stat(path)
    with open(path + ".new", "wb") as file:
        file.write(content)
    os.utime(path + ".new", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    os.rename(path + ".new", path)


def store(path: str, content: bytes) -> None:
    """Write through a memory map, and set the modification time back."""
    facts = os.stat(path)
    with open(path, "r+b") as file:
        if os.fstat(file.fileno()).st_size != len(content):
            file.truncate(len(content))
        with mmap.mmap(file.fileno(), len(content)) as pages:
            pages[:] = content
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


CHANGES = {change.__name__: change for change in (write, put_back, copy, replace, store)}


def main() -> None:
    """Make the changes of standard input, and answer each."""
    for line in sys.stdin:
        name, path, letter, size = line.split()
        CHANGES[name](path, letter.encode() * int(size))
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
