"""Right passwords of a short while ago."""

from __future__ import annotations

from twisted.internet.task import Clock

from ftpd_service.auth.verified import MOST_ENTRIES, VerifiedPasswords
from tests.cases import SynchronousTestCase

STORED = "$2b$04$stored"
HOST = b"192.0.2.1"


class VerifiedTests(SynchronousTestCase):
    """`VerifiedPasswords`."""

    def setUp(self) -> None:
        """Nothing is known yet."""
        self.clock = Clock()
        self.verified = VerifiedPasswords(now=self.clock.seconds, key=b"k" * 32)

    def test_nothing_is_known_at_first(self) -> None:
        """Each password is hashed once."""
        self.assertFalse(self.verified.knows("alice", STORED, b"secret", HOST))

    def test_a_right_password_is_known_until_its_time_ends(self) -> None:
        """Below, at and above the bound."""
        self.verified.remember("alice", STORED, b"secret", HOST, 300)
        self.clock.advance(299)
        before = self.verified.knows("alice", STORED, b"secret", HOST)
        self.clock.advance(1)
        self.assertEqual((before, self.verified.knows("alice", STORED, b"secret", HOST)), (True, False))

    def test_another_password_name_stored_password_or_client_is_not_known(self) -> None:
        """A changed account counts from its change on."""
        self.verified.remember("alice", STORED, b"secret", HOST, 300)
        others = [
            ("alice", STORED, b"Secret", HOST),
            ("bob", STORED, b"secret", HOST),
            ("alice", STORED + "x", b"secret", HOST),
            ("alice", STORED, b"secret", b"192.0.2.2"),
        ]
        self.assertEqual([self.verified.knows(*other) for other in others], [False] * 4)

    def test_the_parts_do_not_run_into_each_other(self) -> None:
        """What ends one part does not begin the next."""
        self.verified.remember("alice", STORED, b"secret", HOST, 300)
        self.assertFalse(self.verified.knows("alice" + STORED[0], STORED[1:], b"secret", HOST))

    def test_no_time_remembers_nothing(self) -> None:
        """verified_for: 0."""
        self.verified.remember("alice", STORED, b"secret", HOST, 0)
        self.assertFalse(self.verified.knows("alice", STORED, b"secret", HOST))

    def test_memory_is_bounded(self) -> None:
        """The oldest goes."""
        for number in range(MOST_ENTRIES + 1):
            self.verified.remember("alice", STORED, str(number).encode(), HOST, 300)
        known = (self.verified.knows("alice", STORED, b"0", HOST), self.verified.knows("alice", STORED, b"1", HOST))
        self.assertEqual(known, (False, True))
