"""The first line of the log: the versions and the kernel abilities, to be quoted in bug reports."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping

import OpenSSL
from OpenSSL.SSL import OPENSSL_VERSION, OpenSSL_version

import ftpd_service
import twisted


def versions(abilities: Mapping[str, bool]) -> str:
    """Return the versions of this package and of the software below it, and the kernel's abilities, in one line.

    :param abilities: whether the kernel has each ability, see `ftpd_service.kernel.abilities`.
    """
    openssl = OpenSSL_version(OPENSSL_VERSION).decode().split()[1]
    kernel = os.uname()
    text = (
        f"ftpd-service {ftpd_service.__version__} on Python {platform.python_version()}, Twisted {twisted.__version__},"
        f" OpenSSL {openssl} (pyOpenSSL {OpenSSL.__version__}), {kernel.sysname} {kernel.release} {kernel.machine}"
    )
    missing = [name for name, there in abilities.items() if not there]
    return f"{text} ({'missing: ' + ', '.join(missing) if missing else 'all kernel calls available'})"
