"""The line that names the versions."""

from __future__ import annotations

import re
import sys

import OpenSSL
from cryptography.hazmat.backends.openssl.backend import backend

import ftpd_service
import twisted
from ftpd_service.versions import versions
from tests.cases import SynchronousTestCase


class VersionsTests(SynchronousTestCase):
    """Each version is that of the module which is in use."""

    def test_ours_comes_first(self) -> None:
        """An operator searches the log for the name of the program."""
        self.assertTrue(versions({}).startswith(f"ftpd-service {ftpd_service.__version__} on "))

    def test_what_runs_us(self) -> None:
        """Python, Twisted and pyOpenSSL, as they say themselves."""
        found = dict(re.findall(r"(Python|Twisted|pyOpenSSL) ([0-9.]+[0-9])", versions({})))
        python = ".".join(map(str, sys.version_info[:3]))
        self.assertEqual(found, {"Python": python, "Twisted": twisted.__version__, "pyOpenSSL": OpenSSL.__version__})

    def test_openssl_is_the_library(self) -> None:
        """The loaded library counts, and not the headers of a build."""
        number = backend.openssl_version_text().split()[1]
        self.assertIn(f" OpenSSL {number} ", versions({}))

    def test_kernel_with_all_calls(self) -> None:
        """A single word suffices."""
        self.assertTrue(versions({"openat2": True}).endswith(" (all kernel calls available)"))

    def test_kernel_without_some_calls(self) -> None:
        """The line names them, because slower ways replace them."""
        line = versions({"openat2": False, "splice": True, "statx": False})
        self.assertTrue(line.endswith(" (missing: openat2, statx)"))
