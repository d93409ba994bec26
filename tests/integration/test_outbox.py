"""The outbox with real databases: PostgreSQL that hangs, dies and comes back, and SQLite on a full disk."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace

from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IReactorTime
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.task import deferLater

from ftpd_service.database.outbox_rows import SqlOutbox
from ftpd_service.database.queries import Database, open_database
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.errors import StorageError, StorageFull, TemporarilyUnavailable
from ftpd_service.hook_events import HookTrigger
from ftpd_service.hook_interfaces import IIntent, OutboxRow
from ftpd_service.hooks.outbox import Outbox
from ftpd_service.policy.triggers import HookRule, HookRules
from ftpd_service.runtime.process_identity import own_identity
from ftpd_service.testing.fakes import at_once
from tests.cases import TestCase
from tests.database.outbox_rows_contract import OutboxRowsContract
from tests.database.places import made_sqlite
from tests.hooks.outbox_case import event
from tests.integration.postgresql import emptied, server

RULES = HookRules([HookRule(id="all", on=frozenset({HookTrigger.UPLOADED}))])


class PostgreSqlOutboxTests(OutboxRowsContract):
    """``database/outbox_rows.py`` with PostgreSQL."""

    def made(self) -> DatabaseSettings:
        """Empty the tables."""
        return emptied()


del OutboxRowsContract


class RealOutboxCase(TestCase):
    """An outbox with a database.

    :ivar clock: the reactor.
    """

    def begin(self, settings: DatabaseSettings) -> Outbox:
        """An outbox of this process."""
        assert isinstance(reactor, PosixReactorBase)
        self.clock = IReactorTime(reactor)
        database = self.database = open_database(settings, reactor)
        self.outbox = self.of_process(own_identity())
        self.addCleanup(lambda: Deferred.fromCoroutine(self.end(database)))
        return self.outbox

    def of_process(self, owner: str) -> Outbox:
        """The outbox of a process."""
        store = SqlOutbox(self.database, node="n", owner=owner)
        return Outbox(store, RULES, self.clock, blocking=at_once, told=lambda: None)

    async def end(self, database: Database) -> None:
        """Write everything, and close."""
        await self.outbox.stop()
        await database.close()

    async def intent(self, key: str, path: str = "/in/a") -> IIntent:
        """A kept intent."""
        intent = await self.outbox.intend(event(key, path), None)
        assert intent is not None
        return intent

    async def ready(self, count: int) -> list[str]:
        """The ids of the rows that wait, once there are so many; for at most five seconds."""
        rows: tuple[OutboxRow, ...] = ()
        for _ in range(100):
            rows = await self.outbox.ready("all", 0, 1000)
            if len(rows) >= count:
                break
            await deferLater(self.clock, 0.05)
        return [row.event.id for row in rows]


class OutageTests(RealOutboxCase):
    """PostgreSQL goes away while uploads run."""

    async def outage(self, begin: Callable[[], object], end: Callable[[], object]) -> None:
        """One upload has committed before it, uploads are refused during it, and all is well behind it."""
        outbox = self.begin(replace(emptied(), timeout_seconds=0.5))
        before = await self.intent("before")
        begin()
        try:
            before.happened(event("before"))
            outbox.happened(event("login"))
            for key in ("refused", "refused too"):
                with self.assertRaises(TemporarilyUnavailable):
                    await outbox.intend(event(key), None)
        finally:
            end()
        self.assertEqual(sorted(await self.ready(2)), ["before", "login"])
        (await self.intent("behind")).happened(event("behind"))
        self.assertEqual(sorted(await self.ready(3)), ["before", "behind", "login"])
        self.assertEqual(outbox.waiting, 3)

    async def test_a_server_that_dies_behind_a_mark(self) -> None:
        """Its disk does not have the last transactions, of which the service knows."""
        outbox = self.begin(replace(emptied(), timeout_seconds=0.5))
        (await self.intent("marked")).happened(event("marked"))
        self.assertEqual(await self.ready(1), ["marked"])
        server().kill()
        server().start()
        with contextlib.suppress(TemporarilyUnavailable):
            await outbox.intend(event("next"), None)
        self.assertEqual(await self.ready(1), ["marked"])

    async def test_a_server_that_dies(self) -> None:
        """The marks of changes that have happened are written when it is back."""
        await self.outage(server().kill, server().start)

    async def test_a_server_that_hangs(self) -> None:
        """Likewise, and a change waits no longer than the database's timeout for each of two transactions."""
        await self.outage(lambda: server().send(signal.SIGSTOP), lambda: server().send(signal.SIGCONT))


class FullDiskTests(RealOutboxCase):
    """SQLite on a small file system in memory."""

    def setUp(self) -> None:
        """Mount it, and leave room for some rows."""
        folder = os.path.abspath(self.mktemp())
        os.mkdir(folder)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False)
        if done.returncode != 0:
            self.skipTest("mount is not permitted here")
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        self.ballast = os.path.join(folder, "ballast")
        self.begin(made_sqlite(os.path.join(folder, "database")))

    def fill(self) -> None:
        """Take the rest of the disk."""
        with open(self.ballast, "wb") as file:
            file.write(bytes(os.statvfs(os.path.dirname(self.ballast)).f_bavail * 4096))

    async def full(self) -> StorageError:
        """The refusal of an upload, once the database has used up what it had before the disk was full."""
        for number in range(2000):
            try:
                (await self.intent(f"filler {number}", "/" + "long" * 500)).failed()
            except StorageError as problem:
                return problem
        raise AssertionError("the disk is not full")

    async def test_uploads_are_refused_and_rows_are_read(self) -> None:
        """With 452; nothing that was kept is lost, and everything works again when there is room."""
        first, second = await self.intent("first"), await self.intent("second")
        first.happened(event("first"))
        self.assertEqual(await self.ready(1), ["first"])
        self.fill()
        self.assertIsInstance(await self.full(), StorageFull)
        second.happened(event("second"))
        self.assertEqual(await self.ready(1), ["first"])
        os.unlink(self.ballast)
        self.assertEqual(await self.ready(2), ["first", "second"])
        await self.intent("third")


class ManyUploadsTests(RealOutboxCase):
    """Many uploads at once."""

    def setUp(self) -> None:
        self.begin(made_sqlite(self.mktemp()))

    async def test_the_order_of_each_path_is_kept(self) -> None:
        """However the transactions divide them."""

        async def uploads(path: str) -> None:
            for number in range(25):
                (await self.intent(f"{path} {number:02}", path)).happened(event(f"{path} {number:02}", path))

        await DeferredList([Deferred.fromCoroutine(uploads(f"/in/{name}")) for name in "abcdefgh"])
        ids = await self.ready(200)
        for name in "abcdefgh":
            own = [one for one in ids if one.startswith(f"/in/{name}")]
            self.assertEqual(own, sorted(own))
        self.assertEqual(len(ids), 200)

    async def test_a_start_settles_what_a_dead_process_has_left(self) -> None:
        """A row that has no proof is a dead letter, and each row counts."""
        other = self.of_process("0:1:2")
        first = await other.intend(event("first"), None)
        await other.intend(event("second", "/b"), None)
        assert first is not None
        first.happened(event("first"))
        await other.stop()
        await self.intent("third")
        self.assertEqual((await self.ready(1), self.outbox.waiting), (["first"], 3))
