"""The admin socket as a part of the service: opened, changed and closed with it.

At a start the socket gets its name when the reactor runs, as the process has its own rights by then, and everything
else has succeeded.  In an upgrade the name goes to the new process at the moment from which that process serves.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.admin_socket.acceptor import Acceptor, AdminReactor
from ftpd_service.admin_socket.administration import Administration
from ftpd_service.admin_socket.conversation import Conversation
from ftpd_service.admin_socket.desk import Desk
from ftpd_service.admin_socket.settings import AdminSettings
from ftpd_service.admin_socket.socket_file import SocketFile, demand_directory, demand_free, make_file
from ftpd_service.interfaces import Blocking
from ftpd_service.running_service import CannotServe, IServicePart

_log = Logger(namespace="ftpd")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A socket, and the rights of the process that has made its file."""

    settings: AdminSettings
    file: SocketFile
    user_id: int


class _Conversations(Factory):
    """Makes the protocols of connections."""

    noisy = False

    def __init__(self, desk: Desk, reactor: AdminReactor) -> None:
        self.desk = desk
        self._reactor = reactor

    def buildProtocol(self, addr: IAddress | None) -> Conversation:
        """Return the protocol of a connection."""
        return Conversation(self.desk, self._reactor)


@implementer(IServicePart)
class AdminSocket:
    """The admin socket.

    :param parts: returns the parts of the service; the function is called only once the service has started.
    :param successor: whether the process replaces another process, which still answers at the start.
    """

    def __init__(self, parts: Callable[[], Administration], reactor: AdminReactor, *, successor: bool = False) -> None:
        self._parts = parts
        self._reactor = reactor
        self._may_replace = successor
        self._opened: _Opened | None = None
        self._prepared: _Opened | None = None
        self._acceptor: Acceptor | None = None
        self._conversations = _Conversations(Desk(parts, self._group_id), reactor)

    def _group_id(self) -> int | None:
        return None if self._opened is None else self._opened.file.group_id

    # Start and reload

    async def prepare(self, settings: AdminSettings | None, blocking: Blocking) -> None:
        """See `IServicePart.prepare`."""
        self._prepared = None
        if settings is not None:
            self._prepared = await blocking(partial(self._found_or_made, settings))

    def _found_or_made(self, settings: AdminSettings) -> _Opened:
        opened = self._opened
        if opened is not None and opened.settings == settings and opened.file.in_place:
            return opened
        file = make_file(settings, former=self._demand_free(settings))
        return _Opened(settings=settings, file=file, user_id=os.geteuid())

    def _demand_free(self, settings: AdminSettings) -> int | None:
        opened = self._opened
        # A changed mode or group keeps the path, at which this process itself answers.
        own = opened is not None and opened.settings.socket == settings.socket and opened.file.in_place
        return None if own else demand_free(settings, live_allowed=self._may_replace)

    def undo(self) -> None:
        """See `IServicePart.undo`."""
        prepared, self._prepared = self._prepared, None
        if prepared is not None and prepared is not self._opened:
            prepared.file.close()

    async def attempt(self, settings: AdminSettings | None, blocking: Blocking) -> None:
        """See `IServicePart.attempt`."""
        if settings is not None:
            await blocking(partial(self._tried, settings))

    def _tried(self, settings: AdminSettings) -> None:
        self._demand_free(settings)
        demand_directory(settings)

    def commit(self) -> None:
        """See `IServicePart.commit`."""
        prepared, self._prepared = self._prepared, None
        former = self._opened
        if former is not None:
            # A reload puts the configured rates into force.
            self._parts().rates.restore()
        if prepared is former:
            return
        self._close()
        self._opened = prepared
        self._may_replace = False
        if prepared is not None:
            self._reactor.callWhenRunning(partial(self._serve, prepared))

    def _serve(self, opened: _Opened) -> None:
        if opened is not self._opened:
            return
        try:
            if opened.user_id != os.geteuid():
                # The process has given up its rights since then, and the file must belong to the user of the service.
                opened.file.close()
                settings = opened.settings
                file = make_file(settings, former=opened.file.former)
                opened = self._opened = _Opened(settings=settings, file=file, user_id=os.geteuid())
            opened.file.place()
        except (CannotServe, OSError) as problem:
            _log.error("no admin socket: {problem}", problem=str(problem))
            self._opened = None
            opened.file.close()
            return
        self._acceptor = Acceptor(opened.file.listening, self._conversations, self._reactor)
        _log.info("operators are answered at {path}", path=opened.settings.socket)

    # The end

    def _close(self) -> None:
        """Accept no more; the requests that are there are answered."""
        acceptor, self._acceptor = self._acceptor, None
        if acceptor is not None:
            acceptor.stop()
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.file.close()

    async def stop(self) -> None:
        """See `IServicePart.stop`."""
        self.undo()
        self._close()
        await self._conversations.desk.close()
