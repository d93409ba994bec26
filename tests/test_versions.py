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
        self.assertTrue(versions().startswith(f"ftpd-service {ftpd_service.__version__} on "))

    def test_what_runs_us(self) -> None:
        """Python, Twisted and pyOpenSSL, as they say themselves."""
        found = dict(re.findall(r"(Python|Twisted|pyOpenSSL) ([0-9.]+[0-9])", versions()))
        python = ".".join(map(str, sys.version_info[:3]))
        self.assertEqual(found, {"Python": python, "Twisted": twisted.__version__, "pyOpenSSL": OpenSSL.__version__})

    def test_openssl_is_the_library(self) -> None:
        """The loaded library counts, and not the headers of a build."""
        number = backend.openssl_version_text().split()[1]
        self.assertIn(f" OpenSSL {number} ", versions())

    def test_no_abilities(self) -> None:
        """The line ends with the kernel then."""
        self.assertNotIn(" with ", versions())

    def test_abilities(self) -> None:
        """They stand at the end, in the order in which they are given."""
        self.assertTrue(versions(["openat2", "statx"]).endswith(" with openat2, statx"))
