"""The hidden names that broken uploads left behind."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress

from ftpd_service.errors import NotEmpty, TemporarilyUnavailable
from ftpd_service.kernel.locks import is_locked
from ftpd_service.storage.local.unfinished import Unfinished
from ftpd_service.storage.name_rules import NameRules


def remove_leftovers(directory: int, names: Iterable[bytes], *, older_than: float) -> None:
    """Remove the hidden names in an open directory that are old and unlocked.

    :param older_than: seconds since 1970; files that were written later stay.
    """
    for name in names:
        with suppress(OSError):
            descriptor = _opened_leftover(directory, name)
            try:
                found = os.fstat(descriptor)
                if stat.S_ISREG(found.st_mode) and found.st_mtime < older_than and not is_locked(descriptor):
                    os.unlink(name, dir_fd=directory)
            finally:
                os.close(descriptor)


def empty_of_leftovers(directory: int, rules: NameRules, unfinished: Unfinished | None) -> None:
    """Remove every leftover and other accounts' unfinished uploads from an open directory that contains nothing else.

    :param unfinished: the account's own unfinished uploads, which count as files.
    :raises NotEmpty: it contains something else.
    :raises TemporarilyUnavailable: an upload of another process runs in it.
    """
    names = [os.fsencode(name) for name in os.listdir(directory)]
    if not all(rules.temporary(name) or rules.unfinished(name) for name in names):
        raise NotEmpty("the directory holds something")
    if unfinished is not None and unfinished.kept_in(directory, names):
        raise NotEmpty("the directory holds an unfinished upload")
    for name in names:
        descriptor = _opened_leftover(directory, name)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NotEmpty("the directory holds something")
            if is_locked(descriptor):
                raise TemporarilyUnavailable("an upload runs in the directory")
            os.unlink(name, dir_fd=directory)
        finally:
            os.close(descriptor)


def remove_emptied(above: int, name: bytes, rules: NameRules, unfinished: Unfinished | None = None) -> None:
    """Remove a directory that is empty except for leftovers and unfinished uploads.

    :param above: the open directory that holds the name.
    :param unfinished: the unfinished uploads that count as files.
    :raises OSError:
    :raises NotEmpty: and TemporarilyUnavailable.
    """
    try:
        os.rmdir(name, dir_fd=above)
    except OSError as problem:
        if problem.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
    else:
        return
    directory = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
    try:
        empty_of_leftovers(directory, rules, unfinished)
    finally:
        os.close(directory)
    os.rmdir(name, dir_fd=above)


def hidden_names(directory: int, rules: NameRules) -> list[bytes]:
    """Return the names of temporary files in an open directory."""
    with os.scandir(directory) as rows:
        return [name for name in (os.fsencode(row.name) for row in rows) if rules.temporary(name)]


def _opened_leftover(directory: int, name: bytes) -> int:
    return os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY, dir_fd=directory)
