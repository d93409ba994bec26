"""The C library's allocator, which keeps what is freed until glibc's ``malloc_trim`` is called."""

from __future__ import annotations

from ftpd_service.kernel.libc import quick_function

_malloc_trim = quick_function("malloc_trim")


def trim() -> None:
    """Give free memory back to the system, where the C library can; some milliseconds, on the pool."""
    if _malloc_trim is not None:
        _malloc_trim(0)


def available() -> bool:
    """Whether the C library can give memory back."""
    return _malloc_trim is not None
