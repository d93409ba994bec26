"""Stored passwords that cost too much: a login that could never be answered is a mistake, a dear one a warning."""

from __future__ import annotations

from ftpd_service.config.hashes import MUCH_BYTES, judged
from tests.config.files import FileTestCase

REST = "9yXhT9aDJekThJ1z/m5xsw$g9anSpHrNx2/+L66yg6ffEiCqw8Xuc7fVo7Rpnj+woM"
BCRYPT = "$2b${:02d}$" + "a" * 53
SHA512 = "$6$rounds={}$saltsalt$" + "a" * 86
MEMORY = 8 * 1024**3


def argon2(*, kibibytes: int = 65536, passes: int = 3, lanes: int = 4) -> str:
    """A hash of these costs."""
    return f"$argon2id$v=19$m={kibibytes},t={passes},p={lanes}${REST}"


class Judgements(FileTestCase):
    """`judged`, on a machine of 8 GiB, where a login may take 60 s."""

    def fine(self, stored: str) -> None:
        """There is nothing to say."""
        self.assertIsNone(judged(stored, login_seconds=60, machine_bytes=MEMORY))

    def told(self, stored: str, *, works: bool, text: str) -> None:
        """There is, and it does not show the hash."""
        verdict = judged(stored, login_seconds=60, machine_bytes=MEMORY)
        assert verdict is not None
        self.assertEqual(verdict.works, works)
        self.assertIn(text, verdict.text)
        self.assertNotIn(REST, verdict.text)

    def test_what_tools_make_by_default(self) -> None:
        """Of each format."""
        self.fine(argon2())
        self.fine(BCRYPT.format(12))
        self.fine(SHA512.format(5000))
        self.fine("{plain}secret")
        self.fine("any")

    def test_more_memory_than_there_is(self) -> None:
        """At the bound it is dear, above it no login can end."""
        self.told(argon2(kibibytes=MEMORY // 1024, passes=1), works=True, text="takes 8.0 GiB of memory")
        self.told(argon2(kibibytes=MEMORY // 1024 + 1, passes=1), works=False, text="this machine has 8.0 GiB")
        self.told(argon2(kibibytes=2**32 - 1), works=False, text="takes 4096.0 GiB of memory")

    def test_much_memory(self) -> None:
        """Above a GiB."""
        self.fine(argon2(kibibytes=MUCH_BYTES // 1024))
        self.told(argon2(kibibytes=MUCH_BYTES // 1024 + 1), works=True, text="may use all of it")

    def test_more_time_than_a_login_has(self) -> None:
        """Of each format that has a cost of time."""
        self.told(argon2(passes=2**32 - 1), works=False, text="limits.login_timeout is 60 s")
        self.told(BCRYPT.format(31), works=False, text="hours")
        self.told(SHA512.format(999999999), works=False, text="limits.login_timeout is 60 s")

    def test_much_time(self) -> None:
        """Seconds of computing for each login."""
        self.told(BCRYPT.format(18), works=True, text="of computing")

    def test_many_threads(self) -> None:
        """Each login would start them."""
        self.fine(argon2(lanes=64))
        self.told(argon2(lanes=65), works=True, text="starts 65 threads")


class InFiles(FileTestCase):
    """The same in a file, on this machine."""

    def test_a_hash_of_four_tebibytes_is_a_mistake(self) -> None:
        """With its line."""
        problem = self.problem(f"accounts:\n  alice:\n    password: '{argon2(kibibytes=2**32 - 1)}'\n")
        self.assertEqual((problem.line, problem.path), (3, "accounts.alice.password"))

    def test_a_hash_in_a_file_of_its_own_is_told_at_its_key(self) -> None:
        """There is no key ``password``."""
        self.write(BCRYPT.format(31) + "\n", "hash")
        problem = self.problem("accounts:\n  alice:\n    password_file: hash\n")
        self.assertEqual((problem.line, problem.path), (3, "accounts.alice.password_file"))

    def test_a_dear_hash_is_a_warning(self) -> None:
        """It works."""
        config = self.loaded(f"accounts:\n  alice:\n    home: /x\n    password: '{BCRYPT.format(18)}'\n")
        (warning,) = config.warnings
        self.assertIn(":4: accounts.alice.password: each login takes some 16 s of computing", warning)
