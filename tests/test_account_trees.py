"""The tree of an account in a whole service: rules, names and folders of logins, and what a reload changes of them."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from ftpd_service.account import AccountSettings
from ftpd_service.config.schema import Config
from ftpd_service.naming import LetterCase, Naming
from ftpd_service.path_rules import Folder, PathRule
from ftpd_service.values import Permissions, VirtualPath
from tests.memory_service import Client, ServiceCase
from tests.storage.strangers import Remembered, named

BOX = PathRule(path="/in/**", allow=Permissions.CREATE, id="drop-box")


class TreeCase(ServiceCase):
    """alice with keys about her tree."""

    def setUp(self) -> None:
        super().setUp()
        Remembered.made.clear()
        self.shared = os.path.abspath(self.mktemp())
        os.makedirs(os.path.join(self.shared, "d"))
        os.mkdir(os.path.join(self.home, "in"))

    def of(self, **settings: Any) -> Config:  # Any: as AccountSettings takes
        """A configuration whose alice has some settings."""
        return self.config(accounts={"alice": replace(self.account(), **settings)})

    def folder(self, host: str = "", **settings: Any) -> Folder:  # Any: as Folder takes
        """A folder ``/shared``."""
        return Folder(path=VirtualPath("/shared"), host=host or self.shared, **settings)

    def logged_in(self, config: Config) -> Client:
        """A session of alice."""
        self.started(config)
        client = self.client()
        self.assertEqual(client.log_in("alice", "secret"), 230)
        return client

    def reply(self, client: Client, line: str) -> str:
        """The last reply to a command."""
        before = len(client.transport.written())
        client.say(line)
        return client.transport.written()[before:].decode()


class RuleTests(TreeCase):
    """Keys of the account hold in its sessions."""

    def test_rules(self) -> None:
        """The log names the rule."""
        client = self.logged_in(self.of(rules=(BOX,)))
        self.assertEqual(client.say("MKD /in/x", "MKD /out"), [550, 257])
        self.assertEqual(self.log.count("the account lacks the permission make-directory (rule drop-box)"), 1)

    def test_hidden_and_refused_names(self) -> None:
        """Missing, and not allowed; the log names the pattern."""
        os.mkdir(os.path.join(self.home, ".git"))
        client = self.logged_in(self.of(hide=("**/.*",), refuse=("*.exe",)))
        self.assertEqual(client.say("CWD .git", "MKD .new", "MKD a.exe"), [550, 553, 553])
        self.assertEqual(self.log.count("(rule hide **/.*)"), 2)
        self.assertEqual(self.log.count("(rule refuse *.exe)"), 1)

    def test_a_reload_counts_in_running_sessions(self) -> None:
        """At the next command."""
        service = self.started(self.of())
        client = self.client()
        client.log_in("alice", "secret")
        self.assertEqual(client.say("MKD /in/a"), [257])
        self.reread(service, self.of(rules=(BOX,)))
        self.assertEqual(client.say("MKD /in/b"), [550])
        self.reread(service, self.of(hide=("/in",)))
        self.assertEqual(client.say("CWD /in"), [550])
        self.reread(service, self.of())
        self.assertEqual(client.say("MKD /in/b"), [257])

    def test_rules_of_the_group(self) -> None:
        """An account without its own takes them."""
        config = self.of(group="customers")
        groups = {"customers": AccountSettings(rules=(BOX,))}
        client = self.logged_in(replace(config, accounts=replace(config.accounts, groups=groups)))
        self.assertEqual(client.say("MKD /in/x"), [550])

    def test_rules_of_a_storage_of_another_kind(self) -> None:
        """They hold before it is asked."""
        client = self.logged_in(self.of(storage=named(Remembered), rules=(BOX,)))
        self.assertEqual(client.say("MKD /in", "MKD /in/x"), [257, 550])


class NewFileTests(TreeCase):
    """The umask of the account."""

    def test_it_goes_before_that_of_uploads(self) -> None:
        """For its directories and files."""
        client = self.logged_in(self.of(umask=0o002))
        client.say("MKD d")
        self.assertEqual(os.stat(os.path.join(self.home, "d")).st_mode & 0o777, 0o775)
        self.assertIn("UMASK is 002", self.reply(client, "SITE UMASK"))

    def test_accounts_with_one_home_and_different_umasks(self) -> None:
        """Each has its own."""
        accounts = {"alice": replace(self.account(), umask=0o002), "bob": self.account()}
        self.started(self.config(accounts=accounts))
        alice, bob = self.client(), self.client()
        alice.log_in("alice", "secret")
        bob.log_in("bob", "secret")
        told = [self.reply(one, "SITE UMASK")[-5:-2] for one in (alice, bob)]
        self.assertEqual(told, ["002", "027"])


class FolderTests(TreeCase):
    """Folders of the account."""

    def test_a_folder_is_used_and_listed(self) -> None:
        """Its files are in its directory."""
        client = self.logged_in(self.of(folders=(self.folder(),)))
        self.assertEqual(client.say("CWD /shared", "MKD new"), [250, 257])
        self.assertEqual(sorted(os.listdir(self.shared)), ["d", "new"])
        self.assertIn(" shared\r\n", self.reply(client, "STAT /"))

    def test_its_own_permissions(self) -> None:
        """The log names the folder."""
        client = self.logged_in(self.of(folders=(self.folder(permissions=Permissions.LIST),)))
        self.assertEqual(client.say("MKD /shared/new", "MKD /new"), [550, 257])
        self.assertEqual(self.log.count("(rule permissions of /shared)"), 1)

    def test_its_own_rules(self) -> None:
        """They go before its permissions."""
        rule = PathRule(path="/shared/d/**", deny=Permissions.ALL)
        client = self.logged_in(self.of(folders=(self.folder(rules=(rule,)),)))
        self.assertEqual(client.say("MKD /shared/d/x", "MKD /shared/x"), [550, 257])

    def test_quota_is_of_the_home_alone(self) -> None:
        """Files of a folder do not count in it, so a folder has more room than the quota leaves."""
        client = self.logged_in(self.of(folders=(self.folder(),), quota_bytes=1000))
        self.assertEqual(self.reply(client, "AVBL /"), "213 1000\r\n")
        self.assertGreater(int(self.reply(client, "AVBL /shared").split()[1]), 1000)

    def test_no_client_takes_it_away(self) -> None:
        """RMD, and RNTO from it and to it."""
        client = self.logged_in(self.of(folders=(self.folder(),)))
        self.assertEqual(client.say("RMD /shared", "RNFR /shared", "RNTO /x"), [550, 350, 553])
        self.assertEqual(client.say("RNFR /in", "RNTO /shared"), [350, 553])

    def test_a_file_is_renamed_across(self) -> None:
        """By a copy; a client may also copy it itself."""
        with open(os.path.join(self.shared, "f"), "wb") as file:
            file.write(b"content")
        client = self.logged_in(self.of(folders=(self.folder(),)))
        self.assertEqual(client.say("RNFR /shared/f", "RNTO /in/f"), [350, 250])
        self.assertEqual(client.say("SITE CPFR /in/f", "SITE CPTO /shared/d/g"), [350, 250])
        self.assertIn(" SITE COPY\r\n", self.reply(client, "FEAT"))
        with open(os.path.join(self.shared, "d", "g"), "rb") as file:
            self.assertEqual((file.read(), os.listdir(self.shared)), (b"content", ["d"]))
        self.assertEqual(self.log.count('RNTO "/shared/f" -> "/in/f"'), 1)

    def test_the_directory_above_a_folder(self) -> None:
        """Is the one that the tree shows, and not that of the host."""
        client = self.logged_in(self.of(folders=(self.folder(),)))
        self.assertEqual(client.say("CWD /shared/d", "CWD .."), [250, 250])
        self.assertIn('"/shared"', self.reply(client, "PWD"))
        self.assertEqual(client.say("CDUP", "CWD shared/../in"), [250, 250])
        self.assertIn('"/in"', self.reply(client, "PWD"))

    def test_hidden_names_in_a_folder(self) -> None:
        """Are missing there, too, and no copy makes them."""
        os.mkdir(os.path.join(self.shared, ".git"))
        client = self.logged_in(self.of(folders=(self.folder(),), hide=("**/.*",)))
        self.assertEqual(client.say("CWD /shared/.git", "MKD /shared/.new"), [550, 553])
        self.assertNotIn(".git", self.reply(client, "STAT -a /shared"))

    def test_a_rename_of_a_directory_across_is_refused(self) -> None:
        """The reply says why."""
        client = self.logged_in(self.of(folders=(self.folder(),)))
        self.assertEqual(client.say("RNFR /shared/d"), [350])
        self.assertIn(
            "553 Not in the same folder or on the same disk: only files move there.", self.reply(client, "RNTO /d")
        )

    def test_a_name_in_its_path(self) -> None:
        """As in a home."""
        host = os.path.join(os.path.dirname(self.shared), "alice-{name}")
        os.mkdir(host.replace("{name}", "alice"))
        client = self.logged_in(self.of(folders=(self.folder(host),)))
        self.assertEqual(client.say("MKD /shared/x"), [257])
        self.assertEqual(os.listdir(host.replace("{name}", "alice")), ["x"])

    def test_a_name_that_may_not_stand_in_its_path(self) -> None:
        """The login is refused, and the log says why."""
        account = replace(self.account(), folders=(self.folder("/srv/{name}"),))
        self.started(self.config(accounts={".alice": account}))
        client = self.client()
        client.say("USER .alice")
        client.send("PASS secret")
        self.reactor.advance(1)
        self.assertEqual((client.codes(), self.log.count("cannot stand in the path '/srv/{name}'")), ([530], 1))

    def test_a_missing_directory(self) -> None:
        """The folder is unavailable, the login and the rest of the tree are not."""
        client = self.logged_in(self.of(folders=(self.folder("/nowhere/at-all"),)))
        self.assertEqual(client.say("CWD /shared", "SIZE /shared/x", "CWD /in"), [450, 450, 250])
        self.assertIn(" shared\r\n", self.reply(client, "STAT /"))
        self.assertEqual(self.log.count("/nowhere/at-all, the directory of /shared, is missing"), 2)
        self.assertEqual(self.log.count("the folder /shared cannot be used now (/nowhere/at-all: NotFound)"), 1)

    def test_no_reply_names_the_directory(self) -> None:
        """It is a path of the host."""
        client = self.logged_in(self.of(folders=(self.folder("/nowhere/at-all"),)))
        client.say("CWD /shared", "STAT /", "MKD /shared/x", "RMD /shared")
        self.assertNotIn(b"nowhere", client.transport.written())

    def test_a_folder_that_is_taken_away(self) -> None:
        """It is gone from a running session."""
        service = self.started(self.of(folders=(self.folder(),)))
        client = self.client()
        client.log_in("alice", "secret")
        self.assertEqual(client.say("CWD /shared"), [250])
        self.reread(service, self.of())
        self.assertEqual(client.say("CWD /shared", "MKD /shared/x"), [550, 550])

    def test_beside_a_storage_of_another_kind(self) -> None:
        """Its class makes the home, and the host has the folder."""
        client = self.logged_in(self.of(storage=named(Remembered), home=None, folders=(self.folder(),)))
        self.assertEqual(client.say("MKD /x", "MKD /shared/x"), [257, 257])
        self.assertIn("x", os.listdir(self.shared))

    def test_names_in_any_case(self) -> None:
        """The place of a folder is a name like others, and its rules hold for the files in it."""
        rules = (PathRule(path="/shared/in/*", deny=Permissions.MAKE_DIRECTORY),)
        names = Naming(case=LetterCase.INSENSITIVE)
        client = self.logged_in(self.of(names=names, folders=(self.folder(rules=rules),)))
        self.assertEqual(client.say("MKD /SHARED/In", "MKD /Shared/IN/x", "MKD /shareD/X"), [257, 550, 257])
        self.assertEqual(sorted(os.listdir(self.shared)), ["In", "X", "d"])
        self.assertNotIn("SHARED", os.listdir(self.home))

    def test_the_umask_holds_in_it(self) -> None:
        """As in the home."""
        client = self.logged_in(self.of(umask=0o002, folders=(self.folder(),)))
        client.say("MKD /shared/x")
        self.assertEqual(os.stat(os.path.join(self.shared, "x")).st_mode & 0o777, 0o775)
