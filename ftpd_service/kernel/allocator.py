"""The C library's allocator, which keeps freed memory until glibc's ``malloc_trim`` is called."""

from __future__ import annotations

from ftpd_service.kernel.libc import quick_function

_malloc_trim = quick_function("malloc_trim")


def trim() -> None:
    """Return free memory to the system, if the C library can; takes milliseconds, so call it on the pool."""
    if _malloc_trim is not None:
        _malloc_trim(0)


def available() -> bool:
    return _malloc_trim is not None
