"""Our own modules whose libraries may be missing."""

from __future__ import annotations

import sys
from pathlib import Path

from ftpd_service.runtime.imported import PluginProblem, built_in, require
from tests.cases import SynchronousTestCase


class BuiltInTests(SynchronousTestCase):
    """`built_in` and `require`."""

    def setUp(self) -> None:
        """Let modules of the test be imported."""
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.patch(sys, "path", [str(self.folder), *sys.path])

    def write(self, name: str, source: str) -> None:
        """Write a module."""
        (self.folder / f"{name}.py").write_text(source)

    def test_the_object_is_returned(self) -> None:
        """Its module is imported."""
        self.write("built_whole", "answer = 42\n")
        self.assertEqual(built_in("built_whole:answer", needs="ldap", told="ldap"), 42)

    def test_a_missing_library_names_the_extra(self) -> None:
        """One line says what is missing, and how to install it."""
        self.write("built_wants", "import surely_not_installed.part\n")
        problem = self.assertRaises(PluginProblem, built_in, "built_wants:x", needs="ldap", told="ldap")
        self.assertEqual(
            str(problem),
            'ldap: the library surely_not_installed is missing; install it by: pip install "ftpd-service[ldap]"',
        )

    def test_a_missing_dependency_names_the_distribution(self) -> None:
        """A feature without an extra needs a plain dependency, which a broken installation may lack."""
        self.write("built_plain", "import surely_not_installed\n")
        problem = self.assertRaises(PluginProblem, built_in, "built_plain:x", needs="", told="database")
        self.assertTrue(str(problem).endswith('install it by: pip install "ftpd-service"'))

    def test_a_broken_library_says_why(self) -> None:
        """The reason stands in the same line."""
        self.write("built_broken", 'raise ImportError("libx.so:\\n no such file")\n')
        problem = self.assertRaises(PluginProblem, require, "built_broken", needs="postgresql", told="database")
        self.assertEqual(
            str(problem),
            "database: the library built_broken cannot be imported (libx.so: no such file); install it by: "
            'pip install "ftpd-service[postgresql]"',
        )

    def test_a_fault_of_this_package_is_no_missing_library(self) -> None:
        """The exception is not for the operator."""
        self.write("built_wrong", "from ftpd_service.values import nothing_like_this\n")
        self.assertRaises(ImportError, built_in, "built_wrong:x", needs="ldap", told="ldap")
