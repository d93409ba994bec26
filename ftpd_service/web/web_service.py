"""Requests to one web service: kept connections, bounded answers, a host whose name is verified.

treq's client follows redirects, keeps cookies and unpacks answers.  Here it does none of these: a password goes to no
other URL, an answer leaves nothing behind for other logins, and the size of an answer is bounded as it comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from treq.client import HTTPClient
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web._newclient import RequestNotSent  # it has no public name
from twisted.web.client import (
    Agent,
    HTTPConnectionPool,
    RequestTransmissionFailed,
    ResponseDone,
    ResponseNeverReceived,
)
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer, IPolicyForHTTPS, IResponse
from zope.interface import implementer

from ftpd_service.errors import LoginUnavailable
from ftpd_service.runtime.abandonable import abandonable
from ftpd_service.tls.outgoing import failure_of_connection

LARGEST_ANSWER_BYTES = 64 * 1024
UNUSED_CONNECTION_SECONDS = 30
"""How long a connection is kept for the next request."""

_LOST = (RequestNotSent, RequestTransmissionFailed, ResponseNeverReceived)
"""The failures of requests whose connection was gone before an answer came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAnswer:
    """The answer to a request."""

    status: int
    body: bytes


class WebService:
    """A service at one URL.

    :param headers: the headers of each request.
    :param options: the TLS of the connections; None for a URL without TLS.
    :param connections: the most connections that are kept.
    """

    def __init__(
        self,
        url: str,
        headers: tuple[tuple[bytes, bytes], ...],
        options: IOpenSSLClientConnectionCreator | None,
        *,
        connections: int,
        reactor: PosixReactorBase,
    ) -> None:
        self._url = url
        self._headers = headers
        self._reactor = reactor
        self._pool = HTTPConnectionPool(reactor)
        self._pool.maxPersistentPerHost = connections
        self._pool.cachedConnectionTimeout = UNUSED_CONNECTION_SECONDS
        self._pool.retryAutomatically = False
        self._agent = _Unpacking(Agent(reactor, contextFactory=_OneHost(options), pool=self._pool))

    async def post(self, body: bytes) -> WebAnswer:
        """Return the answer to a request with JSON.  Cancelling closes its connection.

        A kept connection may have been closed by the service just now, so a request without any answer is sent once
        more.

        :raises LoginUnavailable: no answer came, or it is too large.
        """
        try:
            return await self._posted(body)
        except _LOST:
            pass
        try:
            return await self._posted(body)
        except _LOST as problem:
            reasons = getattr(problem, "reasons", None) or [Failure(problem)]
            raise LoginUnavailable(f"no answer came: {failure_of_connection(reasons[0])}") from None

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._pool.closeCachedConnections()

    async def _posted(self, body: bytes) -> WebAnswer:
        headers = Headers({b"Content-Type": [b"application/json"], b"User-Agent": [b"ftpd-service"]})
        for name, value in self._headers:
            headers.setRawHeaders(name, [value])
        # Each request has a client of its own, because a client keeps cookies.
        client = HTTPClient(self._agent)
        asked = client.request(
            "POST",
            self._url,
            headers=headers,
            data=body,
            allow_redirects=False,
            unbuffered=True,
            reactor=cast(Any, self._reactor),  # Any: treq has a type of its own for it
        )
        try:
            response = await abandonable(asked)
        except (CancelledError, LoginUnavailable, *_LOST):
            raise
        except Exception as problem:  # the resolver, the kernel, TLS and the parser each have their own
            raise LoginUnavailable(f"no answer came: {failure_of_connection(Failure(problem))}") from None
        collected = _Collected()
        response.deliverBody(collected)
        return WebAnswer(status=response.code, body=await collected.whole)


class _Collected(Protocol):
    """Collects the body of an answer."""

    def __init__(self) -> None:
        self.whole: Deferred[bytes] = Deferred(lambda whole: self._drop())
        self._data = bytearray()

    def dataReceived(self, data: bytes) -> None:
        """Take bytes, up to the bound."""
        if len(self._data) <= LARGEST_ANSWER_BYTES:
            self._data += data
            if len(self._data) > LARGEST_ANSWER_BYTES:
                self._drop()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End; an answer that was cut short is none."""
        if self.whole.called:
            return
        if len(self._data) > LARGEST_ANSWER_BYTES:
            self.whole.errback(LoginUnavailable("the answer is too large"))
        elif reason.check(ResponseDone):
            self.whole.callback(bytes(self._data))
        else:
            self.whole.errback(LoginUnavailable("the answer was cut short"))

    def _drop(self) -> None:
        transport = self.transport
        if transport is not None:
            # A service that hangs would not close in order.
            getattr(transport, "abortConnection", transport.loseConnection)()


@implementer(IPolicyForHTTPS)
class _OneHost:
    """The TLS of connections to the only host that is asked."""

    def __init__(self, options: IOpenSSLClientConnectionCreator | None) -> None:
        self._options = options

    def creatorForNetloc(self, hostname: bytes, port: int) -> IOpenSSLClientConnectionCreator:
        """Return the options that verify the host's name."""
        if self._options is None:
            raise LoginUnavailable("the URL has no TLS")
        return self._options


@implementer(IAgent)
class _Unpacking:
    """An agent that asks for no packed answers, and leaves packed what comes packed all the same."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    def request(
        self,
        method: bytes,
        uri: bytes,
        headers: Headers | None = None,
        bodyProducer: IBodyProducer | None = None,
    ) -> Deferred[IResponse]:
        """Send a request."""
        plain = Headers() if headers is None else headers.copy()
        plain.removeHeader(b"accept-encoding")
        answer: Deferred[IResponse] = self._agent.request(method, uri, plain, bodyProducer)
        return answer.addCallback(_left_packed)


def _left_packed(response: IResponse) -> IResponse:
    response.headers.removeHeader(b"content-encoding")
    return response
