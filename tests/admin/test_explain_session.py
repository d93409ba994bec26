"""``ftpd-service explain --session``: the rights that are in force for a session of a running service."""

from __future__ import annotations

from ftpd_service.account import Account
from ftpd_service.admin_socket.told_rights import rights_of
from ftpd_service.path_rules import PathRule
from ftpd_service.values import Permissions
from tests.admin.answering import AnsweringCase, error, result

ACCOUNT = Account(
    name="from-a-directory",
    home="/nowhere",
    permissions=Permissions.ALL,
    rules=(PathRule(path="/in/**", allow=Permissions.LIST | Permissions.CREATE, id="drop"),),
)
TOLD = {"session": {"address": "192.0.2.9", "tls": True}, "rights": rights_of(ACCOUNT)}


class SessionTests(AnsweringCase):
    """An account that is in no file."""

    def explained(self, *words: str) -> tuple[int, list[str]]:
        """The status and the lines."""
        status, told, asked = self.ask("explain", *words, "--session", "s7", answers=[result(TOLD)])
        self.assertEqual(asked, [{"verb": "rights", "id": "s7"}])
        return status, [line.strip() for line in told.splitlines()]

    def test_allowed(self) -> None:
        """The rule in force is named, with the session's own address."""
        status, lines = self.explained("STOR", "/in/x")
        self.assertEqual(status, 0)
        expected = [
            "allowed: STOR /in/x by from-a-directory from 192.0.2.9, with TLS",
            "rule drop (/in/**) allows list, create",
        ]
        self.assertEqual(lines[:2], expected)

    def test_refused(self) -> None:
        """Status 1."""
        status, lines = self.explained("RETR", "/in/x")
        self.assertEqual((status, lines[0].partition(":")[0]), (1, "refused (550)"))

    def test_a_verb_alone(self) -> None:
        """The path is the root."""
        self.assertIn("LIST / by", self.explained("LIST")[1][0])

    def test_a_session_without_a_login(self) -> None:
        """The service's own words."""
        status, told, _ = self.ask("explain", "LIST", "--session", "s7", answers=[error("the session has no login")])
        self.assertEqual((status, told), (1, "Error: the session has no login\n"))

    def test_options_of_a_login(self) -> None:
        """A session has its address already."""
        done = self.run_it("-c", self.config, "explain", "LIST", "--session", "s7", "--from", "192.0.2.1")
        self.assertEqual(done.exit_code, 2)

    def test_a_name_and_a_session(self) -> None:
        """Either of them."""
        done = self.run_it("-c", self.config, "explain", "alice", "LIST", "/x", "--session", "s7")
        self.assertEqual(done.exit_code, 2)

    def test_no_verb(self) -> None:
        """The usage says so."""
        self.assertEqual(self.run_it("-c", self.config, "explain", "alice").exit_code, 2)
