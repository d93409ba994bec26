"""Requests to one web service: kept connections, bounded answers, a host whose name is verified.

treq's client follows redirects, keeps cookies and unpacks answers.  Here it does none of these: a password goes to no
other URL, an answer leaves nothing behind for other requests, and the size of an answer is bounded as it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    RequestTransmissionFailed,
    ResponseDone,
    ResponseNeverReceived,
)
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer, IPolicyForHTTPS, IResponse
from zope.interface import implementer

from ftpd_service.runtime.abandonable import abandonable
from ftpd_service.tls.outgoing import failure_of_connection
from ftpd_service.web.measured_pool import MeasuredPool, NoAnswer

LARGEST_ANSWER_BYTES = 64 * 1024
LARGEST_RECEIVED_BYTES = 4 * LARGEST_ANSWER_BYTES
"""The most bytes of an answer with its head and the framing of its body."""
UNUSED_CONNECTION_SECONDS = 30
"""How long a connection is kept for the next request."""

HeaderPairs = Sequence[tuple[bytes, bytes]]
RequestBody = bytes | Callable[[], IBodyProducer]
"""The bytes of a request, or a function that makes their producer for each time that the request is sent."""

_LOST = (RequestNotSent, RequestTransmissionFailed, ResponseNeverReceived)
"""The failures of requests whose connection was gone before an answer came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAnswer:
    """The answer to a request."""

    status: int
    body: bytes
    headers: Headers


class WebService:
    """A service at one URL.

    :param headers: the headers of each request.
    :param options: the TLS of the connections; None for a URL without TLS.
    :param connections: the most connections that are kept.
    :param reactor: makes the connections; a `GuardedReactor` refuses some addresses.
    """

    def __init__(
        self,
        url: str,
        headers: HeaderPairs,
        options: IOpenSSLClientConnectionCreator | None,
        *,
        connections: int,
        reactor: PosixReactorBase,
    ) -> None:
        self._url = url
        self._headers = headers
        self._reactor = reactor
        self._pool = MeasuredPool(reactor, most=LARGEST_RECEIVED_BYTES)
        self._pool.maxPersistentPerHost = connections
        self._pool.cachedConnectionTimeout = UNUSED_CONNECTION_SECONDS
        self._pool.retryAutomatically = False
        self._agent = _Unpacking(Agent(reactor, contextFactory=_OneHost(options), pool=self._pool))

    async def post(self, body: RequestBody, headers: HeaderPairs = ()) -> WebAnswer:
        """Return the answer to a request, of JSON unless a header says otherwise.  Cancelling closes its connection.

        A kept connection may have been closed by the service just now, so a request without any answer is sent once
        more.

        :param headers: the headers of this request besides those of all requests.
        :raises NoAnswer: no answer came, or it is too large.
        """
        try:
            return await self._posted(body, headers)
        except _LOST as problem:
            if _ended_by_us(problem) is not None:
                raise _told(problem) from None
        try:
            return await self._posted(body, headers)
        except _LOST as problem:
            raise _told(problem) from None

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._pool.closeCachedConnections()  # type: ignore[no-untyped-call]  # Twisted has no types here

    async def _posted(self, body: RequestBody, more: HeaderPairs) -> WebAnswer:
        headers = Headers({b"Content-Type": [b"application/json"], b"User-Agent": [b"ftpd-service"]})
        for name, value in (*self._headers, *more):
            headers.setRawHeaders(name, [value])
        # Each request has a client of its own, because a client keeps cookies.
        client = HTTPClient(self._agent)
        asked = client.request(
            "POST",
            self._url,
            headers=headers,
            data=cast(Any, body() if callable(body) else body),  # Any: treq's type of it lacks producers
            allow_redirects=False,
            unbuffered=True,
            reactor=cast(Any, self._reactor),  # Any: treq has a type of its own for it
        )
        try:
            response = await abandonable(asked)
        except (CancelledError, NoAnswer, *_LOST):
            raise
        except Exception as problem:  # the resolver, the kernel, TLS and the parser each have their own
            raise _told(problem) from None
        collected = _Collected()
        response.deliverBody(collected)
        return WebAnswer(status=response.code, body=await collected.whole, headers=response.headers)


def _reasons(problem: Exception) -> Sequence[Failure]:
    return getattr(problem, "reasons", None) or [Failure(problem)]


def _ended_by_us(problem: Exception) -> NoAnswer | None:
    """Return the reason for which our side has ended a connection: then the request is not sent again."""
    return next((reason.value for reason in _reasons(problem) if isinstance(reason.value, NoAnswer)), None)


def _told(problem: Exception) -> NoAnswer:
    text = f"no answer came: {failure_of_connection(_reasons(problem)[0])}"
    return _ended_by_us(problem) or NoAnswer(text)


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
            self.whole.errback(NoAnswer("the answer is too large"))
        elif reason.check(ResponseDone):
            self.whole.callback(bytes(self._data))
        else:
            self.whole.errback(NoAnswer("the answer was cut short"))

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
            raise NoAnswer("the URL has no TLS")
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
