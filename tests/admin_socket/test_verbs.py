"""The verbs of the admin socket, and what the log tells of them."""

from __future__ import annotations

import os

from ftpd_service import __version__
from ftpd_service.admin_socket.session_verbs import HOLDS, HOLDS_FOR_ACCOUNT
from ftpd_service.running_service import ReloadResult, ServiceState
from ftpd_service.values import Direction, SessionId
from tests.admin_socket.desk_case import DeskCase, Program
from tests.commands.sessions import transferring


class StatusTests(DeskCase):
    """``status``."""

    def test_fields(self) -> None:
        """The process, its sessions and its health."""
        self.add()
        self.transfers = 3
        told = Program(self).result("status")
        self.assertEqual((told["pid"], told["version"], told["uptime"]), (os.getpid(), __version__, 60.0))
        self.assertEqual((told["sessions"], told["transfers"], told["reactor_delay"]), (1, 3, 0.0))
        self.assertEqual(told["pool"]["files"], {"threads": 16, "busy": 3, "waiting": 0, "oldest_wait": 0.0})
        self.assertEqual((told["state"], told["problems"]), ("serving", []))

    def test_the_log_tells_nothing(self) -> None:
        """The verb changes nothing."""
        Program(self).result("status")
        self.assertEqual(self.told(), [])


class SessionsTests(DeskCase):
    """``sessions``."""

    def test_no_session(self) -> None:
        """An empty list."""
        self.assertEqual(Program(self).result("sessions"), [])

    def test_an_idle_session(self) -> None:
        """It has an account and runs no verb."""
        id_, _ = self.add()
        expected = {
            "id": id_,
            "account": "alice",
            "address": "192.0.2.1",
            "since": "2026-09-21T14:13:20Z",
            "verb": None,
            "path": None,
            "bytes": None,
            "size": None,
            "rate": None,
            "tls": False,
        }
        self.assertEqual(Program(self).result("sessions"), [expected])

    def test_a_transfer(self) -> None:
        """It has a verb, a path and a progress."""
        dialogue, _ = transferring("RETR f")
        self.sessions = dialogue.sessions
        (row,) = Program(self).result("sessions")
        self.assertEqual([row[name] for name in ("verb", "path", "bytes", "size")], ["RETR", "/f", 0, 10])

    def test_more_than_a_step(self) -> None:
        """Each session has one row."""
        ids = [self.add()[0] for _ in range(200)]
        self.assertEqual([row["id"] for row in Program(self).result("sessions")], ids)

    def test_client_text_is_ascii(self) -> None:
        """No control character of a client passes raw, not even to a program that prints lines as they are."""
        self.add("\x1b[2J\u202e\udcff")
        program = Program(self)
        self.assertEqual(program.result("sessions")[0]["account"], "\x1b[2J\u202e\udcff")
        self.assertNotIn(b"\x1b", program.transport.value())


class KickTests(DeskCase):
    """``kick``."""

    def setUp(self) -> None:
        """Have sessions of two accounts on three addresses."""
        super().setUp()
        self.connections = [
            self.add(account, address)[1]
            for account, address in (
                ("alice", "192.0.2.1"),
                ("alice", "192.0.2.2"),
                ("bob", "192.0.2.1"),
                (None, "2001:db8::1"),
            )
        ]

    def ended(self) -> list[int]:
        """The positions of the sessions that have been ended."""
        return [position for position, one in enumerate(self.connections) if one.ended_by]

    def test_one(self) -> None:
        """By its id; the client gets 421."""
        self.assertEqual(Program(self).result("kick", id="s2"), {"sessions": 1})
        self.assertEqual(self.ended(), [1])
        self.assertEqual(self.connections[1].ended_by[0].code, 421)

    def test_an_account(self) -> None:
        """All its sessions."""
        self.assertEqual(Program(self).result("kick", account="alice"), {"sessions": 2})
        self.assertEqual(self.ended(), [0, 1])

    def test_an_address(self) -> None:
        """The sessions of all its accounts."""
        Program(self).result("kick", address="192.0.2.1")
        self.assertEqual(self.ended(), [0, 2])

    def test_a_mapped_address(self) -> None:
        """An IPv4 address in the form of IPv6 is the same address."""
        Program(self).result("kick", address="::ffff:192.0.2.2")
        self.assertEqual(self.ended(), [1])

    def test_a_network(self) -> None:
        """Sessions of the other family stay."""
        Program(self).result("kick", address="192.0.2.0/24")
        self.assertEqual(self.ended(), [0, 1, 2])

    def test_no_such_session(self) -> None:
        """That is an error, and the log tells it."""
        self.assertEqual(Program(self).refusal("kick", account="carol"), "refused: there is no such session")
        self.assertEqual(self.told(), ["kick account='carol' refused: there is no such session"])

    def test_no_address(self) -> None:
        """A text that is none is refused."""
        self.assertIn("is no address", Program(self).refusal("kick", address="nowhere"))

    def test_nothing_named(self) -> None:
        """No sessions are ended by a request without a name."""
        self.assertIn("needs exactly one of id, account, address", Program(self).refusal("kick"))
        self.assertEqual(self.ended(), [])

    def test_two_names(self) -> None:
        """They could mean both or either."""
        self.assertIn("exactly one", Program(self).refusal("kick", id="s1", account="bob"))
        self.assertEqual(self.ended(), [])

    def test_the_log_tells_who(self) -> None:
        """With the outcome."""
        Program(self).result("kick", account="alice")
        self.assertEqual(self.told(), ["kick account='alice' done: 2 sessions"])


class LimitTests(DeskCase):
    """``limit``."""

    def rates(self) -> dict[str, int | None]:
        """The rates of the session and the account."""
        live = self.sessions.get(self.session)
        assert live is not None and live.throttle is not None
        session = live.throttle.flow("alice", Direction.UPLOAD, 0.0).buckets[0].rate
        account = self.pacing.session("x").flow("alice", Direction.UPLOAD, 0.0).buckets[1].rate
        return {"session": session, "account": account}

    def setUp(self) -> None:
        """Have a session."""
        super().setUp()
        self.session = SessionId(self.add()[0])

    def test_a_session(self) -> None:
        """Its own rate changes."""
        told = Program(self).result("limit", id=self.session, upload=1000)
        self.assertEqual(self.rates(), {"session": 1000, "account": None})
        self.assertEqual(told, {"sessions": 1, "holds": HOLDS})

    def test_an_account(self) -> None:
        """The rate of its sessions together changes."""
        told = Program(self).result("limit", account="alice", upload=1000)
        self.assertEqual(self.rates(), {"session": None, "account": 1000})
        self.assertEqual(told, {"sessions": 1, "holds": HOLDS_FOR_ACCOUNT})

    def test_the_other_direction_stays(self) -> None:
        """Each direction is named."""
        Program(self).result("limit", account="alice", download=1000)
        self.assertEqual(self.rates(), {"session": None, "account": None})

    def test_no_limit(self) -> None:
        """A rate of null lifts the limit."""
        program = Program(self)
        program.result("limit", id=self.session, upload=1000)
        program.result("limit", id=self.session, upload=None)
        self.assertEqual(self.rates(), {"session": None, "account": None})

    def test_no_rate(self) -> None:
        """At least one is due."""
        self.assertIn("needs upload or download", Program(self).refusal("limit", id=self.session))

    def test_a_rate_of_zero(self) -> None:
        """It would hold transfers for ever."""
        self.assertIn("at least 1", Program(self).refusal("limit", id=self.session, upload=0))

    def test_a_rate_beyond_floats(self) -> None:
        """Each transfer of the account would fail."""
        self.assertIn("at most", Program(self).refusal("limit", account="alice", download=10**400))

    def test_an_account_without_sessions(self) -> None:
        """A name with a slip of the pen is found at once."""
        self.assertIn("no such session", Program(self).refusal("limit", account="alicia", upload=1))

    def test_the_log_tells_it(self) -> None:
        """With the rates."""
        Program(self).result("limit", account="alice", upload=5, download=None)
        self.assertEqual(self.told(), ["limit account='alice' download=None upload=5 done"])


class ServiceTests(DeskCase):
    """``reload``, ``drain`` and ``upgrade``."""

    def test_a_reload(self) -> None:
        """Its differences are told."""
        self.service.result = ReloadResult(applied=True, differences=("limits.sessions is 5, was 6",))
        told = Program(self).result("reload")
        self.assertEqual(told, {"applied": True, "differences": ["limits.sessions is 5, was 6"], "mistakes": []})
        self.assertEqual((self.service.asked, self.told()), (["reload False"], ["reload done"]))

    def test_a_dry_run(self) -> None:
        """The log tells that it was tried only."""
        self.service.result = ReloadResult()
        self.assertFalse(Program(self).result("reload", dry_run=True)["applied"])
        self.assertEqual((self.service.asked, self.told()), (["reload True"], ["reload dry_run=True tried"]))

    def test_mistakes(self) -> None:
        """They are told, and nothing was applied."""
        self.service.result = ReloadResult(mistakes=("f.yaml:3: x: unknown key",))
        told = Program(self).result("reload")
        self.assertEqual((told["applied"], told["mistakes"]), (False, ["f.yaml:3: x: unknown key"]))
        self.assertEqual(self.told(), ["reload refused: 1 mistakes"])

    def test_a_drain(self) -> None:
        """The rest that has to end is told."""
        self.add()
        self.transfers = 1
        told = Program(self).result("drain")
        self.assertEqual(told, {"state": "draining", "sessions": 1, "transfers": 1})
        self.assertEqual((self.service.asked, self.told()), (["drain False"], ["drain done"]))

    def test_a_drain_that_answers_new_clients(self) -> None:
        """Load balancers see 421."""
        Program(self).result("drain", keep_listening=True)
        self.assertEqual(self.service.asked, ["drain True"])

    def test_a_drain_before_the_start(self) -> None:
        """It is refused."""
        self.service.state = ServiceState.STARTING
        self.assertIn("has not started", Program(self).refusal("drain"))
        self.assertEqual(self.service.asked, [])

    def test_an_upgrade(self) -> None:
        """The new process is told, and the rest of the former."""
        self.add()
        self.service.successor = 4711
        told = Program(self).result("upgrade")
        self.assertEqual(told, {"pid": 4711, "former_pid": os.getpid(), "sessions": 1})
        self.assertEqual(self.told(), ["upgrade done: process 4711 serves"])

    def test_an_upgrade_that_fails(self) -> None:
        """The reason is told, and the log has it."""
        self.assertEqual(Program(self).refusal("upgrade"), "refused: it hangs")
        self.assertEqual(self.told(), ["upgrade refused: it hangs"])
