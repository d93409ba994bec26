"""What one owner's calls can take of the pool, and what others notice of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import deferLater

from ftpd_service.errors import TemporarilyUnavailable
from ftpd_service.kernel.file_systems import mount_of
from ftpd_service.placed import Due, Placed, Placement
from ftpd_service.runtime import lane
from ftpd_service.runtime.lane import Lane
from ftpd_service.runtime.pool import BUSY_SHARES, FILES_SHARES, BlockingPool, LaneOfOwners, MountedHome, Owned
from ftpd_service.runtime.shares import Sizes
from ftpd_service.values import VirtualPath
from tests.cases import TestCase
from tests.runtime.test_pool import TIMEOUT, ClockedThreads

T = TypeVar("T")

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"
HOME = MountedHome(b"/srv/ftp", 7)


class SharesCase(TestCase):
    """A pool of the service's own size on the real reactor, in which calls hang until the test releases them."""

    timeout = TIMEOUT

    def setUp(self) -> None:
        """Whatever waits is released at the end."""
        self.release = threading.Event()
        self.addCleanup(self.release.set)
        self.clock = ClockedThreads()
        self.pool = BlockingPool(self.clock, cores=1)
        self.made: list[str] = []

    def hung(self, seconds: float) -> None:
        """From when on a call is taken for one that hangs; 0: all that run hang."""
        self.pool.files.lane.hung_seconds = seconds

    def owned(self, host: str, account: str, home: MountedHome = HOME) -> Owned:
        """The calls of a session."""
        return self.pool.owned(host=host, account=lambda: account, home=home)

    def begin(self, owned: Owned, call: Callable[[], T]) -> Deferred[T]:
        """A call in its own coroutine."""
        return Deferred.fromCoroutine(owned(call))

    def note(self, text: str) -> str:
        """A call that says that it was made."""
        self.made.append(text)
        return text

    async def hold(self, owned: Owned, count: int, due: Due = Due.BEGINS) -> list[Deferred[None]]:
        """So many calls that hang; all of them have begun."""
        begun: list[Deferred[None]] = []
        held: list[Deferred[None]] = []
        for _ in range(count):
            started: Deferred[None] = Deferred()
            begun.append(started)
            held.append(self.begin(owned, Placed(partial(self.wait, started), VirtualPath("/"), due)))
        await DeferredList(begun)
        return held

    def wait(self, started: Deferred[None]) -> None:
        """Hang."""
        IReactorFromThreads(reactor).callFromThread(started.callback, None)
        self.release.wait(TIMEOUT)

    async def end(self, held: list[Deferred[None]]) -> None:
        """Let all that hang come to their end."""
        self.release.set()
        await DeferredList(held)


class OwnersTests(SharesCase):
    """Shares of accounts, hosts and mounts."""

    async def test_an_accounts_hung_calls_leave_threads_to_others_of_its_host_and_mount(self) -> None:
        """At once, without anybody standing in."""
        held = await self.hold(self.owned(HERE, "alice"), FILES_SHARES.account)
        self.assertEqual(await self.owned(HERE, "bob")(lambda: "served"), "served")
        await self.end(held)

    async def test_an_accounts_hung_calls_on_one_mount_leave_its_other_mounts_alone(self) -> None:
        """A user of two disks goes on with the healthy one."""
        self.hung(0)
        held = await self.hold(self.owned(HERE, "alice", MountedHome(b"/", 7)), FILES_SHARES.account)
        other = self.begin(self.owned(HERE, "alice", MountedHome(b"/", 8)), lambda: "served")
        self.assertEqual(await other, "served")
        await self.end(held)

    async def test_beyond_its_share_a_call_waits_while_others_of_it_move(self) -> None:
        """Though threads are idle."""
        self.hung(TIMEOUT)
        alice = self.owned(HERE, "alice")
        held = await self.hold(alice, FILES_SHARES.account)
        waiting = self.begin(alice, lambda: "served")
        # A thread that has looked for the next call passes it over.
        await self.owned(HERE, "bob")(lambda: None)
        await self.owned(HERE, "bob")(lambda: None)
        self.assertEqual((self.pool.waiting, waiting.called), (1, False))
        await self.end(held)
        self.assertEqual(await waiting, "served")

    async def test_where_all_of_its_share_hangs_a_call_is_refused_at_once(self) -> None:
        """And never made."""
        self.hung(0)
        alice = self.owned(HERE, "alice")
        held = await self.hold(alice, FILES_SHARES.account)
        refused = self.begin(alice, partial(self.note, "late"))
        self.failureResultOf(refused, TemporarilyUnavailable)
        await self.end(held)
        self.assertEqual((self.made, await alice(lambda: "again")), ([], "again"))

    async def test_calls_that_wait_are_refused_when_the_share_has_hung(self) -> None:
        """Those of others that wait are not."""
        self.hung(TIMEOUT)
        alice = self.owned(HERE, "alice")
        held = await self.hold(alice, FILES_SHARES.account)
        waiting = self.begin(alice, partial(self.note, "late"))
        self.hung(0)
        self.clock.advance(TIMEOUT)
        self.failureResultOf(waiting, TemporarilyUnavailable)
        self.assertEqual(self.pool.waiting, 0)
        await self.end(held)
        self.assertEqual(self.made, [])

    async def test_a_session_that_comes_again_finds_its_former_threads_held(self) -> None:
        """The keys count, not the session."""
        self.hung(0)
        held = await self.hold(self.owned(HERE, "alice"), FILES_SHARES.account)
        again = self.begin(self.owned(ELSEWHERE, "alice"), lambda: None)
        self.failureResultOf(again, TemporarilyUnavailable)
        await self.end(held)

    async def test_a_host_has_a_share_whatever_accounts_it_uses(self) -> None:
        """Others go on, on threads that stand in."""
        self.hung(0)
        held: list[Deferred[None]] = []
        for number in range(FILES_SHARES.host // FILES_SHARES.account):
            held += await self.stood_in(self.hold(self.owned(HERE, f"{number}", MountedHome(b"/", number)), 8))
        refused = self.begin(self.owned(HERE, "bob", MountedHome(b"/", 99)), lambda: None)
        self.failureResultOf(refused, TemporarilyUnavailable)
        other = self.begin(self.owned(ELSEWHERE, "bob", MountedHome(b"/", 99)), lambda: "served")
        self.assertEqual(await self.passing(other), "served")
        await self.end(held)

    async def stood_in(self, holding: object) -> list[Deferred[None]]:
        """What hangs, once threads stand in for those that do already."""
        return await self.passing(Deferred.fromCoroutine(holding))  # type: ignore[arg-type]  # a coroutine of `hold`

    async def passing(self, waiting: Deferred[T]) -> T:
        """A result for which time has to pass."""
        while not waiting.called or isinstance(waiting.result, Deferred):
            self.clock.advance(1)
            await deferLater(reactor, 0, lambda: None)
        return await waiting

    async def test_a_mount_has_a_share_whoever_uses_it(self) -> None:
        """Accounts on another one are not concerned."""
        self.hung(0)
        held: list[Deferred[None]] = []
        for number in range(FILES_SHARES.mount // FILES_SHARES.account):
            held += await self.stood_in(self.hold(self.owned(f"192.0.2.{number}", f"{number}"), 8))
        refused = self.begin(self.owned("192.0.2.99", "bob"), lambda: None)
        self.failureResultOf(refused, TemporarilyUnavailable)
        other = self.begin(self.owned("192.0.2.99", "carol", MountedHome(b"/", 8)), lambda: "served")
        self.assertEqual(await self.passing(other), "served")
        await self.end(held)

    async def test_a_descriptor_tells_its_mount(self) -> None:
        """Calls on it count for that, and not for the home's."""
        descriptor = os.open(self.mktemp(), os.O_CREAT | os.O_RDWR)
        self.addCleanup(os.close, descriptor)
        mount = mount_of(descriptor)
        self.assertIsNotNone(mount)
        self.hung(0)
        held = await self.hold(self.owned(HERE, "alice", MountedHome(b"/", 7)), FILES_SHARES.account)
        share = self.pool.files.lines.share("mount", mount)
        before = None if share is None else share.running
        bob = self.owned(HERE, "bob")
        on_it = self.begin(bob, Placed(partial(self.running_on, mount), descriptor))
        self.assertEqual((before, await on_it), (None, 1))
        await self.end(held)

    def running_on(self, mount: int | None) -> int:
        """How many calls run on a mount."""
        share = self.pool.files.lines.share("mount", mount)
        return 0 if share is None else share.running

    async def test_busy_calls_have_shares_as_well(self) -> None:
        """Those that hang take no more threads than that."""
        alice, bob = self.owned(HERE, "alice"), self.owned(HERE, "bob")
        begun: list[Deferred[None]] = []
        held = [
            self.begin(alice, Placed(partial(self.wait_counted, begun), placement=Placement.BUSY))
            for _ in range(BUSY_SHARES.account + 1)
        ]
        self.assertEqual(
            await self.passing(self.begin(bob, Placed(lambda: "served", placement=Placement.BUSY))), "served"
        )
        self.assertLessEqual(len(begun), BUSY_SHARES.account)
        await self.end(held)

    def wait_counted(self, begun: list[Deferred[None]]) -> None:
        """Hang, and be counted."""
        begun.append(Deferred())
        self.release.wait(TIMEOUT)

    async def test_the_services_own_calls_wait_for_no_file(self) -> None:
        """A reload is carried out whatever hangs."""
        held: list[Deferred[None]] = []
        for number in range(2):
            held += await self.hold(self.owned(f"192.0.2.{number}", f"{number}", MountedHome(b"/", number)), 8)
        self.assertEqual(await self.pool.service(lambda: "read"), "read")
        self.assertEqual(await self.pool.hashes(lambda: "hashed"), "hashed")
        await self.end(held)


class DueTests(SharesCase):
    """Calls that may not be refused."""

    async def test_what_continues_waits_although_all_of_the_share_hangs(self) -> None:
        """A read of an open file is not refused in the midst of its transfer."""
        self.hung(0)
        alice = self.owned(HERE, "alice")
        held = await self.hold(alice, FILES_SHARES.account)
        reading = self.begin(alice, Placed(lambda: "read", VirtualPath("/f"), Due.CONTINUES))
        self.assertEqual((self.pool.files.lane.look(), self.pool.waiting), ([], 1))
        await self.end(held)
        self.assertEqual(await reading, "read")

    async def test_what_ends_something_is_made_although_nobody_waits(self) -> None:
        """A file is closed although its client has gone."""
        alice = self.owned(HERE, "alice")
        held = await self.hold(alice, FILES_SHARES.account)
        closing = self.begin(alice, Placed(partial(self.note, "closed"), VirtualPath("/f"), Due.ENDS))
        closing.cancel()
        self.failureResultOf(closing, CancelledError)
        self.assertEqual(self.made, [])
        await self.end(held)
        await alice(lambda: None)
        self.assertEqual(self.made, ["closed"])

    async def test_an_owners_queue_is_bounded(self) -> None:
        """One more is refused; whatever continues is not."""
        self.hung(TIMEOUT)
        alice = self.owned(HERE, "alice")
        held = await self.hold(alice, FILES_SHARES.account)
        self.patch(lane, "QUEUED_CALLS", 2)
        waiting = [self.begin(alice, lambda: None) for _ in range(2)]
        self.failureResultOf(self.begin(alice, lambda: None), TemporarilyUnavailable)
        waiting.append(self.begin(alice, Placed(lambda: None, VirtualPath("/"), Due.CONTINUES)))
        await self.end(held)
        await DeferredList(waiting)


class TurnsTests(SharesCase):
    """Whose call is next."""

    async def test_an_end_may_make_room_for_two(self) -> None:
        """One waits for the account's share, the other for the host's: both have a thread then."""
        self.pool.files = LaneOfOwners(
            Lane("test", 4, hung_seconds=TIMEOUT), Sizes(host=1, account=1, mount=9), self.clock
        )
        (first,) = await self.hold(self.owned(HERE, "alice"), 1)
        released, self.release = self.release, threading.Event()
        self.addCleanup(self.release.set)
        second = Deferred.fromCoroutine(self.hold(self.owned(ELSEWHERE, "alice"), 1))
        third = Deferred.fromCoroutine(self.hold(self.owned(HERE, "bob"), 1))
        released.set()
        await first
        await self.end([*await second, *await third])

    async def test_owners_have_their_turns_one_after_the_other(self) -> None:
        """However many calls one of them has handed in before."""
        self.pool = BlockingPool(self.clock, 1)
        alice, bob = self.owned(HERE, "alice"), self.owned(HERE, "bob")
        held = await self.hold(alice, 1)
        waiting = [self.begin(alice, partial(self.note, f"alice {number}")) for number in range(3)]
        waiting.append(self.begin(bob, partial(self.note, "bob")))
        await self.end(held)
        await DeferredList(waiting)
        self.assertEqual(self.made, ["alice 0", "bob", "alice 1", "alice 2"])
