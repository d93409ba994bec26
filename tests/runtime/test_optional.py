"""Features whose libraries may be missing."""

from __future__ import annotations

import sys
from pathlib import Path

from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.runtime.optional import MissingLibrary, loaded, require
from tests.cases import SynchronousTestCase

WANTS = "import surely_not_installed.part\n"
BROKEN = 'raise ImportError("libx.so:\\n no such file")\n'


class LoadedTests(SynchronousTestCase):
    """`loaded` and `require`."""

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
        self.write("optional_whole", "answer = 42\n")
        self.assertEqual(loaded("optional_whole:answer", feature="ldap"), 42)

    def test_a_missing_library_names_the_extra(self) -> None:
        """One line says what is missing, and how to install it."""
        self.write("optional_wants", WANTS)
        problem = self.assertRaises(MissingLibrary, loaded, "optional_wants:x", feature="ldap", extra="ldap")
        self.assertEqual(
            str(problem),
            "ldap: needs the library surely_not_installed, which is not installed; install it with: "
            'pip install "ftpd-service[ldap]"',
        )

    def test_a_missing_dependency_names_the_distribution(self) -> None:
        """A feature without an extra needs a plain dependency."""
        self.write("optional_plain", WANTS)
        problem = self.assertRaises(MissingLibrary, loaded, "optional_plain:x", feature="database")
        self.assertTrue(str(problem).endswith("install it with: pip install ftpd-service"))

    def test_a_broken_library_says_why(self) -> None:
        """The reason stands in the same line."""
        self.write("optional_broken", BROKEN)
        problem = self.assertRaises(MissingLibrary, require, "optional_broken", feature="database", extra="postgresql")
        self.assertEqual(
            str(problem),
            "database: needs a library that cannot be imported (libx.so: no such file); install it with: "
            'pip install "ftpd-service[postgresql]"',
        )

    def test_other_exceptions_are_faults(self) -> None:
        """They are not for the operator."""
        self.write("optional_fault", "1 / 0\n")
        self.assertRaises(ZeroDivisionError, loaded, "optional_fault:x", feature="ldap")

    def test_a_missing_library_is_a_mistake_of_the_configuration(self) -> None:
        """A check and a reload report it as they report a checker that cannot be imported."""
        self.assertTrue(issubclass(MissingLibrary, PluginProblem))
