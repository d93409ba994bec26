"""From an avatar id to an account and its storage."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network

from twisted.cred.portal import IRealm
from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from ftpd_service.account import Account, LiveAccount, Origin
from ftpd_service.auth.ordered import AvatarId, CheckerEntry
from ftpd_service.auth.realm import Attached, Avatar, Realm
from ftpd_service.errors import LoginRefused, LoginUnavailable
from ftpd_service.interfaces import IStorage
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.fakes import peer
from ftpd_service.values import Peer
from tests.auth.strangers import Answering, Log, Providing, entry_of, known
from tests.cases import SynchronousTestCase


class Given:
    """What a stranger's `storage_for` answers: something with a logout."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.logouts = 0
        self._problem = problem

    def logout(self) -> None:
        """Count, and fail where it is told to."""
        self.logouts += 1
        if self._problem is not None:
            raise self._problem


class RealmMixin(SynchronousTestCase):
    """A realm that knows alice, whose home and whose checker's storage are two memory storages."""

    def setUp(self) -> None:
        self.log = Log(self)
        self.clock = Clock()
        self.home = MemoryStorage()
        self.adopted_storage = MemoryStorage()
        self.adoptable = True
        self.adopted: list[tuple[str, object]] = []
        self.mind = Attached()
        self.realm = Realm(known(self.clock, alice=2), self.storage_for, adopt=self.adopt, clock=self.clock)

    async def storage_for(self, live: LiveAccount, peer: Peer | None) -> IStorage:
        """The configured home."""
        return self.home

    def adopt(self, live: LiveAccount, given: object, peer: Peer | None) -> IStorage:
        """What a checker gave, made a storage."""
        if not self.adoptable:
            raise LoginUnavailable("no storage")
        self.adopted.append((live.account.name, given))
        return self.adopted_storage

    def avatar(self, avatar_id: bytes | tuple[()]) -> Deferred[Avatar]:
        """What the realm answers the Portal."""
        answer = self.realm.requestAvatar(avatar_id, self.mind, IStorage)
        assert isinstance(answer, Deferred)
        return answer

    def accepted(self, entry: CheckerEntry, name: bytes = b"alice") -> AvatarId:
        """An avatar id as an entry's checker answered it."""
        avatar_id = AvatarId(name)
        avatar_id.entry = entry
        return avatar_id

    def provided(self, answer: Callable[[str], object]) -> Deferred[Avatar]:
        """The avatar of alice, accepted by a checker that provides storage."""
        return self.avatar(self.accepted(entry_of(Providing(answer), name="acme")))


class HomeTests(RealmMixin):
    """Accounts with a configured home."""

    def test_provides_its_interface(self) -> None:
        """The Portal may be given this."""
        self.assertTrue(verifyObject(IRealm, self.realm))

    def test_known_id_gets_its_home(self) -> None:
        """The triple of cred: interface, storage, logout; the mind learns the account."""
        interface, storage, logout = self.successResultOf(self.avatar(b"alice"))
        self.assertEqual((interface, storage), (IStorage, self.home))
        self.assertEqual(self.mind.live and self.mind.live.account, Account(name="alice", sessions=2))
        logout()

    def test_unknown_id_is_refused(self) -> None:
        """An id with neither entry nor defaults has nothing here; the text says so."""
        failure = self.failureResultOf(self.avatar(b"bob"), LoginRefused)
        self.assertIn("'bob' has neither an entry in accounts nor account_defaults", str(failure.value))

    def test_an_account_that_may_not_log_in_from_here_is_refused(self) -> None:
        """Before its storage is opened, and without a record of it; the text begins with account and key."""
        account = Account(name="alice", networks=(ip_network("10.0.0.0/8"),))
        sources = known(self.clock)

        async def found(*given: object) -> tuple[Account, Origin]:
            return account, Origin()

        self.patch(sources, "found", found)
        realm = Realm(
            sources, self.storage_for, adopt=self.adopt, clock=self.clock, live=lambda *given: self.fail("a record")
        )
        answer = realm.requestAvatar(b"alice", Attached(peer()), IStorage)
        assert isinstance(answer, Deferred)
        failure = self.failureResultOf(answer, LoginRefused)
        self.assertEqual(str(failure.value), "account 'alice': networks: 192.0.2.1 is in none of them")

    def test_anonymous_of_cred_is_refused(self) -> None:
        """The empty tuple names no account."""
        self.failureResultOf(self.avatar(()), LoginRefused)

    def test_empty_id_is_refused(self) -> None:
        """Nor does an empty id."""
        self.failureResultOf(self.avatar(b""), LoginRefused)

    def test_refusal_of_the_home_is_passed_on(self) -> None:
        """A missing home refuses the login."""

        async def missing(live: LiveAccount, peer: Peer | None) -> IStorage:
            raise LoginRefused("home is missing")

        self.realm = Realm(known(self.clock, alice=None), missing, adopt=self.adopt, clock=self.clock)
        failure = self.failureResultOf(self.avatar(b"alice"), LoginRefused)
        self.assertEqual(str(failure.value), "home is missing")

    def test_other_interfaces_are_not_given(self) -> None:
        """This realm gives out storages and nothing else."""
        self.assertRaises(NotImplementedError, self.realm.requestAvatar, b"alice", self.mind, IRealm)

    def test_mind_may_be_anything(self) -> None:
        """A Portal's user without a mind gets the avatar too."""
        answer = self.realm.requestAvatar(b"alice", None, IStorage)
        assert isinstance(answer, Deferred)
        self.assertEqual(self.successResultOf(answer)[1], self.home)


class ProviderTests(RealmMixin):
    """Checkers that know where the files are."""

    def test_checkers_storage_goes_before_the_home(self) -> None:
        """What the accepting checker gives is adopted for the account."""
        given = Given()
        _, storage, _ = self.successResultOf(self.provided(lambda name: given))
        self.assertEqual((storage, self.adopted), (self.adopted_storage, [("alice", given)]))

    def test_asked_with_the_avatar_id(self) -> None:
        """The checker is asked by the avatar id as text."""
        names: list[str] = []
        self.successResultOf(self.provided(names.append))
        self.assertEqual(names, ["alice"])

    def test_none_means_the_home(self) -> None:
        """A checker without an opinion leaves it to the configuration."""
        self.assertEqual(self.successResultOf(self.provided(lambda name: None))[1], self.home)

    def test_answer_by_a_deferred(self) -> None:
        """The answer may come later."""
        later: Deferred[object] = Deferred()
        avatar = self.provided(lambda name: later)
        self.assertNoResult(avatar)
        later.callback(Given())
        self.assertEqual(self.successResultOf(avatar)[1], self.adopted_storage)

    def test_answer_by_a_coroutine(self) -> None:
        """Or by a coroutine."""

        async def answer(name: str) -> Given:
            return Given()

        self.assertEqual(self.successResultOf(self.provided(answer))[1], self.adopted_storage)

    def test_checker_that_provides_none_is_not_asked(self) -> None:
        """An ordinary checker's accounts have the configured home."""
        avatar = self.avatar(self.accepted(entry_of(Answering(lambda: b"alice"))))
        self.assertEqual(self.successResultOf(avatar)[1], self.home)

    def test_account_is_needed_too(self) -> None:
        """Permissions and limits come from the configuration: without an account nobody asks the checker."""
        asked: list[str] = []
        avatar_id = self.accepted(entry_of(Providing(asked.append)), b"bob")
        self.failureResultOf(self.avatar(avatar_id), LoginRefused)
        self.assertEqual(asked, [])

    def test_failure_is_unavailable(self) -> None:
        """A checker that cannot tell the storage ends the login, logged with its name."""
        self.failureResultOf(self.provided(lambda name: fail(ValueError("no share"))), LoginUnavailable)
        self.assertIn("checker acme failed", self.log.text())

    def test_silence_is_unavailable(self) -> None:
        """So does one that does not answer within its time."""
        avatar = self.provided(lambda name: Deferred())
        self.clock.advance(10.0)
        self.failureResultOf(avatar, LoginUnavailable)

    def test_answer_after_its_time_is_logged_out(self) -> None:
        """What comes too late is not left open."""
        given, held = Given(), Deferred[object]()

        async def stubborn(name: str) -> object:
            try:
                return await Deferred[object]()
            except CancelledError:
                return await held

        self.failureResultOf(self.cancelled(self.provided(stubborn)), CancelledError)
        held.callback(given)
        self.assertEqual(given.logouts, 1)

    def cancelled(self, avatar: Deferred[Avatar]) -> Deferred[Avatar]:
        """An avatar that nobody waits for any more."""
        avatar.cancel()
        return avatar

    def test_what_cannot_be_adopted_is_logged_out(self) -> None:
        """An answer that is no storage ends the login, and is not left open."""
        given = Given()
        self.adoptable = False
        self.failureResultOf(self.provided(lambda name: given), LoginUnavailable)
        self.assertEqual((given.logouts, self.mind.live), (1, None))

    def test_logout_is_the_avatars_own(self) -> None:
        """The logout of the triple calls what the checker's answer has."""
        given = Given()
        _, _, logout = self.successResultOf(self.provided(lambda name: given))
        logout()
        self.assertEqual(given.logouts, 1)

    def test_failing_logout_is_logged(self) -> None:
        """A stranger's logout that raises hurts nobody and is logged."""
        _, _, logout = self.successResultOf(self.provided(lambda name: Given(ValueError("gone"))))
        logout()
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
