"""Random orders of broken, resumed and finished uploads of two accounts to one name: bytes never mix."""

from __future__ import annotations

import random

from ftpd_service.errors import FtpdError, NotFound, TemporarilyUnavailable
from ftpd_service.interfaces import IStorage, IWriteHandle
from ftpd_service.values import EntryKind, WriteMode
from tests.storage.local.unfinished_case import A, UnfinishedCase

SIZE = 300_000
CONTENTS = {name: random.Random(name).randbytes(SIZE) for name in ("alice", "bob")}
PIECES = (1, 1000, 70_000, SIZE)
ORDERS = 60
STEPS = 30


class Client:
    """A client of an account that uploads one file, and resumes it wherever it can.

    :ivar sent: the bytes of its file of which the server has been told.
    """

    def __init__(self, case: UnfinishedCase, account: str, storage: IStorage, chance: random.Random) -> None:
        self._case = case
        self._content = CONTENTS[account]
        self._storage = storage
        self._chance = chance
        self._handle: IWriteHandle | None = None
        self.sent = 0

    async def step(self) -> None:
        """Do something at random: begin, send, break, end, or remove the file."""
        if self._handle is None:
            await (self._remove() if self._chance.random() < 0.15 else self._begin())
        elif self._chance.random() < 0.2:
            await self.end()
        elif self.sent < SIZE:
            piece = self._content[self.sent : self.sent + self._chance.choice(PIECES)]
            await self._handle.write(piece)
            self.sent += len(piece)
        else:
            await self._commit(self._handle)

    async def end(self) -> None:
        """Break the upload, if there is one."""
        handle, self._handle = self._handle, None
        if handle is not None:
            await handle.abort()

    async def _begin(self) -> None:
        mode, self.sent = WriteMode.REPLACE, 0
        if self._chance.random() < 0.7:
            try:
                entry = await self._storage.stat(A)
            except NotFound:
                pass
            else:
                if entry.kind is EntryKind.UNFINISHED:
                    mode, self.sent = self._chance.choice((WriteMode.APPEND, WriteMode.MODIFY)), entry.size
        try:
            offset = self.sent if mode is WriteMode.MODIFY else 0
            self._handle = await self._storage.open_write(A, mode, offset)
        except TemporarilyUnavailable:
            self._handle = None

    async def _commit(self, handle: IWriteHandle) -> None:
        self._handle = None
        try:
            await handle.commit()
        except FtpdError:
            await handle.abort()

    async def _remove(self) -> None:
        try:
            await self._storage.remove_file(A)
        except (NotFound, TemporarilyUnavailable):
            return


class TestChances(UnfinishedCase):
    """Three clients, two of them of one account."""

    async def run_order(self, seed: int) -> None:
        """Run some steps in a random order, and look at the disk after each."""
        chance = random.Random(seed)
        clients = [
            Client(self, account, storage, chance)
            for account, storage in (("alice", self.alice), ("alice", self.alice), ("bob", self.bob))
        ]
        for _ in range(STEPS):
            await chance.choice(clients).step()
            self.look(seed)
        for client in clients:
            await client.end()
        self.look(seed)
        self.assertEqual(self.disk.open_in(), [])

    def look(self, seed: int) -> None:
        """Demand that each file has the bytes of one client: the finished file all, unfinished files the first."""
        for name in self.disk.names("/"):
            content = self.disk.content(f"/{name}")
            if name == "a":
                self.assertTrue(content in CONTENTS.values(), f"seed {seed}: the file is mixed")
            else:
                starts = [whole[: len(content)] == content for whole in CONTENTS.values()]
                self.assertTrue(any(starts), f"seed {seed}: {name} is mixed")

    async def test_bytes_never_mix(self) -> None:
        """Neither in the finished file nor in an unfinished file."""
        for seed in range(ORDERS):
            await self.run_order(seed)
