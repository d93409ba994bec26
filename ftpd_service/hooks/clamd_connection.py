"""A connection to clamd, which asks for one scan and is closed by us."""

from __future__ import annotations

import socket
from typing import Protocol as Shape
from typing import cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPullProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.hooks.clamd_answers import LARGEST_CLAMD_ANSWER_BYTES, ClamdProblem


class _Transport(Shape):
    """The methods of a transport that are used here."""

    def write(self, data: bytes) -> None: ...

    def getHandle(self) -> socket.socket: ...

    def registerProducer(self, producer: object, streaming: bool) -> None: ...

    def abortConnection(self) -> None: ...


@implementer(IPullProducer)
class ClamdConnection(Protocol):
    """A connection; a single coroutine uses it."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._outcome: bytes | ClamdProblem | None = None
        self._unsent = False
        self._waiting: Deferred[None] | None = None

    def send_descriptor(self, data: bytes, descriptor: int) -> None:
        """Send the only bytes of a conversation, and a descriptor with them.

        Twisted's own `sendFileDescriptor` sends each descriptor with a single byte, and then what is left, which may be
        nothing.  That fails if the server has answered meanwhile and has closed the connection, and the answer is lost.

        :raises ClamdProblem: the connection is broken.
        """
        try:
            # The few bytes fit into the buffer of a new connection.
            sent = socket.send_fds(self._transport().getHandle(), [data], [descriptor])
        except OSError as problem:
            raise ClamdProblem(f"the descriptor cannot be passed to clamd: {problem}") from problem
        if sent != len(data):
            raise ClamdProblem("the descriptor cannot be passed to clamd")

    async def send(self, data: bytes) -> bool:
        """Send bytes, and wait until the kernel has taken them; return whether clamd waits for more."""
        if self._outcome is not None:
            return False
        transport = self._transport()
        self._unsent = True
        transport.write(data)
        while self._unsent and self._outcome is None:
            await self._change()
        return self._outcome is None

    async def answer(self) -> bytes:
        """Return the answer, which may come before everything is sent.

        :raises ClamdProblem: the connection was closed before, or the answer does not end.
        """
        while self._outcome is None:
            await self._change()
        if isinstance(self._outcome, ClamdProblem):
            raise self._outcome
        return self._outcome

    def abort(self) -> None:
        """Close the connection at once."""
        self._transport().abortConnection()

    def connectionMade(self) -> None:
        """Ask the transport to tell when it has sent everything."""
        self._transport().registerProducer(self, False)

    def resumeProducing(self) -> None:
        """Note that everything is sent."""
        self._unsent = False
        self._changed()

    def stopProducing(self) -> None:
        """Do nothing: the connection is lost, which is told by `connectionLost`."""

    def dataReceived(self, data: bytes) -> None:
        """Take bytes of the answer, up to the bound."""
        if self._outcome is not None:
            return
        self._received += data
        answer, end, _ = self._received.partition(b"\0")
        if len(answer) > LARGEST_CLAMD_ANSWER_BYTES:
            self._end(ClamdProblem("the answer of clamd does not end"))
        elif end:
            self._end(bytes(answer))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End; an answer that was cut short is no answer."""
        if self._outcome is None:
            self._end(ClamdProblem("clamd has closed the connection before its answer"))

    def _end(self, outcome: bytes | ClamdProblem) -> None:
        self._outcome = outcome
        self._changed()

    def _change(self) -> Deferred[None]:
        self._waiting = Deferred()
        return self._waiting

    def _changed(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:  # it was cancelled otherwise
            waiting.callback(None)

    def _transport(self) -> _Transport:
        return cast(_Transport, self.transport)  # of TCP or UNIX sockets, which have more than ITransport
