"""The mode and the owner of files that clients write, which never get a set-user-ID or set-group-ID bit."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from grp import getgrnam
from pwd import getpwnam

from twisted.logger import Logger

from ftpd_service.kernel.statx import FileFacts

_PERMISSION_BITS = 0o777
_REFUSED = frozenset({errno.EPERM, errno.EACCES, errno.EINVAL})
"""The system refuses an owner; EINVAL means that our user namespace does not know the owner."""


def owner_of(text: str) -> tuple[int, int]:
    """Return the numbers of a user and a group, -1 for an absent one; may wait for a directory service.

    :raises LookupError: the host does not know a name; the text says which.
    """
    user, _, group = text.partition(":")
    return (
        _number(user, lambda name: getpwnam(name).pw_uid, "user"),
        _number(group, lambda name: getgrnam(name).gr_gid, "group"),
    )


def _number(name: str, find: Callable[[str], int], kind: str) -> int:
    if not name:
        return -1
    if name.isascii() and name.isdigit():
        return int(name)
    try:
        return find(name)
    except KeyError:
        raise LookupError(f"this host has no {kind} {name!r}") from None


class Ownership:
    """Gives new files and directories to their owner, as far as the system permits; the log tells the first failure.

    Storages of several logins share an object; threads may use it.

    :param owner: ``user``, ``user:group`` or ``:group``, or None for the owner of the process.
    """

    _log = Logger()

    def __init__(self, owner: str | None) -> None:
        self._owner = owner
        self._numbers: tuple[int, int] | None = None
        self._told = False

    @property
    def may_wait(self) -> bool:
        """Return whether the next file needs a look at the names of users."""
        return self._owner is not None and self._numbers is None

    def give(self, descriptor: int) -> None:
        """Give an open file or directory, whose mode is set afterwards, to the owner."""
        if self._owner is None:
            return
        try:
            user, group = self._numbers = self._numbers or owner_of(self._owner)
        except LookupError as problem:
            self._tell(str(problem))
            return
        try:
            os.fchown(descriptor, user, group)
        except OSError as problem:
            if problem.errno not in _REFUSED:
                raise
            _try_each(lambda: os.fchown(descriptor, -1, group))
            self._tell(f"{problem.strerror}; a service without CAP_CHOWN can give files to its own groups only")

    def _tell(self, reason: str) -> None:
        if not self._told:
            self._told = True
            self._log.warn("new files do not get the owner {owner}: {reason}", owner=repr(self._owner), reason=reason)


def take_after(descriptor: int, former: FileFacts | None, bits: int, ownership: Ownership) -> None:
    """Give a new file the mode and, if permitted, the owner of the former file, or else the owner of new files."""
    if former is None:
        ownership.give(descriptor)
        os.fchmod(descriptor, bits)
        return
    made = os.fstat(descriptor)
    if (made.st_uid, made.st_gid) != (former.owner, former.group):
        _try_each(
            lambda: os.fchown(descriptor, former.owner, former.group),
            lambda: os.fchown(descriptor, -1, former.group),
        )
    os.fchmod(descriptor, stat.S_IMODE(former.mode) & _PERMISSION_BITS)


def set_permission_bits(descriptor: int, mode: int) -> None:
    """Give an open file the permission bits of a mode, if the system permits it."""
    _try_each(lambda: os.fchmod(descriptor, mode & _PERMISSION_BITS))


def drop_set_ids(descriptor: int) -> None:
    """Clear the set-ID bits of a file that is written in place, as the kernel does for every writer except root."""
    mode = os.fstat(descriptor).st_mode
    if mode & (stat.S_ISUID | stat.S_ISGID):
        _try_each(lambda: os.fchmod(descriptor, stat.S_IMODE(mode) & _PERMISSION_BITS))


def make_private(descriptor: int) -> None:
    """Take a file away from everybody but the user of the service, as far as the system permits."""
    _try_each(
        lambda: os.fchown(descriptor, os.geteuid(), os.getegid()), lambda: os.fchown(descriptor, os.geteuid(), -1)
    )
    _try_each(lambda: os.fchmod(descriptor, 0o600))


def _try_each(*calls: Callable[[], None]) -> None:
    """Make the first call that the system permits."""
    for call in calls:
        try:
            call()
            return
        except OSError as problem:
            if problem.errno not in _REFUSED:
                raise
