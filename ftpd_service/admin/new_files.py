"""Writing a set of new files, either completely or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from types import TracebackType


class NewFiles:
    """A set of new files and directories; a ``with`` block that ends with an error removes them again.

    The set never overwrites a file.  Modes do not depend on the umask, and a secret file never has a wider mode than
    its final mode.

    :param group: the group of secret files and of new directories, so that a service under another user can read them;
        with None only the caller can read secrets.
    """

    def __init__(self, group: str | None = None) -> None:
        self._group = group
        self._undo: list[Callable[[], None]] = []

    def __enter__(self) -> NewFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            for undo in reversed(self._undo):
                undo()

    def directory(self, path: str) -> None:
        """Make a directory and its missing parents.

        :raises OSError: the directory cannot be made.
        :raises LookupError: there is no such group.
        """
        if path in ("", "/") or os.path.isdir(path):
            return
        self.directory(os.path.dirname(path))
        os.mkdir(path)
        self._undo.append(lambda: os.rmdir(path))
        if self._group is not None:
            shutil.chown(path, group=self._group)
            os.chmod(path, 0o750)

    def public(self, path: str, content: bytes) -> None:
        """Write a file that every user may read.

        :raises OSError: the file exists already, or cannot be written.
        """
        self._write(path, content, 0o644)

    def secret(self, path: str, content: bytes) -> None:
        """Write a file that only the caller and the group, if there is a group, may read.

        :raises OSError: the file exists already, or cannot be written.
        :raises LookupError: there is no such group.
        """
        self._write(path, content, 0o600)
        if self._group is not None:
            shutil.chown(path, group=self._group)
            os.chmod(path, 0o640)

    def _write(self, path: str, content: bytes, mode: int) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._undo.append(lambda: os.unlink(path))
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(descriptor, mode)
