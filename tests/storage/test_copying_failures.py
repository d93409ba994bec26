"""Copies and moves that cannot be completed: nothing is left of them, and no source is lost."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock

from ftpd_service.account import Account, LiveAccount
from ftpd_service.errors import (
    NotFound,
    QuotaExceeded,
    StorageFailed,
    StorageFull,
    TemporarilyUnavailable,
    TransferAborted,
)
from ftpd_service.interfaces import IStorage
from ftpd_service.storage.ledger import Ledger
from ftpd_service.storage.limited import Limited
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from ftpd_service.values import VirtualPath
from tests.storage.ledgers import Store
from tests.storage.two_disks import CONTENT, MODIFIED_NS, STEP, TwoDisks, failing, once


class ChangingTests(TwoDisks):
    """A source, or a target, that changes meanwhile."""

    def append(self) -> None:
        """Another program writes to the file."""
        with open(self.home.host("/file"), "ab") as file:
            file.write(b"more")

    def overwrite(self) -> None:
        """Another program writes the same number of bytes, and puts the time back as ``cp -p`` does."""
        with open(self.home.host("/file"), "r+b") as file:
            file.write(b"other")
        os.utime(self.home.host("/file"), ns=(0, MODIFIED_NS))

    def refused_half_way(self) -> None:
        """Demand that a move and a copy are refused, and that nothing is left of them."""
        self.folder.put("/new", b"former")
        self.failureResultOf(self.move(), TemporarilyUnavailable)
        self.failureResultOf(self.copy(), TemporarilyUnavailable)
        self.assertEqual((self.standing(), self.folder.content("/new")), ((["file"], ["new"]), b"former"))

    def test_a_file_that_grows(self) -> None:
        """Is not copied."""
        self.system.step = self.append
        self.refused_half_way()

    def test_a_file_that_is_overwritten(self) -> None:
        """The change time tells."""
        self.system.step = self.overwrite
        self.refused_half_way()

    def test_a_file_that_is_cut_short(self) -> None:
        """The rest is missing."""
        self.system.step = lambda: os.truncate(self.home.host("/file"), STEP)
        self.refused_half_way()

    def test_a_file_that_is_replaced(self) -> None:
        """The name leads to another file."""
        self.home.put("/other", CONTENT)
        self.system.step = once(lambda: os.rename(self.home.host("/other"), self.home.host("/file")))
        self.failureResultOf(self.move(), TemporarilyUnavailable)
        self.assertEqual(self.standing(), (["file"], []))

    def test_a_file_that_is_removed(self) -> None:
        """It is missing, as it would be a moment later."""
        self.system.step = once(lambda: os.unlink(self.home.host("/file")))
        self.failureResultOf(self.move(), NotFound)
        self.assertEqual(self.standing(), ([], []))

    def test_a_change_behind_the_commit(self) -> None:
        """The source stays, with its new bytes."""
        self.system.committed = self.append
        self.failureResultOf(self.move(), TemporarilyUnavailable)
        self.assertEqual((self.standing(), self.home.content("/file")), ((["file"], ["new"]), CONTENT + b"more"))
        self.assertEqual(self.folder.content("/new"), CONTENT)

    def test_a_removal_behind_the_commit(self) -> None:
        """The move is complete."""
        self.system.committed = lambda: os.unlink(self.home.host("/file"))
        self.successResultOf(self.move())
        self.assertEqual(self.standing(), ([], ["new"]))

    def test_a_directory_of_the_target_that_is_removed(self) -> None:
        """Nothing is left, and the source stays."""
        self.folder.put_directory("/d")
        self.system.step = once(lambda: os.rmdir(self.folder.host("/d")))
        self.failureResultOf(self.move("/file", "/shared/d/new"), NotFound)
        self.assertEqual(self.standing(), (["file"], []))


class EndTests(TwoDisks):
    """Copies that end half way leave nothing."""

    def test_a_full_disk(self) -> None:
        """As an upload."""
        self.system.step = failing(errno.ENOSPC)
        self.failureResultOf(self.move(), StorageFull)
        self.assertEqual(self.standing(), (["file"], []))

    def test_a_client_that_has_left(self) -> None:
        """The last look comes before the commit."""

        def leave() -> None:
            raise TransferAborted("gone")

        move = self.tree.move_file(VirtualPath("/file"), VirtualPath("/shared/new"), leave)
        self.failureResultOf(move, TransferAborted)
        self.assertEqual((self.standing(), self.system.steps), ((["file"], []), 3))


class InPlaceTests(TwoDisks):
    """Accounts whose uploads are in place; others are below."""

    mode = UploadMode.IN_PLACE

    def files_of_folder(self, live: LiveAccount) -> IStorage:
        uploads = UploadPolicy(mode=self.mode)
        return self.folder.storage(StorageSettings(uploads=uploads, resumed_by="alice"), system=self.system)

    def test_mode_and_time_stay(self) -> None:
        """Of a file that is moved."""
        self.successResultOf(self.move())
        facts = os.stat(self.folder.host("/new"))
        self.assertEqual((facts.st_mode & 0o777, facts.st_mtime_ns), (0o640, MODIFIED_NS))

    def test_copies_are_hidden_all_the_same(self) -> None:
        """Nothing is left, and the former file stays."""
        self.folder.put("/old", b"old")
        self.system.step = failing(errno.EIO)
        self.failureResultOf(self.move(), StorageFailed)
        self.failureResultOf(self.move("/file", "/shared/old"), StorageFailed)
        self.assertEqual((self.standing(), self.folder.content("/old")), ((["file"], ["old"]), b"old"))


class ResumableTests(InPlaceTests):
    """Accounts that can resume their uploads."""

    mode = UploadMode.RESUMABLE


class CancelTests(TwoDisks):
    """A copy that is cancelled between two calls on the pool."""

    def files_of_folder(self, live: LiveAccount) -> IStorage:
        self.calls = 0
        self.waiting: Deferred[None] = Deferred()
        self.held = -1

        async def blocking(call: Callable[[], object], /, *, discard: object = None) -> object:
            self.calls += 1
            if self.calls == self.held:
                await self.waiting
            return call()

        return self.folder.storage(system=self.system, blocking=blocking)  # type: ignore[arg-type]

    def cancelled_at(self, call: int) -> tuple[list[str], list[str]]:
        """All names after a move that is cancelled before a call."""
        self.calls, self.held, self.waiting = 0, call, Deferred()
        moving = Deferred.fromCoroutine(self.move())
        moving.cancel()
        self.failureResultOf(moving, CancelledError)
        return self.standing()

    def test_before_any_of_its_calls(self) -> None:
        """The source stays, and the target has nothing new."""
        self.successResultOf(self.copy())
        before_commit = self.calls - 1
        os.unlink(self.folder.host("/new"))
        standings = [self.cancelled_at(call) for call in range(1, before_commit + 1)]
        self.assertGreater(before_commit, 4)
        self.assertEqual(standings, [(["file"], [])] * before_commit)


class QuotaTests(TwoDisks):
    """The limits of the target."""

    def limited(self, files: IStorage, live: LiveAccount, *, counted: bool) -> IStorage:
        """Files within the limits of the account."""
        if not counted:
            return Limited(files, live, None)
        self.ledger = Ledger("alice", Store(), Clock())
        return Limited(files, live, self.ledger)

    def files_of(self, live: LiveAccount) -> IStorage:
        return self.limited(super().files_of(live), live, counted=live.account.quota is not None)

    def files_of_folder(self, live: LiveAccount) -> IStorage:
        return self.limited(super().files_of_folder(live), live, counted=False)

    def use(self, account: Account) -> None:
        """Use an account with limits."""
        self.tree = self.tree_of(account)

    def test_the_quota_of_the_home(self) -> None:
        """Nothing is left of a file that does not fit, which is refused before its first step."""
        self.folder.put("/big", CONTENT)
        self.use(replace(self.account(), quota_bytes=len(CONTENT) * 2 - 1))
        self.failureResultOf(self.move("/shared/big", "/big"), QuotaExceeded)
        self.assertEqual((self.standing(), self.system.steps), ((["file"], ["big"]), 0))

    def test_a_quota_that_is_used_up_meanwhile(self) -> None:
        """The steps that did fit are taken back."""
        self.folder.put("/big", CONTENT)
        account = replace(self.account(), quota_bytes=len(CONTENT) * 2)
        self.use(account)
        live = self.tree._inner._home._live  # type: ignore[attr-defined]
        self.system.step = lambda: setattr(live, "account", replace(account, quota_bytes=len(CONTENT) + 1500))
        self.failureResultOf(self.move("/shared/big", "/big"), QuotaExceeded)
        self.assertEqual(self.standing(), (["file"], ["big"]))
        self.assertEqual(self.ledger.usage.totals.bytes, len(CONTENT))

    def test_a_move_out_of_the_home_makes_room(self) -> None:
        """And a move into it takes room."""
        self.use(replace(self.account(), quota_bytes=len(CONTENT)))
        self.successResultOf(self.move())
        self.successResultOf(self.move("/shared/new", "/back"))
        self.assertEqual((self.standing(), self.ledger.usage.totals.bytes), ((["back"], []), len(CONTENT)))

    def test_the_size_of_a_file(self) -> None:
        """Holds in folders too."""
        self.use(replace(self.account(), file_size=len(CONTENT) - 1))
        self.failureResultOf(self.copy(), QuotaExceeded)
        self.assertEqual(self.standing(), (["file"], []))
