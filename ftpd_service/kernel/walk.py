"""Opening a path below a root without openat2: a walk from descriptor to descriptor that reads the links itself.

Gives the answers of ``openat2`` with RESOLVE_IN_ROOT, which are chroot's: an absolute link target starts at the root,
``..`` at the root stays there, 40 links are followed and no more.  Every step opens one name with O_NOFOLLOW in a
directory that is held open, so a name that is changed into a link meanwhile is refused, never followed out of the
root.  One thing differs: the links of a proc file system are followed by their text, inside the root, where the
kernel refuses them.
"""

from __future__ import annotations

import errno
import os

from ftpd_service.kernel.descriptors import HELD
from ftpd_service.kernel.libc import error

LINKS_FOLLOWED = 40


def open_by_walk(root: int, path: bytes, flags: int) -> int:
    """A descriptor of what stands at a path below the directory `root`.  Provides `openat2.Opening`.

    :raises OSError: as `os.open` does; ELOOP beyond 40 links.
    """
    trail = [os.dup(root)]
    try:
        return _walk(trail, path, flags)
    finally:
        for descriptor in trail:
            os.close(descriptor)


def _walk(trail: list[int], path: bytes, flags: int) -> int:
    """Follow a path from the end of `trail`, the open directories from the root to here."""
    names = _reversed_names(path)
    links = 0
    while names:
        name = names.pop()
        if name in (b".", b".."):
            _step_back(trail, levels=len(name) - 1)
            continue
        text = _link_text(trail[-1], name)
        if text is not None and (names or not flags & os.O_NOFOLLOW):
            links += 1
            if links > LINKS_FOLLOWED:
                raise error(errno.ELOOP)
            if text.startswith(b"/"):
                _step_back(trail, levels=len(trail) - 1)
            names += _reversed_names(text)
            continue
        if not names:
            return os.open(name, flags | os.O_NOFOLLOW, dir_fd=trail[-1])
        trail.append(os.open(name, HELD | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=trail[-1]))
    return os.open(b".", flags & ~os.O_NOFOLLOW, dir_fd=trail[-1])


def _step_back(trail: list[int], *, levels: int) -> None:
    """Go so many directories up, at most to the root."""
    # The kernel wants the right to search a directory for "." and ".." too.
    os.stat(b".", dir_fd=trail[-1])
    for _ in range(min(levels, len(trail) - 1)):
        os.close(trail.pop())


def _link_text(directory: int, name: bytes) -> bytes | None:
    """Where a link leads, or None for what is no link."""
    try:
        return os.readlink(name, dir_fd=directory)
    except OSError as problem:
        if problem.errno == errno.EINVAL:
            return None
        raise


def _reversed_names(path: bytes) -> list[bytes]:
    names = [name for name in path.split(b"/") if name]
    if path.endswith(b"/"):
        # A slash at the end demands a directory; so does a dot behind it.
        names.append(b".")
    names.reverse()
    return names
