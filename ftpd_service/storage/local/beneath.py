"""Paths that cannot leave a root, with the semantics of chroot.

`ftpd_service.kernel.openat2` or its fallback, the walk, resolves each path.  The root is opened for each call, so that
an idle login holds no descriptor, and a home that is mounted later is found.
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
    """A name in a directory that stays open until `close`; changes act on it."""

    __slots__ = ("directory", "name")

    def __init__(self, directory: int, name: bytes) -> None:
        self.directory = directory
        self.name = name

    def facts(self) -> FileFacts | None:
        """Return the facts of the name, of a link itself, or None if the name is free.

        :raises OSError:
        """
        try:
            return facts_of(self.directory, self.name)
        except FileNotFoundError:
            return None

    def close(self) -> None:
        """Close the directory; safe to call twice."""
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
    """Opens virtual paths, as bytes, below a directory of the host.

    :param root: an absolute host path; its own links are followed, because the operator set it.
    """

    def __init__(self, root: bytes, opening: Opening) -> None:
        self._root = root
        self._opening = opening

    def open(self, path: bytes, flags: int) -> int:
        """Return a descriptor of a path, following links inside the root.

        :raises OSError:
        """
        root = os.open(self._root, HELD | os.O_DIRECTORY)
        try:
            learn(root)
            return self._opening(root, path.lstrip(b"/"), flags | os.O_CLOEXEC)
        finally:
            os.close(root)

    def parent(self, path: bytes) -> Place:
        """Return the place of a path's last name; the path is not the root.

        :raises OSError:
        """
        above, _, name = path.rpartition(b"/")
        return Place(self.open(above, HELD | os.O_DIRECTORY), name)

    def target(self, path: bytes) -> Place:
        """Return the place to which links at the path's end lead; its name may be free.

        :raises OSError: EISDIR if they lead to a directory by ``..`` or a slash.
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
"""Turns an `OSError` about an existing path into an error of this package."""

making = Turning(partial(_meaning, _MAKING))
"""Turns an `OSError` about a new name into an error of this package."""
