"""Fakes that provide the interfaces, for tests without sockets, threads or real time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from ipaddress import IPv4Address, ip_address
from typing import TypeVar

from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpd_service.account import Account, LiveAccount
from ftpd_service.errors import LoginRefused, NoDataConnection, StorageFailed, UnsupportedParameter
from ftpd_service.events import Event
from ftpd_service.interfaces import IDataChannel, IObserver, IReadHandle, IStorage, IWriteHandle, Translation
from ftpd_service.login_interfaces import ILogin, LogoutOf
from ftpd_service.naming import Naming
from ftpd_service.reasons import LoginOutcome
from ftpd_service.session.identity import LoginFailure
from ftpd_service.taken_bytes import TakenBytes
from ftpd_service.values import DataEnd, Direction, IPAddress, Password, Peer, Progress, ReceivedData

T = TypeVar("T")
Granted = tuple[LiveAccount, IStorage, LogoutOf]


class FakeLogout:
    """The logout of a login by a `FakeLogin`."""

    checker = "fake"

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act

    def __call__(self) -> None:
        self._act()


async def at_once(call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
    """Run a call at once; this is a `Blocking`."""
    return call()


@implementer(ILogin)
class FakeLogin:
    """A login with given names and passwords.

    :ivar logouts: the names of accounts whose logout was called, in order.
    :ivar waiting: a Deferred for which every login waits first; or None.
    :ivar needing_tls: the names of accounts that cannot log in in clear.
    :ivar clear: the only names whose passwords are checked in clear; None means all.
    :ivar names: the keys ``names`` of all accounts.
    :ivar protection: whether an account's transfers must be protected, if the account decides that.
    """

    def __init__(self, passwords: dict[str, bytes], storage_for: Callable[[str], IStorage]) -> None:
        self.passwords = passwords
        self._storage_for = storage_for
        self.logouts: list[str] = []
        self.waiting: Deferred[None] | None = None
        self.needing_tls: set[str] = set()
        self.clear: set[str] | None = None
        self.names = Naming()
        self.protection: dict[str, bool] = {}

    async def needs_tls(self, name: bytes) -> bool:
        """Return whether a name is not among `clear`."""
        return self.clear is not None and name.decode("utf-8", "surrogateescape") not in self.clear

    async def login(
        self, name: bytes, password: Password, peer: Peer, *, failed: LoginFailure, session: str = ""
    ) -> Granted:
        """Accept a known name with its password."""
        if self.waiting is not None:
            await self.waiting
        text = name.decode("utf-8", "surrogateescape")
        if self.passwords.get(text) != password.reveal():
            raise self._refused("wrong password", failed)
        return self._granted(text)

    async def login_certified(self, name: bytes, peer: Peer, *, failed: LoginFailure) -> Granted:
        """Accept a known name."""
        text = name.decode("utf-8", "surrogateescape")
        if text not in self.passwords:
            raise self._refused("no such account", failed)
        return self._granted(text)

    def _refused(self, text: str, failed: LoginFailure) -> LoginRefused:
        refused = LoginRefused(text, outcome=LoginOutcome.WRONG, checker="fake")
        failed(refused)
        return refused

    def _granted(self, name: str) -> Granted:
        account = Account(
            name=name,
            needs_tls=name in self.needing_tls,
            data_protection_required=self.protection.get(name),
            names=self.names,
        )
        return LiveAccount(account), self._storage_for(name), FakeLogout(lambda: self.logouts.append(name))


@implementer(IDataChannel)
class FakeDataChannel:
    """A data connection in memory.

    :ivar incoming: the bytes of the next upload.
    :ivar end: the end of the next uploads.
    :ivar sent: the bytes that went to the client, an item for each transfer.
    :ivar waiting: a Deferred for which transfers wait half-way; or None.
    :ivar ending: a Deferred for which `reset` waits; or None.
    :ivar failure: the exception of the next transfer; or None.
    :ivar finished: the number of calls of `finish`.
    :ivar hurried: whether `hurry` was called.
    :ivar protected: whether the next transfers would be protected.
    """

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._passive = False
        self._target: tuple[IPAddress, int] | None = None
        self._progress: Progress | None = None
        self._next_port = 50000
        self.incoming = b""
        self.end = DataEnd.FIN
        self.sent: list[bytes] = []
        self.waiting: Deferred[None] | None = None
        self.ending: Deferred[None] | None = None
        self.failure: Exception | None = None
        self.finished = 0
        self.resets = 0
        self.hurried = False
        self.protected = False

    async def listen(self) -> int:
        """Return a new port."""
        self._passive, self._target = True, None
        self._next_port += 1
        return self._next_port

    async def passive_address(self) -> IPAddress:
        """Return the control connection's local address."""
        if not isinstance(self._peer.local_address, IPv4Address):
            raise NoDataConnection("no IPv4 address")
        return self._peer.local_address

    async def target(self, address: IPAddress, port: int) -> None:
        """Refuse foreign addresses and low ports, as the real channel does."""
        if address != self._peer.address or port < 1024:
            raise UnsupportedParameter("Illegal PORT command.")
        self._passive, self._target = False, (address, port)

    def chosen(self) -> bool:
        """Whether PORT or PASV came before."""
        return self._passive or self._target is not None

    async def _opened(self, direction: Direction, total: int | None = None, octets: int = 0) -> None:
        self._progress = Progress(direction=direction, octets=octets, total=total)
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        if self.waiting is not None:
            await self.waiting

    def _moved(self, count: int) -> None:
        if self._progress is not None:
            done = self._progress.octets + count
            self._progress = Progress(direction=self._progress.direction, octets=done, total=self._progress.total)

    async def send_file(self, handle: IReadHandle, translation: Translation | None, due: int | None) -> int:
        """Read the handle to its end."""
        await self._opened(Direction.DOWNLOAD, due)
        data = bytearray(handle.first())
        while piece := await handle.read(65536):
            data += piece
        if due is not None and len(data) < due:
            raise StorageFailed("the file was cut short while it was sent")
        sent = bytes(data) if translation is None else translation.translate(bytes(data)) + translation.finish()
        self.sent.append(sent)
        self._moved(len(sent))
        return len(sent)

    async def send_pages(self, pages: AsyncIterator[bytes]) -> int:
        """Join the pages."""
        await self._opened(Direction.LISTING)
        sent = b"".join([page async for page in pages])
        self.sent.append(sent)
        return len(sent)

    async def receive_file(
        self, handle: IWriteHandle, translation: Translation | None, taken: TakenBytes | None = None
    ) -> ReceivedData:
        """Write `incoming`, which ends as `end` says."""
        data, self.incoming = self.incoming, b""
        half = len(data) // 2
        if data[:half]:
            await _write(handle, data[:half] if translation is None else translation.translate(data[:half]), taken)
        await self._opened(Direction.UPLOAD, octets=half)
        rest = data[half:] if translation is None else translation.translate(data[half:]) + translation.finish()
        if rest:
            await _write(handle, rest, taken)
        self._moved(len(data) - half)
        return ReceivedData(len(data), self.end)

    async def finish(self) -> None:
        """Use up a passive port."""
        self.finished += 1
        self._passive = False
        self._progress = None

    async def reset(self) -> None:
        """Forget everything."""
        self.resets += 1
        if self.ending is not None:
            await self.ending
        self._passive, self._target, self._progress = False, None, None
        self.protected = False

    def hurry(self) -> None:
        """Note the call."""
        self.hurried = True

    def protect(self, on: bool) -> None:
        """Note the protection."""
        self.protected = on

    def progress(self) -> Progress | None:
        """Return the transfer's progress."""
        return self._progress


@implementer(IObserver)
class Recorder:
    """An observer that keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def observe(self, event: Event) -> None:
        """Keep the event."""
        self.events.append(event)

    def wants(self, kind: type[Event]) -> bool:
        """Want all events."""
        return True

    def of(self, kind: type[T]) -> list[T]:
        """Return the events of a kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]


def peer(address: str = "192.0.2.1", local: str = "192.0.2.7") -> Peer:
    """Return a peer with documentation addresses."""
    return Peer(address=ip_address(address), port=40000, local_address=ip_address(local), local_port=21)


async def _write(handle: IWriteHandle, data: bytes, taken: TakenBytes | None) -> None:
    await handle.write(data)
    if taken is not None:
        taken.take(data)
