"""The stage that lets clamd scan an upload: by its descriptor, or by its bytes.

`FILDES` passes the descriptor of the hidden file through a UNIX socket, so that no byte is copied.  `INSTREAM`
sends the bytes, for TCP and for storages whose files have no descriptor.  Each scan has a connection of its own: to
close it is the only way to give a scan up.  Source: clamd(8).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint, UNIXClientEndpoint
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.protocol import Factory
from zope.interface import implementer

from ftpd_service.errors import StorageError
from ftpd_service.hooks.action_parts import HookParts
from ftpd_service.hooks.clamd_answers import ClamdError, ClamdProblem, signature_of
from ftpd_service.hooks.clamd_connection import ClamdConnection
from ftpd_service.hooks.stage_parts import FoundStage
from ftpd_service.hooks.stage_settings import ClamdMode, ClamdStage, OverSize, WhenFound
from ftpd_service.interfaces import IReadDescriptor, IReadHandle
from ftpd_service.runtime.abandonable import abandonable
from ftpd_service.verdict_interfaces import ACCEPTED, IJudgedFile, IStage, JudgedUpload, Judgment, Ruling, StageFailed

CLAMD_CONNECT_SECONDS = 5.0
"""The time in which clamd has to take a connection."""
CLAMD_CHUNK_BYTES = 128 * 1024


def find_clamd(settings: ClamdStage) -> FoundStage:
    """Find the stage; whether clamd is there is seen at the first scan."""
    return FoundStage(name=f"clamd:{settings.address}", settings=settings, make=partial(_make, settings))


def _make(settings: ClamdStage, parts: HookParts) -> Clamd:
    return Clamd(settings, endpoint_of(settings.address, parts.reactor))


def endpoint_of(address: str, reactor: PosixReactorBase) -> IStreamClientEndpoint:
    """Return the endpoint of an address, which is the path of a UNIX socket or ``tcp:HOST:PORT``."""
    if address.startswith("/"):
        endpoint: IStreamClientEndpoint = UNIXClientEndpoint(reactor, address, timeout=CLAMD_CONNECT_SECONDS)
        return endpoint
    host, _, port = address.removeprefix("tcp:").rpartition(":")
    by_name: IStreamClientEndpoint = HostnameEndpoint(
        reactor, host.strip("[]").encode("ascii"), int(port), timeout=CLAMD_CONNECT_SECONDS
    )
    return by_name


class _Scans(Factory):
    """The factory of a connection; a scan needs no lines in the log about it."""

    noisy = False
    protocol = ClamdConnection


@implementer(IStage)
class Clamd:
    """A stage that asks clamd.

    :param endpoint: the place where clamd listens.
    """

    def __init__(self, settings: ClamdStage, endpoint: IStreamClientEndpoint) -> None:
        self._settings = settings
        self._endpoint = endpoint
        self._passes = settings.address.startswith("/") and settings.mode is not ClamdMode.INSTREAM

    async def judge(self, upload: JudgedUpload, file: IJudgedFile) -> Judgment:
        """Let clamd scan the file.

        :raises StageFailed: clamd cannot be asked, or could not scan the file.
        """
        if file.size > self._settings.max_size:
            return _judged(self._settings.over_size, "the file is too large for the scanner")
        try:
            signature = await self._signature(file)
        except StorageError as problem:
            raise StageFailed(f"the upload cannot be read: {problem or type(problem).__name__}") from problem
        except ClamdProblem as problem:
            raise StageFailed(str(problem)) from problem
        return ACCEPTED if signature is None else _judged(self._settings.when_found, f"{signature} found")

    async def close(self) -> None:
        """Do nothing: no connection is kept."""

    async def _signature(self, file: IJudgedFile) -> str | None:
        async with _opened(file) as handle:
            if not self._passes or not IReadDescriptor.providedBy(handle):
                return await self._streamed(handle)
            try:
                return await self._asked(partial(_pass_descriptor, IReadDescriptor(handle).descriptor()))
            except ClamdError:
                # Such as a profile of AppArmor that lets clamd read no file of ours.
                if self._settings.mode is ClamdMode.FILDES:
                    raise
        # The position of the passed descriptor is shared with clamd, so the file is opened once more.
        async with _opened(file) as handle:
            return await self._streamed(handle)

    async def _streamed(self, handle: IReadHandle) -> str | None:
        if self._settings.mode is ClamdMode.FILDES:
            raise ClamdProblem("the storage has no descriptor of the file to pass: set mode of the stage to auto")
        return await self._asked(partial(_send_bytes, handle))

    def _connected(self) -> Deferred[ClamdConnection]:
        # The endpoint returns the protocol of the factory.
        return cast("Deferred[ClamdConnection]", self._endpoint.connect(_Scans()))

    async def _asked(self, ask: Callable[[ClamdConnection], Awaitable[None]]) -> str | None:
        try:
            connection = await abandonable(self._connected(), discard=ClamdConnection.abort)
        except CancelledError:
            raise
        except Exception as problem:  # the resolver and the kernel each have their own
            raise ClamdProblem(f"no connection to clamd at {self._settings.address}: {problem}") from problem
        try:
            await ask(connection)
            return signature_of(await connection.answer())
        finally:
            connection.abort()


def _judged(word: OverSize | WhenFound, text: str) -> Judgment:
    return Judgment(ruling=Ruling(word.value), text=text)


@asynccontextmanager
async def _opened(file: IJudgedFile) -> AsyncIterator[IReadHandle]:
    handle = await file.open()
    try:
        yield handle
    finally:
        await handle.close()


async def _pass_descriptor(descriptor: int, connection: ClamdConnection) -> None:
    connection.send_descriptor(b"zFILDES\0\0", descriptor)


async def _send_bytes(handle: IReadHandle, connection: ClamdConnection) -> None:
    wanted = await connection.send(b"zINSTREAM\0")
    data = handle.first() or await handle.read(CLAMD_CHUNK_BYTES)
    while wanted and data:
        wanted = await connection.send(b"%b%b" % (len(data).to_bytes(4, "big"), data))
        data = await handle.read(CLAMD_CHUNK_BYTES) if wanted else b""
    if wanted:
        await connection.send(bytes(4))
