"""From `OSError` to `errors`, in one context manager: pure, so that storage and movers may share it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from ftpd_service.errors import (
    AlreadyExists,
    IsADirectory,
    NameNotAllowed,
    NotADirectory,
    NotEmpty,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    StorageError,
    StorageFailed,
    StorageFull,
    TemporarilyUnavailable,
)

_BY_ERRNO: dict[int, type[StorageError]] = {
    errno.ENOENT: NotFound,
    errno.ELOOP: NotFound,
    errno.EACCES: PermissionDenied,
    errno.EPERM: PermissionDenied,
    errno.EROFS: PermissionDenied,
    errno.EEXIST: AlreadyExists,
    errno.EISDIR: IsADirectory,
    errno.ENOTDIR: NotADirectory,
    errno.ENOTEMPTY: NotEmpty,
    errno.EBUSY: TemporarilyUnavailable,
    errno.EAGAIN: TemporarilyUnavailable,
    errno.ETXTBSY: TemporarilyUnavailable,
    errno.EMFILE: TemporarilyUnavailable,
    errno.ENFILE: TemporarilyUnavailable,
    errno.ENOSPC: StorageFull,
    errno.EDQUOT: QuotaExceeded,
    errno.EFBIG: QuotaExceeded,
    errno.ENAMETOOLONG: NameNotAllowed,
}


def error_for(problem: OSError) -> StorageError:
    """The error that stands for an `OSError`; its text carries the errno's name and no path."""
    code = problem.errno or 0
    return _BY_ERRNO.get(code, StorageFailed)(errno.errorcode.get(code, "unknown error"))


@contextmanager
def translated() -> Iterator[None]:
    """Turn every `OSError` of the block into an error of this package, chained to it."""
    try:
        yield
    except OSError as problem:
        raise error_for(problem) from problem
