"""The new name that a stage gives an upload, as programs, web services and Python code write it."""

from __future__ import annotations

from ftpd_service.values import VirtualPath
from ftpd_service.verdict_interfaces import StageFailed
from ftpd_service.wire import paths


def new_path(text: object, of: VirtualPath) -> VirtualPath:
    """Return the path for a name in the directory of an upload, or for a path from the root on.

    :raises StageFailed: the text is neither.
    """
    if not isinstance(text, str) or not text or not text.isprintable():
        raise StageFailed("the new name is no printable text")
    names = text.removeprefix("/").split("/")
    if any(name in ("", ".", "..") for name in names):
        raise StageFailed("the new name has an empty name, . or .. in it")
    return paths.join(paths.parent(of), text)
