"""Intents that a process has left open."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from twisted.internet.defer import Deferred

from ftpd_service.database.outbox_changes import (
    ForgottenIntent,
    OpenIntent,
    ReadyEvent,
    UnprovedIntent,
)
from ftpd_service.errors import TemporarilyUnavailable
from ftpd_service.hook_interfaces import HostFile, IntentProof, ProofKind
from ftpd_service.hooks.outbox import Outbox
from ftpd_service.hooks.settling import FILE_LOOK_SECONDS, SETTLE_AGAIN_SECONDS, SETTLE_SECONDS, UNKNOWN
from ftpd_service.interfaces import T
from ftpd_service.policy.triggers import HookRules
from ftpd_service.runtime.process_identity import is_running, own_identity
from ftpd_service.testing.fakes import at_once
from tests.cases import SynchronousTestCase
from tests.hooks.fake_store import FakeStore
from tests.hooks.outbox_case import OutboxCase

DEAD_PROCESS = "0:1:2"


class SettlingTests(OutboxCase):
    """Intents that a process has left open."""

    def settled(self, kind: ProofKind, path: str, unique: tuple[int, int], owner: str = DEAD_PROCESS) -> list[object]:
        """What becomes of an intent with a proof."""
        proof = IntentProof(kind, HostFile(path, *unique))
        text = f'["{proof.kind.value}", "{proof.file.path}", {proof.file.device}, {proof.file.inode}]'
        self.store.intents = [OpenIntent("a", owner, text)]
        self.outbox.start()
        return [one for some in self.store.written for one in some]

    def file(self) -> tuple[str, tuple[int, int]]:
        """A file, and its device and inode."""
        path = Path(self.mktemp())
        path.write_bytes(b"")
        facts = path.stat()
        return str(path.absolute()), (facts.st_dev, facts.st_ino)

    def test_an_upload_has_happened_if_its_file_has_the_name(self) -> None:
        """By device and inode."""
        self.assertEqual(self.settled(ProofKind.PRESENT, *self.file()), [ReadyEvent("a")])

    def test_an_upload_has_not_happened_if_another_file_has_the_name(self) -> None:
        """The former file stays."""
        path, (device, inode) = self.file()
        self.assertEqual(self.settled(ProofKind.PRESENT, path, (device, inode + 1)), [ForgottenIntent("a")])

    def test_an_upload_has_not_happened_if_nothing_has_the_name(self) -> None:
        """A hidden file vanishes with its process."""
        self.assertEqual(self.settled(ProofKind.PRESENT, "/nowhere/at/all", (1, 2)), [ForgottenIntent("a")])

    def test_a_removal_has_happened_if_the_file_is_gone_or_another(self) -> None:
        """And not if it is there."""
        self.assertEqual(self.settled(ProofKind.ABSENT, "/nowhere", (1, 2)), [ReadyEvent("a")])

    def test_a_removal_has_not_happened_while_the_file_is_there(self) -> None:
        """So nobody is told."""
        self.assertEqual(self.settled(ProofKind.ABSENT, *self.file()), [ForgottenIntent("a")])

    def test_a_directory_was_made_if_it_is_there(self) -> None:
        """Its inode was not known before."""
        path, _ = self.file()
        self.assertEqual(self.settled(ProofKind.EXISTS, path, (0, 0)), [ReadyEvent("a")])

    def test_an_intent_of_a_process_that_runs_is_left_alone(self) -> None:
        """An older process may still serve its last sessions."""
        self.assertEqual(self.settled(ProofKind.PRESENT, "/nowhere", (1, 2), own_identity()), [])

    def test_what_nobody_can_tell_is_a_dead_letter(self) -> None:
        """No proof, or one that an operator has broken."""
        for proof in (None, "nonsense", "[1]", '["present", 7, 8, 9]'):
            store = self.store = FakeStore()
            self.setUp()
            self.store = store
            self.outbox = Outbox(store, HookRules(), self.clock, blocking=at_once, told=lambda: None)
            store.intents = [OpenIntent("a", DEAD_PROCESS, proof)]
            self.outbox.start()
            self.assertEqual([type(one) for one in store.written[0]], [UnprovedIntent])

    def test_new_changes_wait_for_it(self) -> None:
        """A new file of a name would hide whether the former one had it."""
        self.store.intents = [OpenIntent("a", DEAD_PROCESS, None)]
        self.store.holding = True
        waiting = self.intend("b")
        self.store.held.pop().callback(None)
        self.assertNoResult(waiting)
        self.store.held.pop().callback(None)
        self.successResultOf(waiting)
        self.assertEqual(self.words(), [["UnprovedIntent a"], ["KeptEvent b", "KeptEvent b"]])

    def test_a_folder_that_does_not_answer_makes_a_dead_letter(self) -> None:
        """Other changes do not wait for it without end."""
        answer: Deferred[None] = Deferred()
        outbox = self.with_pool(answer)
        self.store.intents = [OpenIntent("a", DEAD_PROCESS, '["present", "/hung", 1, 2]')]
        outbox.start()
        self.assertEqual(self.store.written, [])
        self.clock.advance(FILE_LOOK_SECONDS)
        self.assertEqual(self.store.written, [[UnprovedIntent("a", UNKNOWN)]])

    def test_changes_without_events_wait_for_it_too(self) -> None:
        """Such a change may take away the proof of an open intent."""
        self.store.intents = [OpenIntent("a", DEAD_PROCESS, None)]
        self.store.holding = True
        flushed = Deferred.fromCoroutine(self.outbox.flush())
        self.assertNoResult(flushed)
        self.store.held.pop().callback(None)
        self.successResultOf(flushed)

    def test_a_change_waits_for_a_time_only(self) -> None:
        """A database may hang."""
        self.store.holding = True
        self.store.intents = [OpenIntent("a", DEAD_PROCESS, None)]
        waiting = self.intend("b")
        self.clock.advance(SETTLE_SECONDS)
        self.failureResultOf(waiting, TemporarilyUnavailable)
        self.store.held.pop().callback(None)
        self.assertEqual(len(self.store.written), 1)

    def test_a_process_that_dies_later_is_settled_too(self) -> None:
        """An older process that serves its last sessions may have left intents; the rows are counted anew."""
        self.outbox.start()
        self.store.intents, self.store.counted = [OpenIntent("a", DEAD_PROCESS, None)], 7
        self.clock.advance(SETTLE_AGAIN_SECONDS)
        self.assertEqual((self.store.written, self.outbox.waiting), ([[UnprovedIntent("a", UNKNOWN)]], 7))
        self.successResultOf(Deferred.fromCoroutine(self.outbox.stop()))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def with_pool(self, answer: Deferred[None]) -> Outbox:
        """An outbox with a pool that waits."""

        async def waits(call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
            await answer
            return call()

        return Outbox(self.store, HookRules(), self.clock, blocking=waits, told=lambda: None)

    def test_a_database_that_was_down_at_the_start_is_asked_again(self) -> None:
        """By the next change."""
        self.store.down = True
        self.failureResultOf(self.intend("a"), TemporarilyUnavailable)
        self.store.down = False
        self.assertIsNotNone(self.successResultOf(self.intend("b")))


class IdentityTests(SynchronousTestCase):
    """The identity of a process."""

    def test_this_process_runs(self) -> None:
        """Another one that had its number did not."""
        number, started, boot = own_identity().split(":")
        others = (f"{number}:{int(started) - 1}:{boot}", f"{number}:{started}:other", "", "x", "²:1:2", f"{2**31}:1:2")
        self.assertEqual([is_running(one) for one in (own_identity(), *others)], [True, *[False] * len(others)])
        self.assertEqual(int(number), os.getpid())
