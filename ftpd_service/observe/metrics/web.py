"""The HTTP server of the pages, on twisted.web's protocol.

Anybody who reaches the port may speak to it, so it is bounded: `MOST_CLIENTS` connections, the oldest of which makes
room for a new one, each with one request of `HTTP_REQUEST_BYTES` without a body within `CLIENT_SECONDS`.  Answers have
no banner, and the log has no line for a request.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime, ITCPTransport
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import RESPONSES, HTTPChannel, Request, datetimeToString

from ftpd_service.observe.metrics.web_pages import FAILED, METHODS, Page, Pages

MOST_CLIENTS = 32

HTTP_REQUEST_BYTES = 8 * 1024
"""The most bytes of a request's line and headers."""

CLIENT_SECONDS = 10.0
"""The time of a connection, from its beginning to its end."""

_log = Logger(namespace="ftpd")

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_NO_BODIES = b"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class PageRequest(Request):
    """A request for a page."""

    channel: PageChannel

    def process(self) -> None:
        """Answer the request; twisted.web calls this once the request is complete."""
        answer = Deferred.fromCoroutine(self.channel.pages.page(self.method, self.path))
        answer.addErrback(_failed).addCallback(self._answer)

    def _answer(self, page: Page) -> None:
        if self._disconnected:
            return
        self.setResponseCode(page.code, RESPONSES[page.code])
        headers = {
            b"Date": datetimeToString(),
            b"Content-Type": page.content_type,
            b"Content-Length": b"%d" % len(page.text),
            b"Cache-Control": b"no-store",
            b"Connection": b"close",
        }
        if page.code == 405:
            headers[b"Allow"] = b", ".join(METHODS)
        for name, value in headers.items():
            self.responseHeaders.setRawHeaders(name, [value])
        self.write(page.text)  # type: ignore[no-untyped-call]  # Twisted has no types here
        self.finish()  # type: ignore[no-untyped-call]  # Twisted has no types here


def _failed(failure: Failure) -> Page:
    _log.failure("a page of metrics could not be made", failure=failure)
    return FAILED


class PageChannel(HTTPChannel):
    """A connection to the endpoint, for one request.

    :ivar pages: answers the request.
    """

    transport: ITCPTransport
    totalHeadersSize = HTTP_REQUEST_BYTES
    MAX_LENGTH = HTTP_REQUEST_BYTES
    maxHeaders = 100
    timeOut = None
    requestFactory = PageRequest

    def __init__(self, pages: Pages, clock: IReactorTime, gone: Callable[[PageChannel], object]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted has no types here
        self.pages = pages
        self._clock = clock
        self._gone = gone
        self._over = False
        self._limit: IDelayedCall | None = None

    def connectionMade(self) -> None:
        """Begin the time of the connection."""
        self._limit = self._clock.callLater(CLIENT_SECONDS, self.drop)
        super().connectionMade()  # type: ignore[no-untyped-call]  # Twisted has no types here

    def drop(self) -> None:
        """End the connection at once."""
        self.transport.abortConnection()

    def checkPersistence(self, request: Request, version: bytes) -> bool:
        """Return False: each connection has one request."""
        return False

    def allHeadersReceived(self) -> None:
        """Refuse a request with a body, of which nothing is kept: only other methods have bodies."""
        if self.length == 0:
            super().allHeadersReceived()  # type: ignore[no-untyped-call]  # Twisted has no types here
        else:
            self._refuse(_NO_BODIES)

    def lineLengthExceeded(self, line: bytes) -> None:
        """Refuse a line that is too long."""
        self._refuse(_TOO_LARGE)

    def _refuse(self, answer: bytes) -> None:
        self.transport.write(answer)
        self.loseConnection()

    def loseConnection(self) -> None:
        """End the connection once the answer is sent; what else the client has sent is dropped."""
        self._over = True
        super().loseConnection()  # type: ignore[no-untyped-call]  # Twisted has no types here

    def lineReceived(self, line: bytes) -> None:
        """Take a line of the request.  twisted.web alone would answer each line behind a wrong one."""
        if not self._over:
            super().lineReceived(line)  # type: ignore[no-untyped-call]  # Twisted has no types here

    def rawDataReceived(self, data: bytes) -> None:
        """Drop the bytes behind the request."""

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]  # Twisted gives no default here
        """Forget the connection."""
        if self._limit is not None and self._limit.active():
            self._limit.cancel()
        self._gone(self)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]  # Twisted has no types here


class PageFactory(Factory):
    """Makes the connections to the endpoint."""

    noisy = False

    def __init__(self, pages: Pages, clock: IReactorTime) -> None:
        self._pages = pages
        self._clock = clock
        self._live: dict[PageChannel, None] = {}

    def __len__(self) -> int:
        return len(self._live)

    def buildProtocol(self, addr: IAddress | None) -> PageChannel:
        """Return a connection, for which the oldest makes room if there are `MOST_CLIENTS`."""
        if len(self._live) >= MOST_CLIENTS:
            oldest = next(iter(self._live))
            del self._live[oldest]
            oldest.drop()
        channel = PageChannel(self._pages, self._clock, self._forget)
        self._live[channel] = None
        return channel

    def drop_all(self) -> None:
        """End all connections at once."""
        for channel in list(self._live):
            channel.drop()

    def _forget(self, channel: PageChannel) -> None:
        self._live.pop(channel, None)
