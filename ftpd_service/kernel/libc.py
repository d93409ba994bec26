"""The C library, loaded once for all calls that Python does not have."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)
_quick = ctypes.CDLL(None)

_ABSENT = (errno.ENOSYS, errno.EPERM, errno.EOPNOTSUPP, errno.EINVAL)
"""What old kernels, filters of system calls (seccomp) and the C library answer in place of a call."""

WORKING_DIRECTORY = -100
"""AT_FDCWD: stands for a directory's descriptor."""

_Type = ctypes.c_int | ctypes.c_long | ctypes.c_char_p | ctypes.c_size_t
Function = Callable[..., Any]  # Any: what a C function answers is up to its declaration


def function(name: str, *parameters: type[_Type], result: type[_Type] = ctypes.c_int) -> Function | None:
    """A function of the C library that keeps the error's number for `failure`; None where the library lacks it.

    :param parameters: their types; none of them is said where ctypes guesses rightly, which is faster.
    """
    found = getattr(_libc, name, None)
    if found is not None:
        found.argtypes, found.restype = parameters or None, result
    return found


def quick_function(name: str) -> Function | None:
    """A function that forgets the error's number, which takes a tenth less time; None where the library lacks it."""
    return getattr(_quick, name, None)


def failure() -> OSError:
    """The error of this thread's last call by `function`."""
    return error(ctypes.get_errno())


def error(number: int) -> OSError:
    """The `OSError` of an error's number, with the system's text."""
    return OSError(number, os.strerror(number))


def answers(call: Callable[[], object]) -> bool:
    """Whether the kernel knows a system call and lets it through: any other error than these is an answer.

    :param call: makes the call, with arguments by which it does nothing.
    """
    try:
        call()
    except OSError as problem:
        return problem.errno not in _ABSENT
    return True
