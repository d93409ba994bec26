"""``ftpd-service init``."""

from __future__ import annotations

import json
import os
import stat
from functools import partial

from argon2 import PasswordHasher
from click.testing import Result

from ftpd_service.admin import password_prompt
from ftpd_service.auth.passwords import verify
from ftpd_service.config.load import load
from ftpd_service.session.settings import ListenerTls
from tests.admin.commands import CommandCase


class InitTests(CommandCase):
    """A first configuration."""

    def setUp(self) -> None:
        """Hash at less cost than for real passwords."""
        super().setUp()
        self.patch(
            password_prompt, "PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=64, parallelism=1)
        )

    def init(self, *more: str, typed: str = "secret\n") -> Result:
        """Carry out the command, with an account and a password."""
        words = ("-c", self.path("etc", "ftpd.yaml"), "init", "--account", "alice", "--home", self.path("home"))
        return self.run_it(*words, *more, typed=typed)

    def test_the_server_takes_it(self) -> None:
        """With the certificate, and without a warning."""
        self.assertEqual(self.init().exit_code, 0)
        checked = self.run_it("-c", self.path("etc", "ftpd.yaml"), "check")
        self.assertEqual((checked.exit_code, checked.output), (0, f"{self.path('etc', 'ftpd.yaml')}: ok\n"))

    def test_the_account_is_that_of_the_options(self) -> None:
        """Its password is stored as a hash, nobody logs in without TLS, and the port is the option's."""
        self.init("--port", "2100")
        config = load(self.path("etc", "ftpd.yaml"), {})
        account = config.accounts.accounts["alice"]
        self.assertEqual((account.home, config.listeners[0].endpoint), (self.path("home"), "tcp:2100"))
        self.assertIs(config.listeners[0].tls, ListenerTls.REQUIRED)
        assert account.password is not None
        self.assertTrue(account.password.startswith("$argon2id$"))
        self.assertTrue(verify(account.password, b"secret"))

    def test_account_in_a_database(self) -> None:
        """The service takes it at once: tables and account are there, and the file has neither."""
        self.assertEqual(self.init("--database").exit_code, 0)
        config = self.path("etc", "ftpd.yaml")
        self.assertEqual(self.run_it("-c", config, "check").output, f"{config}: ok\n")
        told = json.loads(self.run_it("-c", config, "account", "show", "alice", "--json").output)
        self.assertEqual((told["home"], told["has_password"]), (self.path("home"), True))
        self.assertEqual(load(config, {}).accounts.accounts, {})

    def test_database_of_another_service(self) -> None:
        """It stays as it is, and no file is written."""
        os.makedirs(self.path("etc"))
        self.write("etc/ftpd.db", "")
        self.assertIn("ftpd.db: File exists", self.init("--database").output)
        self.assertEqual(os.listdir(self.path("etc")), ["ftpd.db"])

    def test_what_no_option_gives_is_asked_for(self) -> None:
        """The name, the directory, the password, in this order."""
        asked = self.run_it("-c", self.path("ftpd.yaml"), "init", typed=f"bob\n{self.path('files')}\nsecret\n")
        self.assertEqual(asked.exit_code, 0)
        accounts = load(self.path("ftpd.yaml"), {}).accounts.accounts
        self.assertEqual([(name, account.home) for name, account in accounts.items()], [("bob", self.path("files"))])

    def test_nobody_answers(self) -> None:
        """Each question that standard input leaves open names its option."""
        init = ("-c", self.path("ftpd.yaml"), "init")
        told = [self.run_it(*init), self.run_it(*init, "--account", "bob")]
        self.assertEqual([one.exit_code for one in told], [1, 1])
        self.assertIn("give --account NAME", told[0].output)
        self.assertIn("give --home DIRECTORY", told[1].output)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_home_is_taken_as_it_is_typed(self) -> None:
        """Quotes and what begins a comment mean nothing in it."""
        home = self.path('a "b" \\n # c: d')
        self.init("--home", home)
        self.assertEqual(load(self.path("etc", "ftpd.yaml"), {}).accounts.accounts["alice"].home, home)

    def test_nobody_else_reads_it(self) -> None:
        """It holds a hash."""
        self.init()
        self.assertEqual(stat.S_IMODE(os.stat(self.path("etc", "ftpd.yaml")).st_mode), 0o600)

    def test_a_configuration_is_never_overwritten(self) -> None:
        """A second time fails, and the first file stays."""
        self.init()
        before = self.read("etc", "ftpd.yaml")
        again = self.init()
        self.assertEqual((again.exit_code, self.read("etc", "ftpd.yaml")), (1, before))
        self.assertIn("File exists", again.output)

    def test_a_certificate_is_never_overwritten(self) -> None:
        """And there is no configuration then that would name it."""
        os.makedirs(self.path("etc", "tls"))
        self.write("etc/tls/privkey.pem", "mine")
        self.assertEqual(self.init().exit_code, 1)
        self.assertEqual(os.listdir(self.path("etc")), ["tls"])
        self.assertEqual(
            (os.listdir(self.path("etc", "tls")), self.read("etc", "tls", "privkey.pem")), (["privkey.pem"], "mine")
        )

    def test_the_environment_is_nothing_to_a_home(self) -> None:
        """``${NAME}`` is not replaced; such a home is told."""
        self.assertIn("{name} alone stands in braces", self.init("--home", self.path("${HOME}")).output)

    def test_an_account_that_no_server_takes(self) -> None:
        """Is told, and nothing is left."""
        told = self.run_it(
            "-c", self.path("ftpd.yaml"), "init", "--account", "a\x01b", "--home", "/srv/ftp", typed="x\n"
        )
        self.assertEqual((told.exit_code, os.listdir(self.folder)), (1, []))
        self.assertIn("accounts", told.output)

    def test_without_a_password(self) -> None:
        """An account that anybody could be is never made."""
        told = self.init(typed="\n")
        self.assertEqual((told.exit_code, os.listdir(self.folder)), (1, []))
        self.assertIn("no password was given", told.output)
