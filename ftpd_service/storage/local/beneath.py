"""Paths below a root that cannot be left, with the semantics of chroot.

`ftpd_service.kernel.openat2` resolves a path, or the walk that stands in for it.

The root is opened for each call: a login then holds no descriptor while nothing happens, and a home that is mounted
later is found.
"""

from __future__ import annotations

import errno
import os
from functools import partial
from types import TracebackType

from ftpd_service.errnos import Turning, error_for
from ftpd_service.errors import NameNotAllowed, NotAPlainFile, NotFound, StorageError
from ftpd_service.kernel.descriptors import HELD
from ftpd_service.kernel.file_systems import learn
from ftpd_service.kernel.libc import error
from ftpd_service.kernel.openat2 import Opening
from ftpd_service.kernel.statx import FileFacts, facts_of
from ftpd_service.kernel.walk import LINKS_FOLLOWED


class Place:
    """A name in a directory that is held open until `close`: what changes act on."""

    __slots__ = ("directory", "name")

    def __init__(self, directory: int, name: bytes) -> None:
        self.directory = directory
        self.name = name

    def facts(self) -> FileFacts | None:
        """What stands there, a link itself not followed; None for nothing.

        :raises OSError:
        """
        try:
            return facts_of(self.directory, self.name)
        except FileNotFoundError:
            return None

    def close(self) -> None:
        """Give the directory back; safe to call twice."""
        directory, self.directory = self.directory, -1
        if directory >= 0:
            os.close(directory)

    def __enter__(self) -> Place:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Jail:
    """Opens virtual paths, as bytes, below one directory of the host.

    :param root: an absolute host path; the operator's, so its own links are followed.
    """

    def __init__(self, root: bytes, opening: Opening) -> None:
        self._root = root
        self._opening = opening

    def open(self, path: bytes, flags: int) -> int:
        """A descriptor of what stands at a path, links followed inside the root.

        :raises OSError:
        """
        root = os.open(self._root, HELD | os.O_DIRECTORY)
        try:
            learn(root)
            return self._opening(root, path.lstrip(b"/"), flags | os.O_CLOEXEC)
        finally:
            os.close(root)

    def parent(self, path: bytes) -> Place:
        """The directory that a path's last name is in, and that name; the path is not the root.

        :raises OSError:
        """
        above, _, name = path.rpartition(b"/")
        return Place(self.open(above, HELD | os.O_DIRECTORY), name)

    def target(self, path: bytes) -> Place:
        """Like `parent`, of what links at the path's end lead to, which need not exist.

        :raises OSError: EISDIR where they lead to a directory by ``..`` or a slash.
        """
        for _ in range(LINKS_FOLLOWED + 1):
            place = self.parent(path)
            try:
                text = os.readlink(place.name, dir_fd=place.directory)
            except OSError as problem:
                if problem.errno in (errno.EINVAL, errno.ENOENT):
                    return place
                place.close()
                raise
            place.close()
            path = text if text.startswith(b"/") else path.rpartition(b"/")[0] + b"/" + text
            if path.rpartition(b"/")[2] in (b"", b".", b".."):
                os.close(self.open(path, HELD | os.O_DIRECTORY))
                raise error(errno.EISDIR)
        raise error(errno.ELOOP)


_FINDING: dict[int, type[StorageError]] = {
    errno.ENOTDIR: NotFound,
    errno.ENAMETOOLONG: NotFound,
    errno.ENXIO: NotAPlainFile,
    errno.ENODEV: NotAPlainFile,
}
_MAKING = _FINDING | {errno.ENAMETOOLONG: NameNotAllowed}


def _meaning(meanings: dict[int, type[StorageError]], problem: OSError) -> StorageError:
    special = meanings.get(problem.errno or 0)
    return error_for(problem) if special is None else special(os.strerror(problem.errno or 0))


finding = Turning(partial(_meaning, _FINDING))
"""Turns an `OSError` about a path that is to be found into an error of this package."""

making = Turning(partial(_meaning, _MAKING))
"""The same for a name that is to be made."""
