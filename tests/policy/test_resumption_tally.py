"""Who would be refused if every data connection had to resume."""

from __future__ import annotations

from ftpd_service.policy.resumption_tally import ResumptionTally
from tests.cases import SynchronousTestCase


class TallyTests(SynchronousTestCase):
    """Counted by account."""

    def counted(self, most: int, *accounts: str | None) -> str:
        """The text when each of these has had a full handshake, and `most` accounts are kept."""
        tally = ResumptionTally(most)
        for account in accounts:
            tally.count(account, resumed=False)
        return tally.text().partition("required: ")[2]

    def test_nothing(self) -> None:
        """There is nothing to tell."""
        self.assertEqual(ResumptionTally().text(), "")

    def test_all_have_resumed(self) -> None:
        """Nobody would be refused."""
        tally = ResumptionTally()
        tally.count("alice", resumed=True)
        self.assertEqual(
            tally.text(),
            "data connections under TLS: 1 resumed, 0 not resumed; "
            "would be refused under data_resumption: required: nobody",
        )

    def test_those_that_have_not(self) -> None:
        """By account, most first, then by name."""
        self.assertEqual(self.counted(9, "dan", "bob", "alice", "bob"), "bob (2), alice (1), dan (1)")

    def test_both_are_counted(self) -> None:
        """One account may have clients of both kinds."""
        tally = ResumptionTally()
        for resumed in (True, True, False):
            tally.count("alice", resumed=resumed)
        self.assertIn("2 resumed, 1 not resumed", tally.text())
        self.assertIn("alice (1)", tally.text())

    def test_at_the_bound(self) -> None:
        """As many accounts as may be are kept apart."""
        self.assertEqual(self.counted(2, "alice", "bob", "bob"), "bob (2), alice (1)")

    def test_above_the_bound(self) -> None:
        """Those that come later are others; those that are kept are counted on."""
        self.assertEqual(self.counted(2, "alice", "bob", "carol", "dan", "bob"), "bob (2), alice (1), others (2)")

    def test_by_client(self) -> None:
        """What clients call themselves, most first; those that say nothing are in the account's own count."""
        tally = ResumptionTally()
        for client in ("rclone", "", "FileZilla 3.66", "rclone"):
            tally.count("alice", resumed=False, client=client)
        self.assertIn('alice (4, 2 by "rclone", 1 by "FileZilla 3.66")', tally.text())

    def test_a_client_with_a_hostile_name(self) -> None:
        """It ends no quotes, and no line."""
        tally = ResumptionTally()
        tally.count("alice", resumed=False, client='x", bob (9)\r\n\x1b\u202e')
        self.assertIn('alice (1, 1 by "x\\", bob (9)\\r\\n\\u001b\\u202e")', tally.text())

    def test_a_client_with_a_long_name(self) -> None:
        """Only its beginning is kept."""
        tally = ResumptionTally()
        tally.count("alice", resumed=False, client="x" * 61)
        self.assertIn('1 by "' + "x" * 60 + '"', tally.text())

    def test_clients_at_the_bound(self) -> None:
        """Eight of an account are kept apart; those that come later are in the account's own count."""
        tally = ResumptionTally()
        for number in (*range(9), 8):
            tally.count("alice", resumed=False, client=f"c{number}")
        tally.count("bob", resumed=False, client="rclone")
        self.assertIn('alice (10, 1 by "c0"', tally.text())
        self.assertIn('1 by "c7")', tally.text())
        self.assertIn('bob (1, 1 by "rclone")', tally.text())

    def test_nobody_is_logged_in(self) -> None:
        """An other."""
        self.assertEqual(self.counted(2, None), "others (1)")

    def test_a_line_has_an_end(self) -> None:
        """Fifty names."""
        text = self.counted(1000, *(f"a{number:03}" for number in range(60)))
        self.assertTrue(text.endswith("a049 (1), others (10)"), text)
