"""Changes that are on the disk before their reply (``uploads.durable``): first the file, then the names.

A name that is on the disk before the bytes of its file would lead to an empty or shorter file after a power failure.
So the order is: the file is synced, the name is made, the directory is synced.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ftpd_service.storage.local.beneath import Place
from ftpd_service.storage.local.system import SystemCalls


def name_on_disk(
    system: SystemCalls, place: Place, descriptor: int, take_name: Callable[[], None], *, free: bool
) -> None:
    """Sync an open file, give it its name, and sync the directory.

    :param take_name: gives the file its name.
    :param free: whether the name was free; then it is free again if the directory cannot be synced.
    :raises OSError:
    """
    named = False
    try:
        with synced_names(system, place.directory):
            system.sync(descriptor)
            take_name()
            named = True
    except OSError:
        if named and free:
            # The client is told that the upload has failed.
            with suppress(OSError):
                os.unlink(place.name, dir_fd=place.directory)
        raise


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
