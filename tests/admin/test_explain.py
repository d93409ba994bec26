"""``ftpd-service explain``: whether an account may do something, and by which rule."""

from __future__ import annotations

import json
import os

from ftpd_service.commands.site import SUB_VERBS
from ftpd_service.commands.table import standard_table
from ftpd_service.runtime.stepping import answered
from tests.admin.commands import CommandCase
from tests.cases import SynchronousTestCase

FILE = """
accounts:
  alice:
    password: "{plain}secret"
    home: home
    permissions: write
    rules:
      - {path: "/in/**", allow: [list, create], id: drop-box}
      - {path: "**/.ssh/**", deny: all}
      - {path: "/moves/**", allow: [rename]}
    folders: {/shared: {path: shared, permissions: read}}
    hide: ["**/.*"]
    refuse: ["*.exe"]
  anonymous: {password: any, home: home}
  lost: {password: "{plain}secret", home: nowhere, permissions: all}
  .dotted: {password: "{plain}secret", home: home, folders: {/own: {path: "/srv/{name}"}}}
"""


TLS = "tls: {certificate: c.pem}\n"


class ExplainCase(CommandCase):
    """A file with rules, and the files of its accounts."""

    def setUp(self) -> None:
        super().setUp()
        self.file = self.write("ftpd.yaml", self.text())
        os.makedirs(self.path("home", "in"))
        os.mkdir(self.path("shared"))
        self.write("home/in/old.csv", "")
        self.write("home/old", "")

    def text(self) -> str:
        """The file."""
        return FILE

    def explained(self, *words: str) -> tuple[int, list[str]]:
        """The exit status, and the lines without their indentation."""
        result = self.run_it("-c", self.file, "explain", *words)
        return result.exit_code, [line.strip() for line in result.output.splitlines()]

    def allowed(self, *words: str) -> list[str]:
        """The lines behind the first, of an action that is allowed."""
        status, lines = self.explained(*words)
        self.assertEqual((status, lines[0][:8]), (0, "allowed:"), lines)
        return lines[1:]

    def refused(self, *words: str) -> list[str]:
        """The lines behind the first, of an action that is refused."""
        status, lines = self.explained(*words)
        self.assertEqual((status, lines[0][:8]), (1, "refused "), lines)
        return lines[1:]


class RuleTests(ExplainCase):
    """The rule that decides, and what would change the answer."""

    def test_what_a_rule_allows(self) -> None:
        """And what it does not, at the same path."""
        self.assertEqual(
            self.allowed("alice", "STOR", "/in/x.csv", "--from", "10.1.2.3"),
            [
                "rule drop-box (/in/**) allows list, create",
                "STOR of an existing file is refused (553), and needs: overwrite",
            ],
        )

    def test_the_question_is_repeated(self) -> None:
        """With all that the answer depends on."""
        lines = self.explained("alice", "stor", "in//x.csv", "--from", "10.1.2.3")[1]
        self.assertEqual(lines[0], "allowed: STOR /in/x.csv by alice from 10.1.2.3, without TLS")

    def test_a_size_is_one_in_bytes(self) -> None:
        """Clients ask in TYPE I; only the size in TYPE A needs the permission to read."""
        self.allowed("alice", "SIZE", "/in/old.csv")

    def test_the_file_that_is_there_decides(self) -> None:
        """It would be overwritten."""
        self.assertEqual(
            self.refused("alice", "STOR", "/in/old.csv"),
            [
                "rule drop-box (/in/**) allows list, create",
                "Permission denied: the account lacks the permission overwrite (rule drop-box)",
                "STOR of an existing file needs: overwrite",
                "STOR of a new name is allowed, and needs: create",
            ],
        )

    def test_a_name_that_is_taken_is_no_matter_for_a_unique_name(self) -> None:
        """STOU takes another."""
        self.allowed("alice", "STOU", "/in/old.csv")

    def test_a_file_that_is_missing(self) -> None:
        """The answer is for one that is there, and says so."""
        told = "there is no such name now; this is the answer for an existing file"
        self.assertIn(told, self.allowed("alice", "RETR", "/x"))
        self.assertNotIn("there is no such name", " ".join(self.allowed("alice", "RETR", "/old")))

    def test_a_rule_without_an_id(self) -> None:
        """Its number."""
        self.assertEqual(self.refused("alice", "RETR", "/a/.ssh/x")[0], "rule 2 (**/.ssh/**) allows nothing")

    def test_no_rule(self) -> None:
        """The permissions of the account."""
        lines = self.refused("alice", "DELE", "/old")
        self.assertEqual(lines[0], "no rule matches; permissions: list, read, create, append, make-directory")
        self.assertEqual(lines[-1], "DELE of an existing file needs: delete")

    def test_a_folder(self) -> None:
        """Its own permissions."""
        self.allowed("alice", "LIST", "/shared")
        lines = self.refused("alice", "STOR", "/shared/x")
        self.assertEqual(lines[0], "no rule matches; permissions of /shared: list, read")

    def test_the_place_of_a_folder(self) -> None:
        """No permission helps."""
        self.write("ftpd.yaml", FILE.replace("permissions: read}}", "permissions: all}}"))
        told = self.refused("alice", "RMD", "/shared")
        self.assertIn("no client changes the place of a folder (rule folders)", told[1])

    def test_a_hidden_name(self) -> None:
        """By its pattern."""
        self.assertIn("(rule hide **/.*)", self.refused("alice", "CWD", "/.git")[2])

    def test_a_refused_name(self) -> None:
        """By its pattern."""
        self.assertIn("(rule refuse *.exe)", self.refused("alice", "MKD", "/a.exe")[1])

    def test_a_rename_within_a_directory(self) -> None:
        """RNTO comes from another name beside it."""
        self.allowed("alice", "RNTO", "/moves/b")
        self.refused("alice", "RNTO", "/in/b")

    def test_a_sub_verb_of_site(self) -> None:
        """As one word of the shell, in any case."""
        self.assertIn("SITE CHMOD of an existing file needs: attributes", self.refused("alice", "site chmod", "/old"))

    def test_a_directory_where_a_file_is_wanted(self) -> None:
        """The refusal has no rule."""
        self.assertIn("Is a directory: a directory", self.refused("alice", "RETR", "/in"))

    def test_a_verb_without_files(self) -> None:
        """It is allowed to whoever is logged in."""
        self.assertEqual(self.allowed("alice", "NOOP"), ["the verb touches no file, so no rule decides"])

    def test_json(self) -> None:
        """For programs."""
        told = json.loads(self.run_it("-c", self.file, "explain", "alice", "DELE", "/in/x", "--json").output)
        wanted = {
            "allowed": False,
            "code": 550,
            "login": True,
            "rule": "drop-box",
            "pattern": "/in/**",
            "permissions": ["list", "create"],
        }
        self.assertEqual({key: told[key] for key in wanted}, wanted)

    def test_nothing_is_changed(self) -> None:
        """It is a question."""
        self.allowed("alice", "MKD", "/new")
        self.allowed("alice", "APPE", "/old")
        self.assertEqual((sorted(os.listdir(self.path("home"))), self.read("home", "old")), (["in", "old"], ""))


class LoginTests(ExplainCase):
    """Logins that are refused, whatever the verb."""

    def test_an_unknown_account(self) -> None:
        """The text says what is missing."""
        self.assertIn("there is no account 'bob'", self.refused("bob", "NOOP")[0])

    def test_an_account_that_needs_tls(self) -> None:
        """By the server's own words."""
        secure = '  secure: {password: "{plain}secret", home: home, tls: required}\n'
        self.write("ftpd.yaml", FILE + secure + TLS)
        self.allowed("secure", "LIST", "/", "--tls")
        self.assertIn("TlsRequired: ", self.refused("secure", "LIST", "/", "--no-tls")[0])

    def test_a_network_that_needs_tls(self) -> None:
        """By the address of the client."""
        self.write("ftpd.yaml", FILE + "tls: {certificate: c.pem, required_from: [10.0.0.0/8]}\n")
        self.allowed("alice", "LIST", "/", "--no-tls", "--from", "192.0.2.1")
        lines = self.refused("alice", "LIST", "/", "--no-tls", "--from", "10.1.2.3")
        self.assertEqual(lines, ["TlsRequired: tls.required_from: the password was not checked"])

    def test_a_listener_that_needs_tls(self) -> None:
        """The guard of the login."""
        self.write("ftpd.yaml", FILE + TLS + "listeners: [{endpoint: tcp:21, tls: required}]\n")
        self.assertIn("the listener has tls: required or implicit", self.refused("alice", "LIST", "/", "--no-tls")[0])
        self.allowed("alice", "LIST", "/")

    def test_another_listener_that_does_not(self) -> None:
        """The client may choose."""
        listeners = "listeners: [{endpoint: tcp:21, tls: required}, {endpoint: tcp:22, tls: explicit}]\n"
        self.write("ftpd.yaml", FILE + TLS + listeners)
        self.allowed("alice", "LIST", "/", "--no-tls")

    def test_data_connections_that_need_tls(self) -> None:
        """A client without TLS cannot protect them."""
        self.write("ftpd.yaml", FILE + "tls: {certificate: c.pem, data_protection: required}\n")
        self.allowed("alice", "RETR", "/old")
        status, lines = self.explained("alice", "RETR", "/old", "--no-tls")
        self.assertEqual((status, lines[0][:13]), (1, "refused (522)"))

    def test_an_account_that_may_log_in_at_some_hours(self) -> None:
        """By the local time of the server."""
        timed = '  timed: {password: "{plain}secret", home: home, hours: "mon-fri 06:00-20:00"}\n'
        self.write("ftpd.yaml", FILE + timed)
        self.allowed("timed", "LIST", "/", "--at", "2026-01-05 06:00")
        lines = self.refused("timed", "USER", "--at", "2026-01-05 05:59")
        self.assertIn("hours: mon 05:59 is outside of mon-fri 06:00-20:00", lines[0])

    def test_an_account_that_may_log_in_from_some_networks(self) -> None:
        """By the address of the client."""
        near = '  near: {password: "{plain}secret", home: home, networks: [10.0.0.0/8]}\n'
        self.write("ftpd.yaml", FILE + near)
        self.allowed("near", "LIST", "/", "--from", "10.1.2.3")
        self.assertIn("networks: 192.0.2.1 is in none", self.refused("near", "LIST", "/", "--from", "192.0.2.1")[0])

    def test_an_account_that_has_expired(self) -> None:
        """After its last day."""
        old = '  old: {password: "{plain}secret", home: home, expires: 2026-01-31}\n'
        self.write("ftpd.yaml", FILE + old)
        self.allowed("old", "LIST", "/", "--at", "2026-01-31 23:59")
        self.assertIn(
            "expires: the account has expired", self.refused("old", "LIST", "/", "--at", "2026-02-01 00:00")[0]
        )

    def test_the_other_name_of_anonymous(self) -> None:
        """In any case."""
        self.allowed("FTP", "LIST", "/")

    def test_a_name_that_may_not_stand_in_a_path(self) -> None:
        """The login is refused, as the log would tell."""
        self.assertIn("cannot stand in the path '/srv/{name}'", self.refused(".dotted", "LIST", "/")[0])

    def test_a_missing_home(self) -> None:
        """The rules are explained, and what refuses the login until then."""
        self.assertIn("is missing, so its logins are refused", " ".join(self.allowed("lost", "STOR", "/x")))


class MistakeTests(ExplainCase):
    """Questions that cannot be answered have the exit status 2."""

    def test_an_unknown_verb(self) -> None:
        """The text names it."""
        expected = ["Error: there is no verb XYZZY; docs/verbs.rst lists all"]
        self.assertEqual(self.explained("alice", "XYZZY", "/"), (2, expected))

    def test_an_address_that_is_none(self) -> None:
        """Likewise."""
        self.assertEqual(self.explained("alice", "LIST", "/", "--from", "nowhere")[0], 2)

    def test_a_file_with_mistakes(self) -> None:
        """Each has its line."""
        self.write("ftpd.yaml", "acounts: {}\n")
        status, lines = self.explained("alice", "LIST", "/")
        self.assertEqual((status, lines[0].partition("ftpd.yaml:1: ")[2][:19]), (2, "acounts: unknown ke"))


class EveryVerbTests(ExplainCase):
    """Every verb has an answer."""

    def test_every_verb_is_explained(self) -> None:
        """Nothing breaks, for a path that is free, a file and a directory."""
        names = [one.facts.verb for one in standard_table().commands()] + [f"SITE {name}" for name in SUB_VERBS]
        paths = ("/new", "/old", "/in")
        results = [self.run_it("-c", self.file, "explain", "alice", name, path) for name in names for path in paths]
        self.assertEqual([one.output for one in results if one.exit_code not in (0, 1)], [])


class DatabaseTests(ExplainCase):
    """Accounts of the database, which go before those of the file."""

    def text(self) -> str:
        return FILE + "database: sqlite:///ftpd.db\nauth: {checkers: [database, accounts]}\n"

    def setUp(self) -> None:
        super().setUp()
        self.assertEqual(self.run_it("-c", self.file, "database", "upgrade").exit_code, 0)
        words = ("account", "add", "carol", "--home", self.path("home"), "--permissions", "read")
        self.assertEqual(self.run_it("-c", self.file, *words).exit_code, 0)

    def test_an_account_of_the_database(self) -> None:
        """With its own permissions."""
        self.allowed("carol", "RETR", "/old")
        self.assertEqual(self.refused("carol", "DELE", "/old")[0], "no rule matches; permissions: list, read")

    def test_an_account_of_the_file(self) -> None:
        """The database does not have it."""
        self.allowed("alice", "STOR", "/in/x")

    def test_a_disabled_account(self) -> None:
        """It is there, and may not log in."""
        self.run_it("-c", self.file, "account", "disable", "carol")
        self.assertEqual(self.refused("carol", "LIST", "/"), ["account 'carol' is disabled"])

    def test_a_database_that_is_missing(self) -> None:
        """A mistake, not a refusal."""
        os.remove(self.path("ftpd.db"))
        self.assertEqual(self.explained("carol", "LIST", "/")[0], 2)


class AnsweredTests(SynchronousTestCase):
    """`answered`, which explain uses without a reactor."""

    def test_a_coroutine_that_waits_is_an_error(self) -> None:
        """It would never go on."""

        class Forever:
            def __await__(self):  # type: ignore[no-untyped-def]  # a generator
                yield None

        async def waiting() -> None:
            await Forever()

        with self.assertRaises(RuntimeError):
            answered(waiting())
