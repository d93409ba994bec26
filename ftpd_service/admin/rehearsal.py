"""Rehearses a verb for ``explain``: the real login verbs, guards, verbs and rules, on a storage that is imagined.

So the answer is the server's own, and not a second opinion.  No password is checked, and no file is touched.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock
from zope.interface import implementer

from ftpd_service.account import Account, LiveAccount
from ftpd_service.admin.imagined import ImaginedStorage
from ftpd_service.commands.context import Context, Running
from ftpd_service.commands.dispatch import Dispatcher
from ftpd_service.commands.table import standard_table
from ftpd_service.errors import FtpdError, LoginRefused
from ftpd_service.events import Event, LoginFailed, Refused
from ftpd_service.interfaces import IDataChannel, IReadHandle, IStorage, IWriteHandle, Translation
from ftpd_service.login_interfaces import ILogin, LogoutOf
from ftpd_service.policy.admission import barred
from ftpd_service.policy.permissions import folder_of
from ftpd_service.runtime.stepping import answered
from ftpd_service.session.parts import SessionParts
from ftpd_service.session.session import Session
from ftpd_service.session.settings import SessionSettings
from ftpd_service.storage.account_tree import account_tree
from ftpd_service.storage.copying import Copies
from ftpd_service.taken_bytes import TakenBytes
from ftpd_service.upload_policy import GivenUploads
from ftpd_service.values import (
    ROOT,
    DataEnd,
    EntryKind,
    IPAddress,
    Password,
    Peer,
    Progress,
    ReceivedData,
    Representation,
    RepresentationType,
    SessionId,
    VirtualPath,
)
from ftpd_service.wire.request import Request

T = TypeVar("T")

VERB_TABLE = standard_table()

_REFUSALS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The client of a question: an account, an address, and TLS or not."""

    account: Account
    peer: Peer
    settings: SessionSettings
    local: datetime
    """The local time of the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer to a verb."""

    code: int
    reason: str = ""
    """The reason of a refusal, as the log tells it."""
    rule: str | None = None
    """The rule that refused, if a rule did."""
    path: VirtualPath | None = None
    """The path that was refused."""
    at_login: bool = False
    """Whether the login is refused, so that no verb is tried."""

    @property
    def allowed(self) -> bool:
        return self.code < _REFUSALS


def rehearse(client: Client, verb: str, argument: str, kinds: dict[VirtualPath, EntryKind | None]) -> Outcome:
    """Return the answer to a verb after a login.

    :param argument: the verb's argument; its path is absolute.
    :param kinds: the objects of the paths that it names; None is a free path.
    """
    stage = _Stage(client, kinds)
    outcome = stage.logged_in()
    return stage.carry_out(verb, argument) if outcome.allowed else outcome


def moved_or_copied(
    client: Client, verbs: tuple[str, str], ends: tuple[VirtualPath, VirtualPath], kind: EntryKind | None
) -> Outcome:
    """Return the answer to RNFR and RNTO, or to CPFR and CPTO, after a login.

    :param ends: the path of a file, and the target.
    :param kind: the object at the target.
    """
    source, target = ends
    stage = _Stage(client, {source: EntryKind.FILE, target: kind})
    outcome = stage.logged_in()
    if outcome.allowed:
        outcome = stage.carry_out(verbs[0], source)
    return stage.carry_out(verbs[1], target) if outcome.allowed else outcome


class _Stage:
    """A session without a control connection."""

    def __init__(self, client: Client, kinds: dict[VirtualPath, EntryKind | None]) -> None:
        self._client = client
        self._events: list[Event] = []
        session = Session(id=SessionId("explain"), peer=client.peer, settings=client.settings, started=0.0)
        login = _RightPassword(client, lambda live: _tree(live, kinds))
        self._context = Context(
            parts=SessionParts(session=session, data=_NoConnection(), login=login, compute=_at_once),
            catalogue=VERB_TABLE,
            emit=self._events.append,
            send=lambda reply: None,
            client_left=lambda: False,
            input_held=lambda: False,
            renew=lambda parts: None,
            compute=_at_once,
            now=lambda: 0.0,
        )
        self._dispatcher = Dispatcher(VERB_TABLE, cancelled=CancelledError, finishes=False)

    def logged_in(self) -> Outcome:
        """Log in; the client uses TYPE I, and a client with TLS protects its data connections too."""
        outcome = self.carry_out("USER", self._client.account.name)
        if outcome.allowed:
            outcome = self.carry_out("PASS", "not checked")
        if outcome.allowed:
            session = self._context.session
            session.representation = Representation(type=RepresentationType.IMAGE)
            session.data_protected = self._client.peer.secure
            return outcome
        failed = next((event.reason for event in self._events if isinstance(event, LoginFailed)), outcome.reason)
        return replace(outcome, reason=failed, at_login=True)

    def carry_out(self, verb: str, argument: str) -> Outcome:
        """Carry out a verb."""
        self._context.running = Running(verb=verb, may_be_aborted=False, stop=lambda: None)
        final = answered(self._dispatcher.run(self._context, Request(verb=verb, argument=argument)))
        if final.code < _REFUSALS:
            return Outcome(code=final.code)
        refused = next(event for event in reversed(self._events) if isinstance(event, Refused))
        path = None if refused.path is None else VirtualPath(refused.path)
        return Outcome(code=final.code, reason=refused.reason, rule=refused.rule, path=path)


def _tree(live: LiveAccount, kinds: dict[VirtualPath, EntryKind | None]) -> IStorage:
    """Return the tree of an account in which these paths, in the home and in folders, have these objects."""
    places = [folder.path for folder in live.account.folders]
    below: dict[str, dict[VirtualPath, EntryKind | None]] = {folder.host: {} for folder in live.account.folders}
    hosts = {folder.path: folder.host for folder in live.account.folders}
    home: dict[VirtualPath, EntryKind | None] = {}
    for path, kind in kinds.items():
        place = folder_of(path, places)
        if place is None:
            home[path] = kind
        else:
            below[hosts[place]][VirtualPath(path[len(place) :] or ROOT)] = kind

    def files_of(path: str, uploads: GivenUploads) -> IStorage:
        template = next(host for host in below if host.replace("{name}", live.account.name) == path)
        return ImaginedStorage(below[template])

    clock = Clock()
    return account_tree(ImaginedStorage(home), live, files_of, clock=clock, copies=Copies(clock))


async def _at_once(call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
    return call()


@implementer(ILogin)
class _RightPassword:
    """The login of an account, whose password counts as right; the rest is decided as in `auth.realm`."""

    def __init__(self, client: Client, tree: Callable[[LiveAccount], IStorage]) -> None:
        self._account = client.account
        self._local = client.local
        self._tree = tree

    async def needs_tls(self, name: bytes) -> bool:
        return self._account.needs_tls

    async def login(
        self, name: bytes, password: Password, peer: Peer, *, failed: Callable[[FtpdError], None], session: str = ""
    ) -> tuple[LiveAccount, IStorage, LogoutOf]:
        live = LiveAccount(self._account)
        try:
            reason = barred(self._account, address=peer.address, local=self._local)
            if reason is not None:
                raise LoginRefused(f"account {self._account.name!r}: {reason}")
            return live, self._tree(live), _NoLogout()
        except FtpdError as problem:
            failed(problem)
            raise

    async def login_certified(
        self, name: bytes, peer: Peer, *, failed: Callable[[FtpdError], None]
    ) -> tuple[LiveAccount, IStorage, LogoutOf]:
        return await self.login(name, Password(b""), peer, failed=failed)


class _NoLogout:
    """The logout of a login that is imagined."""

    checker = ""

    def __call__(self) -> None:
        """Do nothing."""


@implementer(IDataChannel)
class _NoConnection:
    """A data connection that carries nothing, so that transfers end well at once."""

    async def listen(self) -> int:
        return 1

    async def passive_address(self) -> IPAddress:
        raise AssertionError("no address is asked for")

    async def target(self, address: IPAddress, port: int) -> None:
        """Do nothing."""

    def chosen(self) -> bool:
        return True

    async def send_file(self, handle: IReadHandle, translation: Translation | None, due: int | None) -> int:
        return 0

    async def send_pages(self, pages: AsyncIterator[bytes]) -> int:
        async for _ in pages:
            pass
        return 0

    async def receive_file(
        self, handle: IWriteHandle, translation: Translation | None, taken: TakenBytes | None = None
    ) -> ReceivedData:
        return ReceivedData(0, DataEnd.FIN)

    async def finish(self) -> None:
        """Do nothing."""

    async def reset(self) -> None:
        """Do nothing."""

    def hurry(self) -> None:
        """Do nothing."""

    def protect(self, on: bool) -> None:
        """Do nothing."""

    def progress(self) -> Progress | None:
        return None
