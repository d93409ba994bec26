"""Opening a path below a root without openat2: a walk from descriptor to descriptor that reads the links itself.

The results are those of ``openat2`` with RESOLVE_IN_ROOT, hence of chroot: an absolute link starts at the root, ``..``
at the root stays there, and at most 40 links are followed.  Every step opens a single name with O_NOFOLLOW in an open
directory, so a name that becomes a link meanwhile is refused and never leads out of the root.  In one respect the walk
differs: it follows the links of a proc file system by their text, inside the root, where the kernel refuses them.
"""

from __future__ import annotations

import errno
import os

from ftpd_service.kernel.descriptors import HELD
from ftpd_service.kernel.libc import error

LINKS_FOLLOWED = 40


def open_by_walk(root: int, path: bytes, flags: int) -> int:
    """Open a path below the directory `root`.  Provides `openat2.Opening`.

    :raises OSError: as `os.open` does; ELOOP beyond 40 links.
    """
    trail = [os.dup(root)]
    try:
        return _walk(trail, path, flags)
    finally:
        for descriptor in trail:
            os.close(descriptor)


def _walk(trail: list[int], path: bytes, flags: int) -> int:
    """Follow a path from the last directory of `trail`, the open directories from the root on."""
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
    # The kernel demands the right to search a directory for "." and ".." too.
    os.stat(b".", dir_fd=trail[-1])
    for _ in range(min(levels, len(trail) - 1)):
        os.close(trail.pop())


def _link_text(directory: int, name: bytes) -> bytes | None:
    """Return the target of a link, or None if the name is no link."""
    try:
        return os.readlink(name, dir_fd=directory)
    except OSError as problem:
        if problem.errno == errno.EINVAL:
            return None
        raise


def _reversed_names(path: bytes) -> list[bytes]:
    names = [name for name in path.split(b"/") if name]
    if path.endswith(b"/"):
        # A trailing slash demands a directory, as a trailing dot does.
        names.append(b".")
    names.reverse()
    return names
