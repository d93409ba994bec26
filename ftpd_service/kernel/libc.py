"""The C library, loaded once for all calls that Python lacks."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)
_quick = ctypes.CDLL(None)

_ABSENT = (errno.ENOSYS, errno.EPERM, errno.EOPNOTSUPP, errno.EINVAL)
"""The errors with which old kernels, filters of system calls (seccomp) and the C library refuse an unknown call."""

WORKING_DIRECTORY = -100
"""AT_FDCWD, which stands for a directory's descriptor."""

_Type = ctypes.c_int | ctypes.c_long | ctypes.c_char_p | ctypes.c_size_t
Function = Callable[..., Any]  # Any: the declaration of a C function determines its result


def function(name: str, *parameters: type[_Type], result: type[_Type] = ctypes.c_int) -> Function | None:
    """Return a function of the C library that keeps the error number for `failure`, or None if the library lacks it.

    :param parameters: the parameters' types; leave them out if ctypes guesses them, which is faster.
    """
    found = getattr(_libc, name, None)
    if found is not None:
        found.argtypes, found.restype = parameters or None, result
    return found


def quick_function(name: str) -> Function | None:
    """Return a function that drops the error number, which saves a tenth of its time, or None if it is missing."""
    return getattr(_quick, name, None)


def failure() -> OSError:
    """Return the error of this thread's last call by `function`."""
    return error(ctypes.get_errno())


def error(number: int) -> OSError:
    """Return the `OSError` of an error number, with the system's text."""
    return OSError(number, os.strerror(number))


def answers(call: Callable[[], object]) -> bool:
    """Return whether the kernel has a system call and permits it: only the `_ABSENT` errors say no.

    :param call: makes the call, with arguments that have no effect.
    """
    try:
        call()
    except OSError as problem:
        return problem.errno not in _ABSENT
    return True
