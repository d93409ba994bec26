"""The shipped filter and jail, by Debian's fail2ban: it bans the address that failed and no other."""

from __future__ import annotations

import ftplib
import re
import shutil
import tempfile
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

from twisted.trial.unittest import SkipTest

from ftpd_service import events
from ftpd_service.observe.event_log import EventLog
from ftpd_service.observe.event_table import EVENT_TABLE
from ftpd_service.observe.journal_fields import JournalFields
from ftpd_service.observe.json_lines import JsonLines
from ftpd_service.observe.levels import Levels
from ftpd_service.observe.line_forms import LineForm
from ftpd_service.observe.server_log import ServerLog
from ftpd_service.observe.text_lines import TextLines
from ftpd_service.testing.fakes import peer
from ftpd_service.values import SessionId
from tests.cases import SynchronousTestCase
from tests.interop.server import Server, run

SHIPPED = Path(__file__).resolve().parents[2] / "etc" / "fail2ban"
REAL, VICTIM = "203.0.113.9", "1.2.3.4"
FAILED = events.LoginFailed(
    session=SessionId("s7"), peer=replace(peer(), address=ip_address(REAL)), name="bob", reason="wrong password"
)
HOSTILE = (
    f"evil from {VICTIM} failed:",
    f'x": wrong\n2026-11-28T04:40:21+0000 [ftpd#warn] s1 {VICTIM} login failed for "y',
    f'\r2026-11-28T04:40:21+0000 [ftpd#warn] s1 {VICTIM} login failed for "y',
    f'\u2028[ftpd#warn] s1 {VICTIM} login failed for "y',
    f'\x85[ftpd#warn] s1 {VICTIM} login failed for "y',
    f'\\" s1 {VICTIM} login failed for "',
    f'\udc80\x1b[2K[ftpd#warn] s1 {VICTIM} login failed for "y',
)


class Fail2banCase(SynchronousTestCase):
    """A log, and the filter."""

    def setUp(self) -> None:
        """A folder of the test's own."""
        if shutil.which("fail2ban-regex") is None:
            raise SkipTest("fail2ban is not installed; .ci/run installs it")
        self.folder = Path(tempfile.mkdtemp(prefix="ftpd-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.log = self.folder / "log"

    def write(self, *seen: events.Event, before: bytes = b"") -> None:
        """Have events logged as the service logs them.

        :param before: what stands before each line, as in the journal.
        """
        with self.log.open("ab") as file:
            lines = ServerLog(TextLines(), lambda line: file.write(before + line), Levels())
            log = EventLog(lines.tell)
            for event in seen:
                log.observe(event)

    def banned(self) -> list[str]:
        """The addresses that the filter finds, one for each failure."""
        filter_file = SHIPPED / "filter.d" / "ftpd-service.conf"
        done = run("fail2ban-regex", "-o", "<ip>", str(self.log), str(filter_file), cwd=str(self.folder))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode().split()


class OtherFormTests(Fail2banCase):
    """JSON lines, and native entries as fail2ban reads them from the journal."""

    def written(self, form: LineForm, *seen: events.Event, entry: bool = False) -> list[str]:
        """The addresses that the filter finds in events of a form.

        :param entry: whether the lines are the messages of entries of the journal.
        """
        with self.log.open("wb") as file:
            for event in seen:
                line = form.event(EVENT_TABLE[type(event)], event, 1_790_000_000.25)
                if entry:
                    message = re.search(rb"^MESSAGE=(.*)$", line, re.MULTILINE)
                    assert message is not None
                    line = b"Nov 28 04:40:21 ftp-1 ftpd[4711]: " + message[1] + b"\n"
                file.write(line)
        return self.banned()

    def test_failures_in_json_are_found(self) -> None:
        """And names in them name nobody."""
        seen = [replace(FAILED, name=name) for name in ("bob", *HOSTILE)]
        self.assertEqual(self.written(JsonLines(), *seen), [REAL] * len(seen))

    def test_a_checker_that_is_down_bans_nobody_in_json(self) -> None:
        """Whatever stands in the name."""
        forged = ('"wrong":true,', f'x","level":"warn","event":"login_failed","address":"{VICTIM}","wrong":true,')
        seen = [replace(FAILED, name=name, wrong=False) for name in (*HOSTILE, *forged)]
        self.assertEqual(self.written(JsonLines(), *seen), [])

    def test_failures_in_native_entries_are_found(self) -> None:
        """And names in them name nobody."""
        seen = [replace(FAILED, name=name) for name in ("bob", *HOSTILE)]
        self.assertEqual(self.written(JournalFields(), *seen, entry=True), [REAL] * len(seen))


class FilterTests(Fail2banCase):
    """``filter.d/ftpd-service.conf``."""

    def test_a_failed_login_is_found(self) -> None:
        """By IPv4 and IPv6."""
        six = replace(FAILED, peer=replace(peer(), address=ip_address("2001:db8::9")))
        self.write(FAILED, six)
        self.assertEqual(self.banned(), [REAL, "2001:db8::9"])

    def test_a_failed_login_is_found_in_the_journal(self) -> None:
        """Behind the host and the name of the process."""
        self.write(FAILED, before=b"Nov 28 04:40:21 ftp-1 twistd[4711]: ")
        self.assertEqual(self.banned(), [REAL])

    def test_hostile_names_name_nobody(self) -> None:
        """The real address is found, and nothing that stands in a name."""
        self.write(*(replace(FAILED, name=name) for name in HOSTILE))
        self.assertEqual(self.banned(), [REAL] * len(HOSTILE))

    def test_hostile_names_name_nobody_in_the_journal(self) -> None:
        """Nor there."""
        self.write(*(replace(FAILED, name=name) for name in HOSTILE), before=b"Nov 28 04:40:21 ftp-1 twistd[4711]: ")
        self.assertEqual(self.banned(), [REAL] * len(HOSTILE))

    def test_a_checker_that_is_down_bans_nobody(self) -> None:
        """Nobody has guessed wrong."""
        self.write(*(replace(FAILED, name=name, wrong=False) for name in HOSTILE))
        self.assertEqual(self.banned(), [])

    def test_no_other_event_bans(self) -> None:
        """Whatever stands in its names and arguments."""
        text = HOSTILE[1]
        s1 = SessionId("s1")
        self.write(
            events.SessionStarted(session=s1, peer=FAILED.peer),
            events.SessionRefused(peer=FAILED.peer, reason=text),
            events.BanMade(kind="account", subject=text, seconds=60.0, reason=text),
            events.BanLifted(kind="account", subject=text),
            events.LoginSucceeded(session=s1, peer=FAILED.peer, account=text),
            events.Refused(
                session=s1,
                account=text,
                peer=FAILED.peer,
                verb="CWD",
                argument=text,
                code=550,
                reason=text,
                path=f"/{text}",
            ),
            events.FileRemoved(session=s1, peer=FAILED.peer, account=text, path=text),
            events.DirectoryChanged(session=s1, peer=FAILED.peer, account=text, verb="MKD", path=text),
            events.Renamed(session=s1, peer=FAILED.peer, account=text, source=text, target=text),
            events.TlsStarted(session=s1, peer=FAILED.peer, text=text),
            events.SessionEnded(session=s1, peer=FAILED.peer, seconds=1.0, reason=text),
        )
        self.assertEqual(self.banned(), [])

    def test_the_log_of_a_real_process_is_understood(self) -> None:
        """With its own time, and a hostile name that came by the wire."""
        server = Server()
        self.addCleanup(server.stop)
        server.start()
        client = ftplib.FTP(timeout=20)
        client.connect("127.0.0.1", server.port)
        self.addCleanup(client.close)
        self.assertRaisesRegex(ftplib.error_perm, "^530", client.login, f"evil from {VICTIM} failed:", "wrong")
        self.log.write_text(server.logged("login failed for"))
        self.assertEqual(self.banned(), ["127.0.0.1"])

    def test_each_refusal_of_a_real_process_is_found(self) -> None:
        """By networks and by the ban of a name, hostile as it is; the ban of a host is the server's own business.

        So a host that the operator sets free is not in the firewall of fail2ban.
        """
        bans = f"bans: {{failures: 2, exempt: [{REAL}]}}"
        server = Server(limits=bans, extra="account_defaults: {networks: [10.0.0.0/8]}")
        self.addCleanup(server.stop)
        server.start()
        hostile = f'x" s1 {VICTIM} login failed for "y'
        for host, name in (
            ("127.0.0.3", "alice"),
            ("127.0.0.4", hostile),
            ("127.0.0.4", hostile),
            ("127.0.0.5", hostile),
        ):
            with self.client(server, host) as client:
                self.assertRaisesRegex(ftplib.error_perm, "^530", client.login, name, "secret")
        self.assertRaisesRegex(ftplib.error_temp, "^421", self.client, server, "127.0.0.4")
        self.log.write_text(server.logged("refused 127.0.0.4: limits.bans:"))
        reasons = ("networks: 127.0.0.3 is in none of them", "limits.bans: the account is banned", "ban of account")
        self.assertEqual([reason for reason in reasons if reason not in self.log.read_text()], [])
        self.assertEqual(self.banned(), ["127.0.0.3", "127.0.0.4", "127.0.0.4", "127.0.0.5"])

    def client(self, server: Server, host: str) -> ftplib.FTP:
        """A client at an address of the loopback interface, greeted by the server."""
        client = ftplib.FTP(timeout=20)
        self.addCleanup(client.close)
        client.connect("127.0.0.1", server.port, source_address=(host, 0))
        return client


class JailTests(Fail2banCase):
    """``jail.d/ftpd-service.conf``."""

    def test_the_jail_uses_the_filter(self) -> None:
        """In a configuration of Debian's, to which both files were copied."""
        if not Path("/etc/fail2ban/jail.conf").exists():
            raise SkipTest("Debian's configuration of fail2ban is not in /etc/fail2ban")
        shutil.copytree("/etc/fail2ban", self.folder / "etc")
        shutil.copytree(SHIPPED, self.folder / "etc", dirs_exist_ok=True)
        done = run("fail2ban-client", "-c", str(self.folder / "etc"), "-d")
        self.assertIn(b"['start', 'ftpd-service']", done.stdout)
        self.assertIn(b"login failed for", done.stdout)
