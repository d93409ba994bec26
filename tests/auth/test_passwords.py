"""Stored passwords: the formats, and what fits them."""

from __future__ import annotations

import bcrypt
from argon2 import PasswordHasher, Type
from hypothesis import given
from hypothesis import strategies as st
from passlib.hash import scrypt, sha256_crypt, sha512_crypt

from ftpd_service.auth.passwords import LONGEST_PASSWORD_OCTETS, NO_COST, Cost, cost, is_plain, valid_format, verify
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed

SECRET = b"correct horse"

ARGON2ID = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(SECRET)
ARGON2I = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=Type.I).hash(SECRET)
SCRYPT: str = scrypt.using(rounds=4).hash(SECRET)
BCRYPT = bcrypt.hashpw(SECRET, bcrypt.gensalt(4)).decode("ascii")
# The same computation under its other names: 2a of older tools, 2y of PHP and htpasswd.
BCRYPT_A = BCRYPT.replace("$2b$", "$2a$")
BCRYPT_Y = BCRYPT.replace("$2b$", "$2y$")
SHA256: str = sha256_crypt.using(rounds=1000).hash(SECRET)
SHA512: str = sha512_crypt.using(rounds=1000).hash(SECRET)


class VerifyTests(SynchronousTestCase):
    """A password fits its own hash and no other one does."""

    def outcomes(self, stored: str) -> tuple[bool, bool, bool]:
        """Whether the right, a wrong, and the empty password fit."""
        return verify(stored, SECRET), verify(stored, SECRET + b"!"), verify(stored, b"")

    def test_argon2id(self) -> None:
        """``$argon2id$`` hashes."""
        self.assertEqual(self.outcomes(ARGON2ID), (True, False, False))

    def test_argon2i(self) -> None:
        """``$argon2i$`` hashes."""
        self.assertEqual(self.outcomes(ARGON2I), (True, False, False))

    def test_scrypt(self) -> None:
        """``$scrypt$`` hashes in libpass's form."""
        self.assertEqual(self.outcomes(SCRYPT), (True, False, False))

    def test_bcrypt(self) -> None:
        """``$2b$`` hashes."""
        self.assertEqual(self.outcomes(BCRYPT), (True, False, False))

    def test_bcrypt_of_older_tools(self) -> None:
        """``$2a$`` hashes."""
        self.assertEqual(self.outcomes(BCRYPT_A), (True, False, False))

    def test_bcrypt_of_htpasswd(self) -> None:
        """``$2y$`` hashes."""
        self.assertEqual(self.outcomes(BCRYPT_Y), (True, False, False))

    def test_sha256_crypt(self) -> None:
        """``$5$`` hashes of shadow files."""
        self.assertEqual(self.outcomes(SHA256), (True, False, False))

    def test_sha512_crypt(self) -> None:
        """``$6$`` hashes of shadow files."""
        self.assertEqual(self.outcomes(SHA512), (True, False, False))

    def test_known_answer_of_another_implementation(self) -> None:
        """The published example of the SHA-crypt specification fits, so hashes of other systems do."""
        stored = "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
        self.assertTrue(verify(stored, b"Hello world!"))

    def test_plain(self) -> None:
        """``{plain}secret`` is the secret itself."""
        self.assertEqual(self.outcomes("{plain}correct horse"), (True, False, False))

    def test_plain_beyond_ascii(self) -> None:
        """A secret in the file is compared as UTF-8."""
        self.assertTrue(verify("{plain}grün", "grün".encode()))

    def test_any(self) -> None:
        """``any`` takes every password, the empty one too."""
        self.assertEqual(self.outcomes("any"), (True, True, True))

    def test_bytes_that_are_no_text(self) -> None:
        """A password is bytes: one that is no UTF-8 fits its hash."""
        stored = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(b"\xff\xfe")
        self.assertTrue(verify(stored, b"\xff\xfe"))

    def test_bcrypt_counts_72_octets(self) -> None:
        """What stands behind the 72nd octet does not count, as when the hash was made."""
        stored = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode("ascii")
        self.assertTrue(verify(stored, b"x" * 72 + b"anything"))

    def test_bcrypt_counts_the_72nd_octet(self) -> None:
        """A difference in the 72nd octet is a wrong password."""
        stored = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode("ascii")
        self.assertFalse(verify(stored, b"x" * 71 + b"y"))

    def test_nul_fits_no_crypt_hash(self) -> None:
        """SHA-crypt ends a password at NUL, so one with a NUL fits nothing and is no error."""
        self.assertEqual((verify(SHA256, SECRET + b"\0"), verify(SHA512, b"\0")), (False, False))

    def test_longest_password_is_checked(self) -> None:
        """A password of the greatest length fits its secret."""
        self.assertTrue(verify("{plain}" + "x" * LONGEST_PASSWORD_OCTETS, b"x" * LONGEST_PASSWORD_OCTETS))

    def test_longer_password_never_fits(self) -> None:
        """One octet more is refused without the work, which would grow with the length."""
        longer = LONGEST_PASSWORD_OCTETS + 1
        self.assertFalse(verify("{plain}" + "x" * longer, b"x" * longer))

    def test_unknown_format_is_an_error(self) -> None:
        """A stored password of no known format fits nothing; it raises, and does not show what is stored."""
        problem = self.assertRaises(ValueError, verify, "$1$salt$hash", SECRET)
        self.assertNotIn("salt", str(problem))

    def test_an_unknown_format_names_the_command_that_makes_one(self) -> None:
        """An operator who writes a bare password is told how to get its hash."""
        self.assertIn("'ftpd-service hash-password'", valid_format("secret") or "")

    def test_malformed_argon2_is_an_error(self) -> None:
        """A broken hash raises rather than counting as a wrong password."""
        self.assertRaises(ValueError, verify, "$argon2id$v=19$...", SECRET)

    def test_malformed_bcrypt_is_an_error(self) -> None:
        """Likewise of bcrypt."""
        self.assertRaises(ValueError, verify, "$2b$04$short", SECRET)

    @relaxed
    @given(st.binary(max_size=40))
    def test_plain_fits_itself_only(self, password: bytes) -> None:
        """Exactly the secret fits, whatever bytes are tried."""
        self.assertEqual(verify("{plain}secret", password), password == b"secret")


class ValidFormatTests(SynchronousTestCase):
    """What the configuration says about a stored password."""

    def test_good_ones(self) -> None:
        """Each format that can be verified is valid."""
        stored = [ARGON2ID, ARGON2I, SCRYPT, BCRYPT, BCRYPT_A, BCRYPT_Y, SHA256, SHA512, "{plain}x", "any"]
        self.assertEqual([valid_format(one) for one in stored], [None] * len(stored))

    def problem(self, stored: str) -> str:
        """What is wrong with a stored password, which must be something."""
        text = valid_format(stored)
        self.assertIsNotNone(text)
        return text or ""

    def test_plain_text_without_its_mark(self) -> None:
        """A bare secret is no format: the text names those that exist, not the secret."""
        text = self.problem("hunter2")
        self.assertIn("{plain}secret", text)
        self.assertNotIn("hunter2", text)

    def test_empty_secret(self) -> None:
        """``{plain}`` alone would let in whoever sends nothing."""
        self.assertIn("empty", self.problem("{plain}"))

    def test_empty_text(self) -> None:
        """Nothing is no format."""
        self.assertIn("expected", self.problem(""))

    def test_any_in_capitals(self) -> None:
        """Only the very word opens an account."""
        self.assertIn("expected", self.problem("ANY"))

    def test_unknown_format(self) -> None:
        """MD5 crypt is not accepted, and the hash is not shown."""
        self.assertNotIn("salt", self.problem("$1$salt$hash"))

    def test_argon2_cut_off(self) -> None:
        """The dots of an example are no hash."""
        self.assertIn("$argon2id$", self.problem("$argon2id$v=19$..."))

    def test_argon2_without_costs(self) -> None:
        """The costs are needed."""
        self.assertIn("m=", self.problem("$argon2id$v=19$m=0,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHQ"))

    def test_argon2_with_other_letters(self) -> None:
        """Salt and hash must be base64."""
        self.assertIn("base64", self.problem("$argon2id$v=19$m=8,t=1,p=1$!!!!$c29tZXNhbHQ"))

    def test_argon2_with_short_hash(self) -> None:
        """A hash of one octet would fit every 256th password."""
        self.assertIn("too short", self.problem("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$YQ"))

    def test_bcrypt_of_the_wrong_length(self) -> None:
        """A bcrypt hash has 53 characters behind its cost."""
        self.assertIn("53", self.problem(BCRYPT[:-1]))

    def test_bcrypt_of_impossible_cost(self) -> None:
        """A cost below 04 or above 31 does not exist."""
        self.assertIn("from 04 to 31", self.problem(BCRYPT.replace("$04$", "$32$")))

    def test_scrypt_without_hash(self) -> None:
        """A scrypt setting without a hash would fit nothing."""
        self.assertIn("$scrypt$", self.problem(SCRYPT.rpartition("$")[0]))

    def test_sha256_cut_off(self) -> None:
        """A SHA-256 crypt hash has 43 characters."""
        self.assertIn("43", self.problem(SHA256[:-1]))

    def test_sha512_without_hash(self) -> None:
        """A salt alone is no hash."""
        self.assertIn("$6$", self.problem("$6$saltstring$"))

    def test_sha512_with_rounds_that_are_no_number(self) -> None:
        """Rounds must be a number."""
        self.assertIn("86", self.problem("$6$rounds=many$salt$" + "x" * 86))

    @relaxed
    @given(st.text(max_size=60))
    def test_any_text_is_judged_without_an_exception(self, text: str) -> None:
        """Whatever stands in a file is valid or described; what is described is never shown."""
        stored = [text, f"$6${text}", f"$argon2id${text}", f"$scrypt${text}", f"$5$rounds={text}", f"$2b${text}"]
        judged = [valid_format(one) for one in stored]
        self.assertTrue(all(verdict is None or isinstance(verdict, str) for verdict in judged))

    def test_only_plain_is_plain(self) -> None:
        """Readable secrets can be told from hashes, so that a warning can name them."""
        self.assertEqual([is_plain(one) for one in ("{plain}x", BCRYPT, "any")], [True, False, False])


class CostTests(SynchronousTestCase):
    """What a check takes, told by the stored password alone."""

    def test_argon2_names_its_memory(self) -> None:
        """In KiB (m), with its passes (t) and threads (p)."""
        stored = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g"
        self.assertEqual(cost(stored), Cost(memory_bytes=64 << 20, passes=3, threads=4))

    def test_absurd_argon2_is_told_and_not_tried(self) -> None:
        """4 TiB is the most that the format can ask for."""
        stored = "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"
        self.assertEqual(cost(stored).memory_bytes, 4294967295 * 1024)

    def test_numbers_of_thousands_of_digits_are_malformed(self) -> None:
        """Python itself refuses to read them."""
        stored = f"$argon2id$v=19$m={'9' * 5000},t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"
        self.assertIn("costs", valid_format(stored) or "")
        self.assertEqual(cost(stored), NO_COST)

    def test_scrypt_takes_128_bytes_a_block(self) -> None:
        """N, r and p of RFC 7914 section 2: 128 * r * (N + p)."""
        stored: str = scrypt.using(rounds=4, block_size=8, parallelism=1).hash(SECRET)
        self.assertEqual(cost(stored), Cost(memory_bytes=128 * 8 * 17, passes=1))

    def test_bcrypt_doubles_its_passes_with_each_cost(self) -> None:
        """In the same 4 KiB."""
        self.assertEqual(cost(BCRYPT), Cost(memory_bytes=4096, passes=16))

    def test_sha_crypt_is_computed_alone(self) -> None:
        """Python computes it, under the interpreter's lock."""
        self.assertEqual(cost(SHA512), Cost(memory_bytes=0, passes=1000, exclusive=True))

    def test_sha256_crypt_is_computed_alone_too(self) -> None:
        """The same for ``$5$``."""
        self.assertEqual(cost(SHA256), Cost(memory_bytes=0, passes=1000, exclusive=True))

    def test_what_is_compared_only_costs_nothing(self) -> None:
        """The plain form and ``any``."""
        self.assertEqual((cost("{plain}secret"), cost("any")), (NO_COST, NO_COST))
