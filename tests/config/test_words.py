"""Tests of texts that have a form of their own."""

from __future__ import annotations

import os
from collections.abc import Callable

from ftpd_service.config import words
from ftpd_service.values import Permissions
from tests.cases import SynchronousTestCase
from tests.config.files import FileTestCase

BCRYPT = "$2b$04$LmHyqXW7ApnrpP0gFqVQ/OHzrMd4L3OFgN2wbHC2gyKLPFMmoyQKy"


class Refusals(SynchronousTestCase):
    """What every test of a refusal needs."""

    def refusal(self, word: Callable[[object], object], value: object) -> str:
        """The text with which a value is refused."""
        return str(self.assertRaises(ValueError, word, value))


class PermissionWords(Refusals):
    """``read``, ``write``, ``all``, ``none``, or a list."""

    def test_words_that_stand_alone(self) -> None:
        """Each means several permissions."""
        self.assertEqual(words.permissions("all"), Permissions.ALL)
        self.assertEqual(words.permissions("none"), Permissions.NONE)
        self.assertEqual(words.permissions("read"), Permissions.LIST | Permissions.READ)
        self.assertEqual(
            words.permissions("write"),
            Permissions.LIST | Permissions.READ | Permissions.CREATE | Permissions.APPEND | Permissions.MAKE_DIRECTORY,
        )
        self.assertIn(words.permissions("read"), words.permissions("write"))

    def test_each_word_of_a_list_means_itself(self) -> None:
        """``read`` in a list does not list."""
        self.assertEqual(words.permissions(["read"]), Permissions.READ)
        self.assertEqual(
            words.permissions(["make-directory", "remove-directory"]),
            Permissions.MAKE_DIRECTORY | Permissions.REMOVE_DIRECTORY,
        )

    def test_a_list_knows_all_ten(self) -> None:
        """Together they are ``all``."""
        self.assertEqual(len(words.SINGLE_PERMISSIONS), 10)
        self.assertEqual(words.permissions(list(words.SINGLE_PERMISSIONS)), Permissions.ALL)

    def test_an_unknown_word_is_shown(self) -> None:
        """Alone and in a list, where ``all`` is none."""
        self.assertIn('found "reed"', self.refusal(words.permissions, "reed"))
        self.assertIn('found "all" in the list', self.refusal(words.permissions, ["list", "all"]))
        self.assertIn("found 7 in the list", self.refusal(words.permissions, [7]))
        self.assertIn("found nothing", self.refusal(words.permissions, None))


class Umask(Refusals):
    """Octal digits in quotes."""

    def test_octal_digits(self) -> None:
        """With and without a leading zero."""
        self.assertEqual([words.umask("027"), words.umask("22"), words.umask("0777")], [0o27, 0o22, 0o777])

    def test_a_number_is_refused(self) -> None:
        """YAML has made 27 of 027, which would be octal 33."""
        self.assertIn('in quotes, such as "027"; found 27', self.refusal(words.umask, 27))

    def test_other_digits_and_more_bits_are_refused(self) -> None:
        """Neither 8 nor set-user-id."""
        self.assertIn('found "028"', self.refusal(words.umask, "028"))
        self.assertIn('found "1777"', self.refusal(words.umask, "1777"))


class Texts(Refusals):
    """Banners and prefixes."""

    def test_a_banner_is_one_line(self) -> None:
        """A line end would be a second reply."""
        self.assertEqual(words.banner("Grüße"), "Grüße")
        self.assertIn("one line", self.refusal(words.banner, "a\r\n230 b"))
        self.assertIn("one line", self.refusal(words.banner, ""))

    def test_a_banner_has_a_longest(self) -> None:
        """At the bound and above, in octets."""
        self.assertEqual(len(words.banner("a" * 400)), 400)
        self.assertIn("found 401", self.refusal(words.banner, "a" * 401))
        self.assertIn("found 402", self.refusal(words.banner, "ä" * 201))

    def test_a_hidden_prefix_can_begin_a_file_name(self) -> None:
        """A dot, more than an extension has, no slash, not endless."""
        self.assertEqual((words.hidden_prefix(".up-"), words.hidden_prefix(".abc")), (".up-", ".abc"))
        self.assertIn("begins with a dot", self.refusal(words.hidden_prefix, "IMG_"))
        self.assertIn("4 characters or more", self.refusal(words.hidden_prefix, ".ab"))
        self.assertIn("without /", self.refusal(words.hidden_prefix, ".a/b"))
        self.assertIn("without /", self.refusal(words.hidden_prefix, "." * 33))
        self.assertIn("the beginning of a file name", self.refusal(words.hidden_prefix, ""))

    def test_words_of_later_features_are_told_apart(self) -> None:
        """Neither accepted nor called unknown."""
        later = str(self.assertRaises(ValueError, words.one_of, "json", words=("text",), later=("json",)))
        self.assertEqual(later, "json is not available in this version; expected text")
        self.assertIn('found "jsn"', str(self.assertRaises(ValueError, words.one_of, "jsn", words=("text",))))


class Homes(FileTestCase):
    """Host paths of accounts."""

    def home(self, value: str) -> str | None:
        """The home that a file comes to."""
        return self.loaded(f"accounts: {{a: {{home: {value}}}}}").accounts.accounts["a"].home

    def test_a_relative_home_is_relative_to_the_file(self) -> None:
        """Wherever the process runs."""
        self.assertEqual(self.home("x/y"), os.path.join(self.folder, "x", "y"))
        self.assertEqual(self.home("../x"), os.path.join(os.path.dirname(self.folder), "x"))

    def test_an_absolute_home_stays(self) -> None:
        """With the account's name in it, too."""
        self.assertEqual(self.home("'/srv/{name}/in'"), "/srv/{name}/in")

    def test_other_braces_are_refused(self) -> None:
        """A mistyped template would become a directory."""
        self.assertIn("{name} alone", self.problem("accounts: {a: {home: '/srv/{user}'}}").text)

    def test_a_tilde_is_refused(self) -> None:
        """It would become a directory of that name."""
        self.assertIn("without ~", self.problem("accounts: {a: {home: ~/files}}").text)

    def test_control_characters_are_refused(self) -> None:
        """No system has a path with NUL in it."""
        self.assertIn("the path of a directory", self.problem('accounts: {a: {home: "/srv/\\0"}}').text)


class Passwords(FileTestCase):
    """Stored passwords, in the file and beside it."""

    def stored(self, account: str) -> str | None:
        """The stored password that an account's text comes to."""
        return self.loaded(f"accounts: {{a: {{home: /srv, {account}}}}}").accounts.accounts["a"].password

    def test_known_formats_are_taken(self) -> None:
        """A hash, a password in clear, any."""
        self.assertEqual(self.stored(f"password: '{BCRYPT}'"), BCRYPT)
        self.assertEqual(self.stored("password: '{plain}x'"), "{plain}x")
        self.assertEqual(self.stored("password: any"), "any")

    def test_a_password_without_format_is_refused_and_not_shown(self) -> None:
        """Most likely it is the password itself."""
        problem = self.problem("accounts:\n  a:\n    password: hunter2\n")
        self.assertEqual((problem.line, problem.path), (3, "accounts.a.password"))
        self.assertIn("{plain}", problem.text)
        self.assertNotIn("hunter2", problem.text)

    def test_a_number_is_refused_and_not_shown(self) -> None:
        """It lost its leading zeros."""
        problem = self.problem("accounts: {a: {password: 8765}}")
        self.assertIn("text in quotes, found a number", problem.text)
        self.assertNotIn("8765", problem.text)

    def test_a_password_where_an_account_is_due_is_not_shown(self) -> None:
        """``alice: secret`` is a likely mistake."""
        problem = self.problem("accounts: {alice: hunter2}")
        self.assertEqual((problem.path, problem.text), ("accounts.alice", "expected a mapping, found a text"))

    def test_a_password_file_is_read(self) -> None:
        """Relative to the configuration, its line end is none of the password."""
        self.write("{plain}hunter2\n", "a.secret")
        self.assertEqual(self.stored("password_file: a.secret"), "{plain}hunter2")

    def test_a_missing_password_file_is_told(self) -> None:
        """With the system's reason."""
        problem = self.problem("accounts: {a: {password_file: nowhere}}")
        self.assertEqual(problem.path, "accounts.a.password_file")
        self.assertEqual(problem.text, "the file cannot be read: No such file or directory")

    def test_a_bad_password_in_a_file_is_not_shown(self) -> None:
        """Nor what else the file holds."""
        self.write("hunter2\n", "a.secret")
        self.write("{plain}hunter2\nhunter2\n", "b.secret")
        self.assertNotIn("hunter2", self.problem("accounts: {a: {password_file: a.secret}}").text)
        self.assertEqual(
            self.problem("accounts: {a: {password_file: b.secret}}").text, "expected a file of one line, found more"
        )

    def test_a_password_file_must_be_text(self) -> None:
        """A key or an archive is a mistake."""
        with open(os.path.join(self.folder, "binary"), "wb") as file:
            file.write(b"\xff\xfe\x00")
        self.assertIn("UTF-8", self.problem("accounts: {a: {password_file: binary}}").text)

    def test_password_and_file_exclude_each_other(self) -> None:
        """Nobody could tell which one counts."""
        self.write("{plain}x\n", "a.secret")
        problem = self.problem("accounts: {a: {password: any, password_file: a.secret}}")
        self.assertEqual(problem.path, "accounts.a.password_file")

    def test_no_repr_shows_a_password(self) -> None:
        """A configuration may stand in a traceback."""
        config = self.loaded("accounts: {a: {home: /srv, password: '{plain}hunter2'}}")
        self.assertNotIn("hunter2", repr(config))
