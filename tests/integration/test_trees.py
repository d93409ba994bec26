"""RMDA of a large tree in a real server: ABOR ends it, and the quota is right at once."""

from __future__ import annotations

import ftplib

from tests.interop.process_case import ProcessCase

FILES = 3000
QUOTA = 10_000_000
SIZE = 100


class RemovalTests(ProcessCase):
    """A tree of 3,000 files."""

    extra = "account_defaults: {quota: {bytes: 10000000}}"

    def setUp(self) -> None:
        super().setUp()
        for number in range(FILES):
            folder = self.server.home / "tree" / str(number // 1000)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / str(number)).write_bytes(bytes(SIZE))
        self.alice = self.client()

    def left(self) -> int:
        """How many files there are."""
        return sum(not path.is_dir() for path in self.server.home.rglob("*"))

    def room(self) -> int:
        """What AVBL tells of the quota."""
        return int(self.alice.voidcmd("AVBL")[4:])

    def test_all_of_it_is_removed(self) -> None:
        """And its bytes are free again; DSIZ and AVBL agree."""
        self.assertEqual(self.alice.voidcmd("DSIZ tree"), f"213 {FILES * SIZE}")
        self.assertEqual(self.room(), QUOTA - FILES * SIZE)
        self.assertTrue(self.alice.voidcmd("RMDA tree").startswith("250"))
        self.assertEqual((self.left(), self.room()), (0, QUOTA))

    def test_abor_ends_it(self) -> None:
        """The rest stays, the quota counts exactly the rest, and the next attempt goes on."""
        self.room()
        self.alice.putcmd("RMDA tree")
        self.alice.putcmd("ABOR")
        with self.assertRaises(ftplib.error_temp) as caught:
            self.alice.voidresp()
        self.assertEqual((str(caught.exception)[:3], self.alice.voidresp()[:3]), ("451", "226"))
        left = self.left()
        self.assertGreater(left, 0)
        self.assertEqual(self.room(), QUOTA - left * SIZE)
        self.assertTrue(self.alice.voidcmd("RMDA tree").startswith("250"))
