"""Changes that are on the disk before their reply (``uploads.durable``): first the file, then the names.

A name that is on the disk before the bytes of its file would lead to an empty or shorter file after a power failure.
So the order is: the file is synced, the name is made, the directory is synced.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ftpd_service.storage.local.system import SystemCalls


@contextmanager
def synced_names(system: SystemCalls, *directories: int) -> Iterator[None]:
    """Sync open directories, which may be held without the right to read them, after a block has changed their names.

    :raises OSError: EACCES before the block if a directory may not be read.
    """
    readable: list[int] = []
    try:
        for directory in directories:
            readable.append(os.open(b".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=directory))
        yield
        for descriptor in readable:
            system.sync(descriptor)
    finally:
        for descriptor in readable:
            os.close(descriptor)
