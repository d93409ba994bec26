"""Says which versions the process runs with: the first line of the log, which a report of a fault should quote."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence

import OpenSSL
from OpenSSL.SSL import OPENSSL_VERSION, OpenSSL_version

import ftpd_service
import twisted


def versions(abilities: Sequence[str] = ()) -> str:
    """The versions of this package and of the software below it, in one line.

    :param abilities: what the kernel can do that this server makes use of, by name; empty leaves the list out.
    """
    openssl = OpenSSL_version(OPENSSL_VERSION).decode().split()[1]
    kernel = os.uname()
    text = (
        f"ftpd-service {ftpd_service.__version__} on Python {platform.python_version()}, Twisted {twisted.__version__},"
        f" OpenSSL {openssl} (pyOpenSSL {OpenSSL.__version__}), {kernel.sysname} {kernel.release} {kernel.machine}"
    )
    return f"{text} with {', '.join(abilities)}" if abilities else text
