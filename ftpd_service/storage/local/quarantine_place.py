"""The directories and names of the quarantine.

Each account has a directory of its own, which only the user of the service may enter.  The name of a file begins with
the time, so that names sort by it, and ends with the path that the client saw.  Both are escaped as in URLs.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from urllib.parse import quote_from_bytes

from ftpd_service.kernel.descriptors import HELD
from ftpd_service.storage.name_rules import NAME_BYTES
from ftpd_service.values import VirtualPath
from ftpd_service.wire.names import encode

LEAST_BYTES = 4096
"""The bytes that a smaller file counts, so that an account cannot fill the quarantine with empty files."""

_ACCOUNT_BYTES = 160
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY


def account_directory(account: str) -> str:
    """Return the name of the directory of an account."""
    raw = encode(account)
    name = quote_from_bytes(raw, safe="@+")
    if name.startswith("."):
        name = "%2E" + name[1:]
    if len(name) <= _ACCOUNT_BYTES:
        return name
    return f"{_uncut(name[:_ACCOUNT_BYTES])}~{hashlib.sha256(raw).hexdigest()[:16]}"


def quarantine_name(path: VirtualPath, seconds: float, token: str) -> str:
    """Return a name in the directory of an account.

    :param path: the path as the client sees it; of a long path the name has the end.
    :param seconds: the time, in seconds since 1970.
    :param token: the random part.
    """
    begin = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(seconds))}-{token}-"
    text = quote_from_bytes(encode(path).lstrip(b"/"), safe="@+")
    first = max(0, len(begin) + len(text) - NAME_BYTES)
    # A cut between a percent sign and its two digits would leave digits that mean themselves.
    while first and "%" in text[max(0, first - 2) : first]:
        first += 1
    return begin + text[first:]


def open_account(root: str, account: str) -> int:
    """Return a descriptor of the directory of an account, after making it if it is missing.

    :raises OSError:
    """
    with suppress(FileExistsError):
        os.makedirs(root, mode=0o700)
    above = os.open(root, HELD | os.O_DIRECTORY)
    try:
        name = account_directory(account)
        with suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=above)
        return os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
    finally:
        os.close(above)


def share_of(size: int) -> int:
    """Return the bytes that a file counts in the share of its account."""
    return max(size, LEAST_BYTES)


def stored_bytes(directory: int) -> int:
    """Return the sum of the shares of all files in an open directory.

    :raises OSError:
    """
    total = 0
    with os.scandir(directory) as rows:
        for row in rows:
            with suppress(FileNotFoundError):
                total += share_of(row.stat(follow_symlinks=False).st_size)
    return total


def _uncut(text: str) -> str:
    """Return a text without the beginning of an escape that was cut at its end."""
    last = text.rfind("%")
    return text[:last] if 0 <= len(text) - 3 < last else text
