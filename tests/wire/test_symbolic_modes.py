"""Symbolic modes, compared with those of chmod(1)."""

from __future__ import annotations

from ftpd_service.errors import UnsupportedParameter
from ftpd_service.wire.attributes import ModePath, site_chmod
from ftpd_service.wire.symbolic_modes import symbolic_mode
from tests.cases import SynchronousTestCase


class SymbolicModeTests(SynchronousTestCase):
    """`symbolic_mode`."""

    def check(self, text: str, former: int, wanted: int, *, directory: bool = False) -> None:
        """Demand a mode; the former one has no bit that counts beside permission bits."""
        self.assertEqual(f"{symbolic_mode(text, former, directory=directory):03o}", f"{wanted:03o}")

    def test_bits_are_added(self) -> None:
        """For each of those that are named."""
        self.check("ug+rx", 0o600, 0o750)

    def test_bits_are_taken(self) -> None:
        """The others stay."""
        self.check("go-rwx", 0o4777, 0o700)

    def test_bits_are_set(self) -> None:
        """Bits that are not named are cleared."""
        self.check("g=r", 0o777, 0o747)

    def test_nothing_is_set(self) -> None:
        """All bits are cleared."""
        self.check("o=", 0o777, 0o770)

    def test_all_are_meant_without_a_name(self) -> None:
        """As with a."""
        self.check("+x", 0o644, 0o755)
        self.check("a-w", 0o666, 0o444)

    def test_clauses_follow_each_other(self) -> None:
        """Each works on the mode of the one before it."""
        self.check("u=rwx,go=rx,g+w", 0, 0o775)

    def test_a_clause_with_two_signs(self) -> None:
        """Both are for the same names."""
        self.check("u+x-w", 0o644, 0o544)

    def test_x_for_directories_alone(self) -> None:
        """X is x for directories, and for files that somebody may execute."""
        self.check("a+X", 0o644, 0o755, directory=True)
        self.check("a+X", 0o644, 0o644)
        self.check("a+X", 0o744, 0o755)

    def test_other_bits_are_refused(self) -> None:
        """As in octal digits: 504."""
        for text in ("u+s", "+t"):
            self.assertRaises(UnsupportedParameter, symbolic_mode, text, 0o755, directory=False)

    def test_the_argument_of_chmod(self) -> None:
        """Spaces belong to the path, and digits stay digits."""
        self.assertEqual(site_chmod("u+x,g-w a b"), ModePath(mode=None, path="a b", symbolic="u+x,g-w"))
        self.assertEqual(site_chmod("644 u+x a"), ModePath(mode=0o644, path="u+x a"))
