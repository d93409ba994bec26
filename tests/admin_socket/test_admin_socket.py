"""The socket's file and the service behind it, on the real reactor."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import tempfile
from dataclasses import replace
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import UNIXClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.task import deferLater
from twisted.protocols.basic import LineOnlyReceiver

from ftpd_service.admin_socket.admin_socket import AdminSocket
from ftpd_service.admin_socket.settings import AdminSettings
from ftpd_service.admin_socket.socket_file import TEMPORARY
from ftpd_service.data.pace import Pacing
from ftpd_service.policy.throttles import Throttles, ThrottleSettings
from ftpd_service.running_service import CannotServe
from ftpd_service.testing.fakes import at_once
from ftpd_service.values import Direction
from tests.admin_socket.desk_case import fake_parts
from tests.cases import TestCase


class Asking(LineOnlyReceiver):
    """A program that asks once."""

    delimiter = b"\n"
    MAX_LENGTH = 1 << 24

    def __init__(self) -> None:
        self.answer: Deferred[bytes] = Deferred()

    def connectionMade(self) -> None:
        """Ask."""
        self.sendLine(b'{"version": 1, "verb": "status"}')

    def lineReceived(self, line: bytes) -> None:
        """Take the answer, and leave."""
        assert self.transport is not None
        self.transport.loseConnection()
        self.answer.callback(line)


class SocketTests(TestCase):
    """An admin socket in a folder of its own; a path of trial's is too long for a socket."""

    def setUp(self) -> None:
        """Make the folder."""
        self.folder = tempfile.mkdtemp(prefix="ftpd-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = os.path.join(self.folder, "admin.sock")
        self.installed: Any = reactor  # Any: Twisted's own type has no methods
        self.settings = AdminSettings(socket=self.path)
        self.pacing = Pacing(Throttles(ThrottleSettings()), self.installed)
        self.parts = replace(fake_parts(self.installed), rates=self.pacing)

    def made(self, *, successor: bool = False) -> AdminSocket:
        """A socket that is closed at the end."""
        made = AdminSocket(lambda: self.parts, self.installed, successor=successor)
        self.addCleanup(lambda: Deferred.fromCoroutine(made.stop()))
        return made

    async def used(self, admin: AdminSocket, settings: AdminSettings | None) -> None:
        """Put settings into force."""
        await admin.prepare(settings, at_once)
        admin.commit()
        # Trial's reactor runs once a test waits.
        await deferLater(self.installed, 0)

    async def answers(self, path: str) -> bool:
        """Whether a service answers at a path."""
        asking = Asking()
        endpoint = UNIXClientEndpoint(self.installed, path)
        await endpoint.connect(Factory.forProtocol(lambda: asking))
        return "result" in json.loads(await asking.answer)

    async def refused(self, admin: AdminSocket, settings: AdminSettings) -> str:
        """Why settings cannot be used."""
        try:
            await admin.prepare(settings, at_once)
        except CannotServe as problem:
            return str(problem)
        raise AssertionError("the settings are used")

    def left(self) -> list[str]:
        """The names in the folder."""
        return sorted(os.listdir(self.folder))

    async def test_a_service_answers(self) -> None:
        """The file has its mode, and no other name is left."""
        await self.used(self.made(), self.settings)
        self.assertTrue(await self.answers(self.path))
        self.assertEqual((stat.S_IMODE(os.stat(self.path).st_mode), self.left()), (0o660, ["admin.sock"]))

    async def test_the_name_appears_with_the_commit(self) -> None:
        """Before that nobody can connect; an undo leaves nothing."""
        admin = self.made()
        await admin.prepare(self.settings, at_once)
        self.assertEqual(self.left(), [f"admin.sock{TEMPORARY}"])
        admin.undo()
        self.assertEqual(self.left(), [])

    async def test_no_settings(self) -> None:
        """There is no socket then."""
        await self.used(self.made(), None)
        self.assertEqual(self.left(), [])

    async def test_the_end(self) -> None:
        """The file goes."""
        admin = self.made()
        await self.used(admin, self.settings)
        await admin.stop()
        self.assertEqual(self.left(), [])

    async def test_a_file_of_another_server_stays(self) -> None:
        """A later server has taken the name, as in an upgrade."""
        old, new = self.made(), self.made(successor=True)
        await self.used(old, self.settings)
        await self.used(new, self.settings)
        await old.stop()
        self.assertTrue(await self.answers(self.path))

    async def test_the_former_process_answers_at_another_name(self) -> None:
        """The name has its process id, and goes at its end."""
        old, new = self.made(), self.made(successor=True)
        await self.used(old, self.settings)
        await self.used(new, self.settings)
        former = f"{self.path}.{os.getpid()}"
        self.assertTrue(await self.answers(former))
        await old.stop()
        self.assertEqual(self.left(), ["admin.sock"])

    async def test_another_server_answers(self) -> None:
        """A second service with the same file is refused, and the first is as before."""
        await self.used(self.made(), self.settings)
        told = await self.refused(self.made(), self.settings)
        self.assertIn(f"another server, process {os.getpid()}, answers at {self.path}", told)
        self.assertEqual(self.left(), ["admin.sock"])
        self.assertTrue(await self.answers(self.path))

    async def test_a_stale_socket(self) -> None:
        """A killed server has left it."""
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(self.path)
            stale.listen()
        await self.used(self.made(), self.settings)
        self.assertTrue(await self.answers(self.path))

    async def test_another_kind_of_file(self) -> None:
        """It is never replaced."""
        os.mkfifo(self.path)
        self.assertIn("is no socket", await self.refused(self.made(), self.settings))
        self.assertEqual(self.left(), ["admin.sock"])

    async def test_no_directory(self) -> None:
        """The text names it."""
        settings = AdminSettings(socket=os.path.join(self.folder, "run", "admin.sock"))
        self.assertIn(f"the directory {self.folder}/run is missing", await self.refused(self.made(), settings))

    async def test_a_link_in_place_of_the_new_file(self) -> None:
        """Others may write in the directory: root must not give them another file by way of a link."""
        secret = os.path.join(self.folder, "secret")
        os.mkfifo(secret, 0o600)
        listening_bind = socket.socket.bind

        def replace_it(bound: socket.socket, name: str) -> None:
            listening_bind(bound, name)
            os.unlink(name)
            os.symlink(secret, name)

        self.patch(socket.socket, "bind", replace_it)
        self.assertIn("somebody has replaced the socket", await self.refused(self.made(), self.settings))
        self.assertEqual(stat.S_IMODE(os.stat(secret).st_mode), 0o600)

    async def test_no_such_group(self) -> None:
        """The text names the group, and nothing is left."""
        settings = AdminSettings(socket=self.path, group="no-such-group")
        self.assertIn("there is no group 'no-such-group'", await self.refused(self.made(), settings))
        self.assertEqual(self.left(), [])

    async def test_a_reload_without_a_change(self) -> None:
        """The file stays the same."""
        admin = self.made()
        await self.used(admin, self.settings)
        before = os.stat(self.path).st_ino
        await self.used(admin, self.settings)
        self.assertEqual(os.stat(self.path).st_ino, before)
        self.assertTrue(await self.answers(self.path))

    async def test_a_reload_puts_the_configured_rates_into_force(self) -> None:
        """What an operator has changed is over."""
        admin = self.made()
        await self.used(admin, self.settings)
        self.parts.rates.replace_account("alice", Direction.UPLOAD, 5)
        flow = self.pacing.session("x").flow("alice", Direction.UPLOAD, 0.0)
        self.assertEqual(flow.buckets[1].rate, 5)
        await self.used(admin, self.settings)
        self.assertIsNone(flow.buckets[1].rate)

    async def test_a_reload_makes_a_lost_file_anew(self) -> None:
        """Somebody has removed it."""
        admin = self.made()
        await self.used(admin, self.settings)
        os.unlink(self.path)
        await self.used(admin, self.settings)
        self.assertTrue(await self.answers(self.path))

    async def test_a_reload_changes_the_mode(self) -> None:
        """At the same path, at which the service itself answers."""
        admin = self.made()
        await self.used(admin, self.settings)
        await self.used(admin, AdminSettings(socket=self.path, mode=0o600))
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
        self.assertTrue(await self.answers(self.path))

    async def test_a_reload_changes_the_path(self) -> None:
        """The former file goes."""
        admin = self.made()
        await self.used(admin, self.settings)
        await self.used(admin, AdminSettings(socket=f"{self.folder}/other.sock"))
        self.assertTrue(await self.answers(f"{self.folder}/other.sock"))
        self.assertEqual(self.left(), ["other.sock"])

    async def test_a_reload_removes_the_socket(self) -> None:
        """The key is gone."""
        admin = self.made()
        await self.used(admin, self.settings)
        await self.used(admin, None)
        self.assertEqual(self.left(), [])

    async def test_an_undone_reload(self) -> None:
        """The socket in force answers as before."""
        admin = self.made()
        await self.used(admin, self.settings)
        await admin.prepare(AdminSettings(socket=self.path, mode=0o600), at_once)
        admin.undo()
        self.assertTrue(await self.answers(self.path))
        self.assertEqual((stat.S_IMODE(os.stat(self.path).st_mode), self.left()), (0o660, ["admin.sock"]))

    async def test_a_dry_run(self) -> None:
        """Nothing is made."""
        admin = self.made()
        await admin.attempt(self.settings, at_once)
        self.assertEqual(self.left(), [])

    async def test_a_dry_run_finds_mistakes(self) -> None:
        """As the reload would."""
        settings = AdminSettings(socket=os.path.join(self.folder, "run", "admin.sock"))
        with self.assertRaisesRegex(CannotServe, "is missing"):
            await self.made().attempt(settings, at_once)
