"""One connection to an LDAP server.

Whatever goes wrong on it (its end, nonsense, a certificate for another name) is a LoginUnavailable for all operations
that wait: the connection tells nothing about a password then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IDelayedCall,
    IOpenSSLClientConnectionCreator,
    IReactorTime,
    ITCPTransport,
    ITLSTransport,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from ftpd_service.auth.directory.ldap_messages import (
    BrokenMessage,
    FoundEntry,
    LdapResult,
    Search,
    bind_request,
    received,
    search_request,
    start_tls_request,
    unbind_request,
)
from ftpd_service.errors import LoginUnavailable
from ftpd_service.tls.outgoing import failure_of_connection

SUCCESS = 0
MOST_FOUND = 100
"""The most entries of a search that are taken, whatever the server was asked for."""
LINGER_SECONDS = 2.0
"""How long the server may take to close a connection in order."""


@dataclass(slots=True)
class _Operation:
    done: Deferred[LdapResult] = field(default_factory=Deferred)
    entries: list[FoundEntry] = field(default_factory=list)


class DirectoryConnection(Protocol):
    """A connection, whose caller closes it.

    :ivar gone: fires at its end.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self.gone: Deferred[None] = Deferred()
        self._clock = clock
        self._closing: IDelayedCall | None = None
        self._buffer = b""
        self._operations: dict[int, _Operation] = {}
        self._last = 0
        self._lost = ""

    async def start_tls(self, options: IOpenSSLClientConnectionCreator) -> None:
        """Start TLS, before any other operation.

        :raises LoginUnavailable: the server refuses.
        """
        outcome = await self._ask(start_tls_request, _Operation())
        if outcome.code != SUCCESS:
            raise LoginUnavailable(f"the server refuses StartTLS: {told(outcome)}")
        # Whatever came in clear behind the answer could be an answer that somebody else has made up.
        if self._buffer:
            self._fail("the server has sent more in clear than the answer to StartTLS")
            raise LoginUnavailable(self._lost)
        ITLSTransport(self.transport).startTLS(options)

    async def bind(self, dn: bytes, password: bytes) -> LdapResult:
        """Log in by a DN and a password, neither of which is empty.

        An empty one would be a success that proves nothing (RFC 4513 sections 5.1.1 and 5.1.2).
        """
        if not dn or not password:
            raise ValueError("an empty DN or password proves nothing")
        return await self._ask(lambda number: bind_request(number, dn, password), _Operation())

    async def search(self, search: Search) -> tuple[LdapResult, list[FoundEntry]]:
        """Return the result of a search and the entries that were found; references to other servers are ignored."""
        operation = _Operation()
        outcome = await self._ask(lambda number: search_request(number, search), operation)
        return outcome, operation.entries

    def close(self) -> None:
        """Close the connection in order, after its last operation."""
        if not self._lost:
            self._lost = "the connection was closed"
            self._last += 1
            self._write(unbind_request(self._last))
            self._closing = self._clock.callLater(LINGER_SECONDS, self.drop)
            ITCPTransport(self.transport).loseConnection()

    def drop(self) -> None:
        """Close the connection at once, also while it closes in order; operations that wait fail."""
        self._lost = self._lost or "the connection was closed"
        ITCPTransport(self.transport).abortConnection()
        self._fail(self._lost)

    async def _ask(self, request: Callable[[int], bytes], operation: _Operation) -> LdapResult:
        if self._lost:
            raise LoginUnavailable(self._lost)
        self._last += 1
        number = self._last
        self._operations[number] = operation
        self._write(request(number))
        try:
            return await operation.done
        finally:
            self._operations.pop(number, None)

    def _write(self, data: bytes) -> None:
        ITCPTransport(self.transport).write(data)

    def dataReceived(self, data: bytes) -> None:
        """Take messages; nonsense ends the connection."""
        self._buffer += data
        try:
            while not self._lost and self._take_one():
                pass
        except BrokenMessage as problem:
            self._fail(f"the server's answer is wrong: {problem}")

    def _take_one(self) -> bool:
        message, length = received(self._buffer)
        if message is None:
            return False
        self._buffer = self._buffer[length:]
        content = message.content
        operation = self._operations.get(message.id)
        if message.id == 0 and isinstance(content, LdapResult):
            self._fail(f"the server ends the connection: {told(content)}")
        elif operation is None:
            raise BrokenMessage("an answer belongs to no question")
        elif isinstance(content, FoundEntry):
            if len(operation.entries) >= MOST_FOUND:
                raise BrokenMessage("there are more entries than were asked for")
            operation.entries.append(content)
        elif isinstance(content, LdapResult):
            operation.done.callback(content)
        return True

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell everybody who waits."""
        if self._closing is not None and self._closing.active():
            self._closing.cancel()
        self._lost = self._lost or failure_of_connection(reason)
        self._fail(self._lost)
        self.gone.callback(None)

    def _fail(self, text: str) -> None:
        if not self._lost:
            self._lost = text
            ITCPTransport(self.transport).abortConnection()
        self._buffer = b""
        for operation in list(self._operations.values()):
            if not operation.done.called:
                operation.done.errback(LoginUnavailable(self._lost))


def told(outcome: LdapResult) -> str:
    """Return the words of a result for the log."""
    return f"result {outcome.code}" + (f", {outcome.text!r}" if outcome.text else "")
