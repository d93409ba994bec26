"""The translation of `OSError` into `errors`, by a pure context manager that storage and movers share."""

from __future__ import annotations

import errno
from collections.abc import Callable
from types import TracebackType

from ftpd_service.errors import (
    AcrossFolders,
    AlreadyExists,
    IsADirectory,
    NameNotAllowed,
    NoDataConnection,
    NoDataResources,
    NotADirectory,
    NotEmpty,
    NotFound,
    OutOfResources,
    PermissionDenied,
    QuotaExceeded,
    StorageError,
    StorageFailed,
    StorageFull,
    TemporarilyUnavailable,
)
from ftpd_service.reasons import DataFailure

SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
"""The errnos for a resource that this process, or the host, has used up."""

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
    errno.EXDEV: AcrossFolders,
    errno.EBUSY: TemporarilyUnavailable,
    errno.EAGAIN: TemporarilyUnavailable,
    errno.ETXTBSY: TemporarilyUnavailable,
    errno.ENOSPC: StorageFull,
    errno.EDQUOT: QuotaExceeded,
    errno.EFBIG: QuotaExceeded,
    errno.ENAMETOOLONG: NameNotAllowed,
} | dict.fromkeys(SHORTAGES, OutOfResources)


def no_data_connection(text: str, problem: OSError, cause: DataFailure) -> NoDataConnection:
    """Return the error for an `OSError` while a data connection is opened.

    :param cause: the class of the failure, unless the server is short of resources.
    """
    told = f"{text}: {problem.strerror or problem}"
    return NoDataResources(told) if problem.errno in SHORTAGES else NoDataConnection(told, cause=cause)


def error_for(problem: OSError) -> StorageError:
    """Return the error for an `OSError`; its text has the errno's name and no path."""
    code = problem.errno or 0
    return _BY_ERRNO.get(code, StorageFailed)(errno.errorcode.get(code, "unknown error"))


class Turning:
    """A context manager that turns an `OSError` of its block into a different exception, chained to it.

    It has no state, so a single object serves all callers: a generator's context takes a microsecond more, and a small
    file passes through five contexts.

    :param meaning: the exception to raise, or None to let the error pass.
    """

    __slots__ = ("_meaning",)

    def __init__(self, meaning: Callable[[OSError], Exception | None]) -> None:
        self._meaning = meaning

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(problem, OSError):
            meant = self._meaning(problem)
            if meant is not None:
                raise meant from problem


translated = Turning(error_for)
"""The context manager that turns every `OSError` of a block into an error of this package."""
