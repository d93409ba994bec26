"""Tests of whole files: what they come to, and what is said of mistakes."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from ftpd_service.account import AccountSettings, Rates
from ftpd_service.accounts.configured import ConfiguredAccounts
from ftpd_service.auth.settings import AccountsChecker, PythonChecker, StrcredChecker
from ftpd_service.config import words
from ftpd_service.config.schema import Config, LimitsSettings, ListenerSettings
from ftpd_service.control.settings import ControlSettings
from ftpd_service.data.settings import AddressRule, DataSettings
from ftpd_service.observe.settings import LoggingSettings
from ftpd_service.session.settings import SessionSettings
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from ftpd_service.values import Permissions
from tests.config.files import FileTestCase


class Values(FileTestCase):
    """What each key comes to."""

    def test_an_empty_file_is_all_defaults(self) -> None:
        """The defaults of the file are those of the parts' own settings."""
        config = self.loaded("")
        self.assertEqual(config, Config(source=config.source, warnings=config.warnings))

    def test_empty_sections_are_absent_ones(self) -> None:
        """As when all their keys are commented out."""
        config = self.loaded("limits:\naccounts:\nauth:\nuploads:\nlogging:\nlisting:\ndata_connections:\ncommands:\n")
        self.assertEqual(config, Config(source=config.source, warnings=config.warnings))

    def test_listeners_keep_their_order(self) -> None:
        """Each with its own banner."""
        config = self.loaded(
            """
            listeners:
              - {endpoint: "tcp:2121", tls: off, banner: one}
              - {endpoint: "tcp6:2122"}
            """
        )
        expected = (ListenerSettings(endpoint="tcp:2121", banner="one"), ListenerSettings(endpoint="tcp6:2122"))
        self.assertEqual(config.listeners, expected)

    def test_limits_reach_their_parts(self) -> None:
        """Every part gets its own."""
        config = self.loaded(
            """
            limits:
              sessions: 1
              sessions_per_host: 2
              sessions_per_account: 3
              failed_commands: 9
              failed_logins: 4
              login_timeout: 5s
              idle_timeout: 6m
              data_timeout: 7
              stall_timeout: 8h
              drain_timeout: 0
            """
        )
        self.assertEqual(config.limits, LimitsSettings(sessions=1, sessions_per_host=2, drain_seconds=0))
        self.assertEqual(config.accounts.limits.sessions, 3)
        self.assertEqual(config.session, SessionSettings(failed_logins=4, idle_seconds=360))
        self.assertEqual(config.control, ControlSettings(login_seconds=5, failed_commands=9))
        self.assertEqual(config.data, DataSettings(opening_seconds=7, stall_seconds=28800))

    def test_rates_reach_their_owners(self) -> None:
        """The server, a listener and an account take the same keys."""
        config = self.loaded(
            """
            limits: {upload: 1MiB/s, download: null}
            listeners: [{limits: {download: 2KiB/s, upload_per_session: 3B/s}}]
            accounts: {alice: {limits: {download_per_session: 4B/s, sessions: 5}}}
            """
        )
        self.assertEqual(config.rates, Rates(upload=1024 * 1024))
        self.assertEqual(config.listeners[0].rates, Rates(download=2048, upload_per_session=3))
        alice = config.accounts.accounts["alice"]
        self.assertEqual((alice.rates, alice.sessions), ({"download_per_session": 4}, 5))

    def test_an_account_takes_the_rates_that_it_leaves_out_from_the_defaults(self) -> None:
        """And null is said: no limit."""
        config = self.loaded(
            """
            accounts: {alice: {limits: {upload: 2B/s, download: null}}}
            account_defaults: {limits: {upload: 1B/s, download: 1B/s, upload_per_session: 1B/s}}
            """
        )
        alice = ConfiguredAccounts(config.accounts).otherwise("alice", None)
        assert alice is not None
        self.assertEqual(alice.rates, Rates(upload=2, upload_per_session=1))

    def test_data_connections(self) -> None:
        """Ports, addresses by network, active."""
        config = self.loaded(
            """
            data_connections:
              passive_ports: "50000-50099, 50200"
              passive_address:
                - {network: 10.0.0.0/8, address: auto}
                - {network: any, address: 203.0.113.7}
              active: false
            """
        )
        expected = DataSettings(
            passive_ports=((50000, 50099), (50200, 50200)),
            passive_addresses=(
                AddressRule(network=ip_network("10.0.0.0/8"), address=None),
                AddressRule(network=None, address=ip_address("203.0.113.7")),
            ),
        )
        self.assertEqual(config.data, expected)
        self.assertFalse(config.session.active)

    def test_one_passive_address_is_for_every_client(self) -> None:
        """A host name stays one, as it is looked up anew."""
        config = self.loaded("data_connections: {passive_address: ftp.example.net}")
        self.assertEqual(config.data.passive_addresses, (AddressRule(network=None, address="ftp.example.net"),))

    def test_checkers_keep_their_order(self) -> None:
        """The three forms, with their options."""
        config = self.loaded(
            """
            auth:
              checkers:
                - strcred: "file:/etc/passwd"
                - accounts
                - python: "acme:Checker"
                  options: {url: "ldaps://x", depth: 3}
                  timeout: 3s
                  final: true
            """
        )
        expected = (
            StrcredChecker(description="file:/etc/passwd"),
            AccountsChecker(),
            PythonChecker(path="acme:Checker", options={"url": "ldaps://x", "depth": 3}, timeout_seconds=3, final=True),
        )
        self.assertEqual(config.auth.checkers, expected)

    def test_accounts_and_their_defaults(self) -> None:
        """What an entry leaves out stays open; the defaults are kept beside."""
        config = self.loaded(
            """
            accounts:
              alice: {password: any, home: /a, permissions: write, create_home: false, limits: {sessions: 4}}
              bob:
            account_defaults: {home: "/srv/{name}", permissions: all, create_home: true, limits: {sessions: 9}}
            """
        )
        write = words.permissions("write")
        alice = AccountSettings(password="any", home="/a", permissions=write, create_home=False, sessions=4)
        self.assertEqual(config.accounts.accounts, {"alice": alice, "bob": AccountSettings()})
        defaults = AccountSettings(home="/srv/{name}", permissions=Permissions.ALL, create_home=True, sessions=9)
        self.assertEqual(config.accounts.defaults, defaults)

    def test_empty_account_defaults_are_defaults(self) -> None:
        """A name that another checker accepted then has an account, if no home."""
        self.assertEqual(self.loaded("account_defaults: {}").accounts.defaults, AccountSettings())
        self.assertIsNone(self.loaded("").accounts.defaults)

    def test_everything_else(self) -> None:
        """Uploads, listings, commands, logs."""
        config = self.loaded(
            """
            uploads: {mode: in-place, umask: "077", hidden_prefix: .tmp-}
            listing: {dot_files: false}
            commands: {strict_line_ends: true}
            logging: {level: debug, format: text, queue: 50}
            """
        )
        expected = StorageSettings(uploads=UploadPolicy(mode=UploadMode.IN_PLACE), umask=0o077, hidden_prefix=".tmp-")
        self.assertEqual(config.storage, expected)
        self.assertFalse(config.session.dot_files)
        self.assertTrue(config.control.strict_line_ends)
        self.assertEqual(config.logging, LoggingSettings(level="debug", queue=50))


class Warnings(FileTestCase):
    """What is no mistake and may still not be meant."""

    def told(self, text: str) -> list[str]:
        """The warnings of a file, without its path."""
        config = self.loaded(text)
        return [warning.removeprefix(str(config.source)) for warning in config.warnings]

    def test_nobody_can_log_in(self) -> None:
        """No account has a password, and no other checker is there."""
        text = "accounts: nobody can log in: no account has a password, and there is no other checker"
        self.assertEqual(self.told(""), [f": {text}"])
        self.assertEqual(self.told("\naccounts: {a: {home: /x}}"), [f":1: {text}"])

    def test_another_checker_lets_people_in(self) -> None:
        """Then no account needs a password."""
        self.assertEqual(self.told("auth: {checkers: [{strcred: 'file:/x'}]}"), [])

    def test_a_password_in_clear_is_told_and_not_shown(self) -> None:
        """With its line."""
        (warning,) = self.told("accounts:\n  a:\n    home: /x\n    password: '{plain}hunter2'\n")
        self.assertEqual(warning, ":4: accounts.a.password: stands in clear; a hash is safer")

    def test_any_password_is_for_anonymous(self) -> None:
        """Elsewhere it is told."""
        self.assertEqual(self.told("accounts: {anonymous: {home: /x, password: any}}"), [])
        self.assertEqual(
            self.told("accounts: {a: {home: /x, password: any}}"),
            [":1: accounts.a.password: any password is accepted"],
        )

    def test_an_account_without_home_is_told(self) -> None:
        """Unless the defaults have one."""
        (warning,) = self.told("accounts: {anonymous: {password: any}}")
        self.assertIn("accounts.anonymous: has no home", warning)
        self.assertEqual(
            self.told("accounts: {anonymous: {password: any}}\naccount_defaults: {home: '/srv/{name}'}"), []
        )

    def test_the_whole_file_system_as_a_home_is_told(self) -> None:
        """By the account's own home, or the defaults'."""
        (warning,) = self.told("accounts:\n  anonymous: {home: /, password: any}\n")
        self.assertTrue(warning.startswith(":2: accounts.anonymous.home: / is the whole file system"))
        (warning,) = self.told("accounts: {anonymous: {password: any}}\naccount_defaults: {home: /srv/..}\n")
        self.assertIn("/ is the whole file system", warning)

    def test_a_control_port_among_the_passive_ports_is_told(self) -> None:
        """Where it listens no data connection gets it."""
        text = "accounts: {anonymous: {home: /x, password: any}}\nlisteners: [{endpoint: 'tcp:2121'}]\n"
        (warning,) = self.told(text + "data_connections:\n  passive_ports: 2000-2121\n")
        self.assertTrue(warning.startswith(":4: data_connections.passive_ports: 2121 is the port of a listener"))
        self.assertEqual(self.told(text + "data_connections: {passive_ports: '2000-2120,2122'}\n"), [])

    def test_a_passive_address_that_is_this_host_alone_is_told(self) -> None:
        """Unless all clients are on it."""
        text = "accounts: {anonymous: {home: /x, password: any}}\ndata_connections: {passive_address: 127.0.0.1}\n"
        (warning,) = self.told(text + "listeners: [{endpoint: 'tcp:2121'}]\n")
        self.assertIn("127.0.0.1 is this host alone", warning)
        self.assertEqual(self.told(text), [])

    def test_passwords_that_nobody_asks_for_are_told(self) -> None:
        """``accounts`` is missing among the checkers."""
        (warning,) = self.told(
            "accounts: {anonymous: {password: any, home: /x}}\nauth: {checkers: [{strcred: 'file:/x'}]}"
        )
        self.assertIn("auth.checkers: accounts is not among them", warning)
