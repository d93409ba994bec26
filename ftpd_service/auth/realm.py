"""The realm behind the Portal, which turns an avatar id into an account and its storage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any

from twisted.cred.portal import IRealm
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import Interface, implementer

from ftpd_service.account import Account, AccountSettings, LiveAccount, Origin
from ftpd_service.auth.credentials import IStorageProvider
from ftpd_service.auth.ordered import AvatarId, CheckerEntry, answer_of, traceback_of
from ftpd_service.auth.sources import Sources
from ftpd_service.errors import LoginError, LoginRefused
from ftpd_service.interfaces import IStorage
from ftpd_service.policy.admission import barred
from ftpd_service.runtime.stepping import deferred
from ftpd_service.values import Peer

Logout = Callable[[], None]
RequireCode = Callable[[Account, "bytes | None", "Peer | None"], Awaitable[None]]
Avatar = tuple[type[Interface], object, Logout]

_log = Logger()


class Attached:
    """The `mind` of a login, on which the realm writes the account, because cred's triple has no place for it.

    :ivar checker: the checker that accepted, as `ftpd_service.errors.LoginError.checker`; or empty.
    :ivar peer: the client on whose behalf the account's files are used, if it is known.
    """

    __slots__ = ("checker", "live", "peer")

    def __init__(self, peer: Peer | None = None) -> None:
        self.live: LiveAccount | None = None
        self.checker = ""
        self.peer = peer


def _no_storage(account: Account, peer: Peer | None) -> None:
    """No account names a storage."""


async def _no_codes(account: Account, code: bytes | None, peer: Peer | None) -> None:
    """No account needs a one-time code."""


@implementer(IRealm)
class Realm:
    """The realm, which gives each login a storage: the checker's, else the account's named storage, else the home.

    :ivar sources: the accounts.
    """

    def __init__(
        self,
        sources: Sources,
        storage_for: Callable[[LiveAccount, Peer | None], Awaitable[IStorage]],
        *,
        adopt: Callable[[LiveAccount, object, Peer | None], IStorage],
        clock: IReactorTime,
        live: Callable[[Account, Origin], LiveAccount] = LiveAccount,
        named: Callable[[Account, Peer | None], Coroutine[Any, Any, object] | None] = _no_storage,
        local: Callable[[], datetime] = datetime.now,
        require_code: RequireCode = _no_codes,
    ) -> None:
        """Take the accounts and what makes storages.

        :param storage_for: returns the confined storage of a configured home; raises LoginRefused without a home.
        :param adopt: makes a confined storage from an object of another package; raises LoginUnavailable if the object
            is not a storage.
        :param live: returns the record that all sessions of an account share.
        :param named: returns a coroutine for the storage that an account names, which raises LoginError, or None if the
            account names no storage.
        :param local: returns the local time of the server.
        :param require_code: judges the one-time code of a login by password; raises LoginError if it does not count.
        """
        self.sources = sources
        self._storage_for = storage_for
        self._adopt = adopt
        self._clock = clock
        self._live = live
        self._named = named
        self._local = local
        self._require_code = require_code

    def requestAvatar(
        self, avatarId: bytes | tuple[()], mind: object, *interfaces: type[Interface]
    ) -> Deferred[Avatar] | Avatar:
        """Return IStorage, a storage, and its logout; an `Attached` mind gets the account.

        The Deferred fails with LoginRefused if the avatar id has no account or no home, or if the account may not log
        in now or from this address, and with LoginUnavailable.
        """
        if IStorage not in interfaces:
            raise NotImplementedError("this realm gives out IStorage only")
        return deferred(self._avatar(avatarId, mind))

    async def _avatar(self, avatar_id: bytes | tuple[()], mind: object) -> Avatar:
        name = avatar_id.decode("utf-8", "surrogateescape") if isinstance(avatar_id, bytes) else ""
        entry, answered = _accepted(avatar_id)
        if isinstance(mind, Attached) and entry is not None:
            mind.checker = entry.short
        account, origin = await self.sources.found(name, entry, answered) if name else (None, Origin())
        if account is None:
            raise LoginRefused(f"avatar id {name!r} has neither an entry in accounts nor account_defaults")
        peer = mind.peer if isinstance(mind, Attached) else None
        reason = barred(account, address=None if peer is None else peer.address, local=self._local())
        if reason is not None:
            raise LoginRefused(f"account {account.name!r}: {reason}")
        # A certificate, behind which no checker was asked, is more than a code.
        if isinstance(avatar_id, AvatarId):
            await self._require_code(account, avatar_id.code, peer)
        live = self._live(account, origin)
        storage, logout = await self._storage(live, entry, peer)
        if isinstance(mind, Attached):
            mind.live = live
        return IStorage, storage, logout

    async def _storage(
        self, live: LiveAccount, entry: CheckerEntry | None, peer: Peer | None
    ) -> tuple[IStorage, Logout]:
        if entry is not None and IStorageProvider.providedBy(entry.checker):
            given = await self._provided(entry, live.account)
            if given is not None:
                return self._adopted(live, given, peer)
        named = self._named(live.account, peer)
        if named is not None:
            return self._adopted(live, await named, peer)
        return await self._storage_for(live, peer), _nothing

    def _adopted(self, live: LiveAccount, given: object, peer: Peer | None) -> tuple[IStorage, Logout]:
        logout = logout_of(given)
        try:
            return self._adopt(live, given, peer), logout
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


def _accepted(avatar_id: bytes | tuple[()]) -> tuple[CheckerEntry | None, AccountSettings | None]:
    """Return the checker that accepted, and the settings of its answer."""
    return (avatar_id.entry, avatar_id.settings) if isinstance(avatar_id, AvatarId) else (None, None)


def logout_of(given: object) -> Logout:
    """Return another package's `logout` as a call that never raises; without a `logout` the call does nothing."""
    logout = getattr(given, "logout", None)
    if not callable(logout):
        return _nothing

    def call() -> None:
        # A Deferred is handled too, although no caller waits for a session that has ended.
        maybeDeferred(logout).addErrback(lambda failure: _log.failure("a storage's logout failed", failure))

    return call


def _nothing() -> None:
    return None
