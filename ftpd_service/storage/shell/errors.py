"""The translation of exceptions from `twisted.protocols.ftp` shells into errors of this package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from twisted.protocols import ftp
from twisted.python.filepath import InsecurePath

from ftpd_service.errnos import error_for
from ftpd_service.errors import (
    AlreadyExists,
    FtpdError,
    IsADirectory,
    NotADirectory,
    NotFound,
    PermissionDenied,
    StorageFailed,
    Unsupported,
)

_BY_CLASS: dict[type[ftp.FTPCmdError], type[FtpdError]] = {
    ftp.FileNotFoundError: NotFound,
    ftp.AnonUserDeniedError: PermissionDenied,
    ftp.PermissionDeniedError: PermissionDenied,
    ftp.AuthorizationError: PermissionDenied,
    ftp.IsNotADirectoryError: NotADirectory,
    ftp.FileExistsError: AlreadyExists,
    ftp.IsADirectoryError: IsADirectory,
}
_UNSUPPORTED = (ftp.CmdNotImplementedError, ftp.CmdNotImplementedForArgError)


@contextmanager
def shell_errors() -> Iterator[None]:
    """Turn an `OSError` and each exception that a shell raises on purpose into a chained error of this package."""
    try:
        yield
    except ftp.FTPCmdError as problem:
        raise _error_for(problem) from problem
    except InsecurePath as problem:
        raise PermissionDenied("the path leads out of the shell's root") from problem
    except OSError as problem:
        raise error_for(problem) from problem


def _error_for(problem: ftp.FTPCmdError) -> FtpdError:
    if isinstance(problem, _UNSUPPORTED):
        return Unsupported("These files do not allow that.")
    for known, error in _BY_CLASS.items():
        if isinstance(problem, known):
            return error(type(problem).__name__)
    return StorageFailed(type(problem).__name__)
