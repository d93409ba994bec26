"""A server that is killed at random moments while its rules' receiver is down half of the time: no event is lost.

``FTPD_EVENT_UPLOADS`` sets the number of uploads, whose default is small enough for every run of the suite.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import defaultdict
from datetime import datetime, timezone

from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.database.upgrade import upgrade_database
from ftpd_service.tls.self_signed import self_signed
from tests.cases import SynchronousTestCase
from tests.integration.event_crowd import SHARED, EventClient, EventKey, MadeChange, Sizes
from tests.integration.event_receiver import EventReceiver, NotedEvent
from tests.integration.forked_server import ForkedServer
from tests.interop.server import Server, for_root

UPLOADS = int(os.environ.get("FTPD_EVENT_UPLOADS", "1200"))
CLIENTS = 8
KILLS = 20
DRAIN_SECONDS = 90.0


class EventKillsCase(SynchronousTestCase):
    """A server with a receiver and eight clients."""

    def begin(self, on: str, uploads: int) -> None:
        """Write a configuration with a rule about these events."""
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.receiver = EventReceiver()
        self.addCleanup(self.receiver.close)
        folder = self.server.folder
        certificate, key = self_signed(["localhost"], now=datetime.now(timezone.utc), days=30)
        (folder / "cert.pem").write_bytes(certificate)
        (folder / "key.pem").write_bytes(key)
        lines = [
            f"listeners: [{{endpoint: 'tcp:{self.server.port}:interface=127.0.0.1'}}]",
            "accounts: {alice: {password: '{plain}secret', home: home, permissions: all}}",
            "tls: {certificate: cert.pem, private_key: key.pem}",
            "logging: {level: error}",
            "database: sqlite:///ftpd.db",
            "hooks:",
            "  rules:",
            f"    - {{id: all, on: {on}, do: [{{http: 'http://127.0.0.1:{self.receiver.port}/'}}]}}",
        ]
        self.server.configuration.write_text(for_root("\n".join(lines) + "\n"))
        upgrade_database(DatabaseSettings(url=f"sqlite:///{folder}/ftpd.db"))
        command = ["twistd", "--nodaemon", "--pidfile=", f"--logfile={folder}/log", "ftpd"]
        command += ["-c", str(self.server.configuration)]
        self.forked = ForkedServer(command, {"NOTIFY_SOCKET": str(folder / "notify")})
        self.addCleanup(self.forked.close)
        (self.server.home / "shared").mkdir()
        self.sizes = Sizes(uploads)
        self.clients = [EventClient(n, self.server.home, self.sizes, tls=n % 2 == 1) for n in range(CLIENTS)]

    def start(self) -> list[threading.Thread]:
        """Start the server, and let the clients work."""
        self.receiver.next_run()
        self.forked.start()
        while "READY=1" not in self.server.notified():
            """The process before has told its status."""
        workers = [threading.Thread(target=one.work, args=(self.server.port,), daemon=True) for one in self.clients]
        for worker in workers:
            worker.start()
        return workers

    def kill(self, workers: list[threading.Thread]) -> None:
        """Kill the server, and look at its disk."""
        self.forked.kill()
        for worker in workers:
            worker.join()
        for client in self.clients:
            client.look()

    def run_and_kill(self, uploads: int) -> None:
        """Make all uploads, with twenty kills on the way, and a receiver that is down half of the time."""
        chance = random.Random(uploads)
        for moment in sorted(chance.sample(range(uploads), KILLS)):
            workers = self.start()
            while self.sizes.given < moment:
                self.receiver.is_down = chance.random() < 0.5
                time.sleep(chance.uniform(0.01, 0.1))
            time.sleep(chance.uniform(0, 0.02))
            self.kill(workers)
        self.receiver.is_down = False
        for worker in self.start():
            worker.join()
        self.assertEqual([text for client in self.clients for text in client.wrong], [])

    def changes(self) -> list[MadeChange]:
        """All changes."""
        return [change for client in self.clients for change in client.changes]

    def drain(self, kinds: set[str]) -> None:
        """Wait until every change that has happened was told."""
        due = {change.key for change in self.changes() if change.happened and change.kind in kinds}
        until = time.monotonic() + DRAIN_SECONDS
        while due - {key_of(noted) for noted in list(self.receiver.noted)} and time.monotonic() < until:
            time.sleep(0.05)
        # An event that nobody expects has a moment to come.
        time.sleep(0.3)
        self.kill([])
        missing = due - {key_of(noted) for noted in self.receiver.noted}
        self.assertEqual(sorted(missing), [])

    def demand_no_other_events(self) -> None:
        """No event is about a file that never was."""
        possible = {change.key for change in self.changes() if change.happened is not False}
        self.assertEqual(sorted({key_of(noted) for noted in self.receiver.noted} - possible), [])

    def demand_unique_keys(self) -> None:
        """Each change has one key, at every try, and no key has two changes."""
        keys: defaultdict[str, set[EventKey]] = defaultdict(set)
        ids: defaultdict[EventKey, set[str]] = defaultdict(set)
        for noted in self.receiver.noted:
            keys[noted.event["id"]].add(key_of(noted))
            ids[key_of(noted)].add(noted.event["id"])
        self.assertEqual([key for key, events in keys.items() if len(events) > 1], [])
        self.assertEqual([key for key, those in ids.items() if len(those) > 1], [])

    def demand_order(self, kinds: set[str]) -> None:
        """The events of a client's own path come in the order of its changes, from each process of the server."""
        orders: dict[str, dict[EventKey, int]] = defaultdict(dict)
        for change in self.changes():
            for path in change.paths:
                if path not in SHARED and change.kind in kinds:
                    orders[path][change.key] = len(orders[path])
        last: dict[tuple[int, str], int] = {}
        wrong = []
        for noted in self.receiver.noted:
            for path in filter(None, (noted.event["path"], noted.event["from_path"])):
                if path in orders:
                    place = orders[path][key_of(noted)]
                    if place < last.get((noted.run, path), 0):
                        wrong.append(noted)
                    last[noted.run, path] = place
        self.assertEqual(wrong, [])

    def demand_last_events(self) -> None:
        """The last event of a shared path is about the file that is there."""
        told: dict[str, dict[EventKey, None]] = defaultdict(dict)
        for noted in self.receiver.noted:
            told[noted.event["path"]].setdefault(key_of(noted))
        last = {path: list(told[path])[-1][2] for path in SHARED}
        self.assertEqual(last, {path: self.clients[0].size_at(path) for path in SHARED})


def key_of(noted: NotedEvent) -> EventKey:
    """The change of an event."""
    return noted.event["event"], noted.event["path"], noted.event["size"]


class EventKillsTests(EventKillsCase):
    """Rules about all changes, and about uploads alone."""

    def demand_right_events(self, kinds: set[str], uploads: int) -> None:
        """Make all uploads, and look at all events."""
        self.begin(f"[{', '.join(sorted(kinds))}]", uploads)
        self.run_and_kill(uploads)
        self.drain(kinds)
        self.demand_no_other_events()
        self.demand_unique_keys()
        self.demand_order(kinds)
        self.demand_last_events()

    def test_all_changes(self) -> None:
        """Uploads, renames and removals."""
        self.demand_right_events({"uploaded", "renamed", "deleted"}, UPLOADS)

    def test_uploads_alone(self) -> None:
        """A rename or a removal right behind an upload takes nothing away from its event."""
        self.demand_right_events({"uploaded"}, UPLOADS // 2)
