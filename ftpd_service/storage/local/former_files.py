"""The former files of a name, which uploads have replaced (``uploads.keep_versions``).

They are in a directory ``.versions`` beside the file, so that programs that take all files of a directory do not take
them.  Their names are those of GNU's numbered backups, ``a.csv.~7~``; the highest number is the newest.  A version is a
hard link to the former file, made before the new file replaces its name, so the name is never free.  The lock of the
directory keeps other sessions and processes away between both steps.  Everything here blocks and runs on the pool.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ftpd_service.errors import NameNotAllowed, StorageFailed
from ftpd_service.former_interfaces import KeptFormer
from ftpd_service.kernel.statx import FileFacts, facts_of
from ftpd_service.policy.version_names import VERSION_SUFFIX, VERSIONS_PLACE
from ftpd_service.storage.local.beneath import Place
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.name_rules import NAME_BYTES
from ftpd_service.wire.names import encode

VERSIONS_DIRECTORY = encode(VERSIONS_PLACE)

_LONGEST_SUFFIX = len(b".~999999999~")
_NAMES_TRIED = 16
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_NO_LINKS = "the file system has no hard links, so no version can be kept"


def check_version_name(name: bytes) -> None:
    """Refuse a name to which no number can be added."""
    if len(name) + _LONGEST_SUFFIX > NAME_BYTES:
        raise NameNotAllowed("the name is too long for versions")


def is_versions_directory(directory: int) -> bool:
    """Return whether an open directory has versions: of uploads there no further versions are kept."""
    try:
        return os.readlink(f"/proc/self/fd/{directory}").endswith(f"/{VERSIONS_PLACE}")
    except OSError:
        return False


@contextmanager
def locked_versions(place: Place, above: FileFacts) -> Iterator[int]:
    """Yield the directory of versions beside a file, after making it if it is missing, while nobody else changes it.

    :raises OSError:
    """
    made = False
    with suppress(FileExistsError):
        os.mkdir(VERSIONS_DIRECTORY, 0o700, dir_fd=place.directory)
        made = True
    directory = os.open(VERSIONS_DIRECTORY, _DIRECTORY, dir_fd=place.directory)
    try:
        if made:
            with suppress(OSError):
                os.fchown(directory, above.owner, above.group)
            os.fchmod(directory, stat.S_IMODE(above.mode))
        # Some network file systems lock no directory; the links are made in the right order there too.
        with suppress(OSError):
            fcntl.flock(directory, fcntl.LOCK_EX)
        yield directory
    finally:
        os.close(directory)


def without_double(place: Place, facts: FileFacts, above: FileFacts) -> FileFacts | None:
    """Remove the version that a process has linked before its end came, while the file still has its name.

    The file of several hard links would be changed in place, with its version.

    :return: the facts of the file now, or None if the name is free.
    """
    with locked_versions(place, above) as directory:
        now = place.facts()
        if now is None or now.key != facts.key:
            return now
        for number in _numbers(directory, place.name):
            name = _version_name(place.name, number)
            if facts_of(directory, name).key == now.key:
                os.unlink(name, dir_fd=directory)
        return place.facts()


@contextmanager
def keeping_version(system: SystemCalls, directory: int, place: Place) -> Iterator[KeptFormer]:
    """Link the file that has the name now as its newest version, and take that back if the block fails.

    A name without a file has no version.

    :param directory: the locked directory of versions.
    :raises OSError:
    :raises StorageFailed: the file system has no hard links.
    """
    former = place.facts()
    if former is None or not stat.S_ISREG(former.mode):
        yield KeptFormer()
        return
    version = _link_newest(system, directory, place)
    try:
        yield KeptFormer(bytes=former.size, files=1)
    except BaseException:
        with suppress(OSError):
            os.unlink(version, dir_fd=directory)
        raise


def _link_newest(system: SystemCalls, directory: int, place: Place) -> bytes:
    newest = max(_numbers(directory, place.name), default=0)
    for number in range(newest + 1, newest + 1 + _NAMES_TRIED):
        version = _version_name(place.name, number)
        try:
            system.link(place.directory, place.name, directory, version)
        except FileExistsError:
            continue
        except PermissionError as problem:
            raise StorageFailed(_NO_LINKS) from problem
        return version
    raise StorageFailed("no free number found for a version")


def forget_versions(directory: int, name: bytes, most: int) -> KeptFormer:
    """Remove all versions of a name but the newest, and return the removed bytes and files."""
    count = files = 0
    for number in sorted(_numbers(directory, name))[:-most]:
        old = _version_name(name, number)
        # A version that cannot be removed now is removed with the next ones.
        with suppress(OSError):
            size = facts_of(directory, old).size
            os.unlink(old, dir_fd=directory)
            count, files = count + size, files + 1
    return KeptFormer(bytes=count, files=files)


def _version_name(name: bytes, number: int) -> bytes:
    return b"%s.~%d~" % (name, number)


def _numbers(directory: int, name: bytes) -> list[int]:
    form = re.compile(re.escape(name) + encode(VERSION_SUFFIX))
    with os.scandir(directory) as rows:
        found = (form.fullmatch(os.fsencode(row.name)) for row in rows)
        return [int(match[1]) for match in found if match is not None]
