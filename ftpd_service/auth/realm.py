"""From an avatar id to an account and its storage: the realm behind the Portal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from twisted.cred.portal import IRealm
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import Interface, implementer

from ftpd_service.auth.credentials import IStorageProvider
from ftpd_service.auth.ordered import AvatarId, CheckerEntry, answer_of, traceback_of
from ftpd_service.errors import LoginError, LoginRefused
from ftpd_service.interfaces import IAccounts, IStorage
from ftpd_service.runtime.stepping import deferred
from ftpd_service.values import Account, Peer

Logout = Callable[[], None]
Avatar = tuple[type[Interface], object, Logout]

_log = Logger()


class Attached:
    """The `mind` of a login: the realm writes the account on it, as cred's triple has no place for one.

    :ivar peer: on whose behalf the files of the account are used, where that is known.
    """

    __slots__ = ("account", "peer")

    def __init__(self, peer: Peer | None = None) -> None:
        self.account: Account | None = None
        self.peer = peer


def _no_storage(account: Account, peer: Peer | None) -> None:
    """No account names a storage."""


@implementer(IRealm)
class Realm:
    """Gives out one storage a login: the checker's own, else the storage that the account names, else the home."""

    def __init__(
        self,
        accounts: IAccounts,
        storage_for: Callable[[Account, Peer | None], Awaitable[IStorage]],
        *,
        adopt: Callable[[Account, object], IStorage],
        clock: IReactorTime,
        named: Callable[[Account, Peer | None], Coroutine[Any, Any, object] | None] = _no_storage,
    ) -> None:
        """Take the accounts and what makes storages.

        :param storage_for: the confined storage of a configured home; raises LoginRefused when there is none.
        :param adopt: confines a storage that strangers' code has made; raises LoginUnavailable for an object that is
            no storage.
        :param named: the storage that an account names, or None where the account names no storage; the coroutine
            raises LoginError.
        """
        self._accounts = accounts
        self._storage_for = storage_for
        self._adopt = adopt
        self._clock = clock
        self._named = named

    def requestAvatar(
        self, avatarId: bytes | tuple[()], mind: object, *interfaces: type[Interface]
    ) -> Deferred[Avatar] | Avatar:
        """IStorage, a storage, and its logout; an `Attached` mind learns the account.

        Fails with LoginRefused where the avatar id has no account or no home, and with LoginUnavailable.
        """
        if IStorage not in interfaces:
            raise NotImplementedError("this realm gives out IStorage only")
        return deferred(self._avatar(avatarId, mind))

    async def _avatar(self, avatar_id: bytes | tuple[()], mind: object) -> Avatar:
        name = avatar_id.decode("utf-8", "surrogateescape") if isinstance(avatar_id, bytes) else ""
        account = await self._accounts.account(name) if name else None
        if account is None:
            raise LoginRefused(f"avatar id {name!r} has neither an entry in accounts nor account_defaults")
        peer = mind.peer if isinstance(mind, Attached) else None
        storage, logout = await self._storage(account, avatar_id, peer)
        if isinstance(mind, Attached):
            mind.account = account
        return IStorage, storage, logout

    async def _storage(
        self, account: Account, avatar_id: bytes | tuple[()], peer: Peer | None
    ) -> tuple[IStorage, Logout]:
        entry = avatar_id.entry if isinstance(avatar_id, AvatarId) else None
        if entry is not None and IStorageProvider.providedBy(entry.checker):
            given = await self._provided(entry, account)
            if given is not None:
                return self._adopted(account, given)
        named = self._named(account, peer)
        if named is not None:
            return self._adopted(account, await named)
        return await self._storage_for(account, peer), _nothing

    def _adopted(self, account: Account, given: object) -> tuple[IStorage, Logout]:
        logout = logout_of(given)
        try:
            return self._adopt(account, given), logout
        except LoginError:
            logout()
            raise

    async def _provided(self, entry: CheckerEntry, account: Account) -> object:
        provider = IStorageProvider(entry.checker)
        return await answer_of(
            entry,
            maybeDeferred(provider.storage_for, account.name),
            clock=self._clock,
            shown=traceback_of,
            discard=lambda late: logout_of(late)(),
        )


def logout_of(given: object) -> Logout:
    """A stranger's `logout` as a call that never raises, or one that does nothing where there is none."""
    logout = getattr(given, "logout", None)
    if not callable(logout):
        return _nothing

    def call() -> None:
        # Also where it answers a Deferred: nobody waits for a session that has ended.
        maybeDeferred(logout).addErrback(lambda failure: _log.failure("a storage's logout failed", failure))

    return call


def _nothing() -> None:
    return None
