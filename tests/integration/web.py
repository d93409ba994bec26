"""A web service on loopback that answers logins as a test says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, cast

from OpenSSL import SSL, crypto
from twisted.internet import reactor
from twisted.internet.interfaces import IListeningPort, IReactorSSL, IReactorTCP
from twisted.internet.ssl import ContextFactory
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from ftpd_service.tls.self_signed import self_signed
from tests.cases import TestCase

Answer = Callable[[Request], bytes | int]
"""Answers a request, or leaves it without an answer by NOT_DONE_YET."""


class Logins(Resource):
    """All paths of the service.

    :ivar asked: the requests: path, headers in lower case, and body.
    """

    isLeaf = True

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer
        self.asked: list[tuple[bytes, dict[bytes, bytes], bytes]] = []
        self.left: list[object] = []

    def render_POST(self, request: Request) -> bytes | int:
        """Note the request, and answer it."""
        assert request.content is not None
        headers = {name.lower(): value for name, value in request.getAllHeaders().items()}
        self.asked.append((request.uri, headers, request.content.read()))
        request.notifyFinish().addErrback(self.left.append)
        return self.answer(request)


class Web(Site):
    """The service's factory.

    :ivar connections: how many connections were made.
    """

    connections = 0

    def buildProtocol(self, addr: Any) -> Any:  # Any: Twisted's types for it are private
        """Count a connection."""
        self.connections += 1
        return super().buildProtocol(addr)


class _Context(ContextFactory):
    """A certificate of the test for localhost."""

    def __init__(self) -> None:
        self.pem, key = self_signed(["localhost"], now=datetime.now(timezone.utc))
        self._certificate = crypto.load_certificate(crypto.FILETYPE_PEM, self.pem)
        self._key = crypto.load_privatekey(crypto.FILETYPE_PEM, key)

    def getContext(self) -> SSL.Context:
        """A context with it."""
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.use_certificate(self._certificate)
        context.use_privatekey(self._key)
        return context


class WebCase(TestCase):
    """A test with a service.

    :ivar logins: its requests and answers.
    :ivar site: its connections.
    """

    def setUp(self) -> None:
        self.logins = Logins(lambda request: b'{"accept": true}')
        self.site = Web(self.logins)
        self.site.timeOut = None

    def listen(self) -> int:
        """Listen without TLS; the port."""
        tcp = cast(IReactorTCP, reactor)  # Twisted's module has no type; Any: its Site is typed narrowly
        return self._listening(tcp.listenTCP(0, cast(Any, self.site), interface="127.0.0.1"))

    def listen_tls(self) -> tuple[int, str]:
        """Listen with TLS; the port, and the file of the certificate, which is for localhost."""
        context, path = _Context(), self.mktemp()
        with open(path, "wb") as file:
            file.write(context.pem)
        ssl = cast(IReactorSSL, reactor)  # as above
        return self._listening(ssl.listenSSL(0, self.site, context, interface="127.0.0.1")), path

    def _listening(self, port: IListeningPort) -> int:
        self.addCleanup(port.stopListening)
        return int(cast(Any, port.getHost()).port)  # Any: an address of TCP

    def say(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Answer all requests from now on."""

        def answer(request: Request) -> bytes:
            request.setResponseCode(status)
            for name, value in headers.items():
                request.setHeader(name.replace("_", "-"), value)
            return body

        self.logins.answer = answer

    def hang(self) -> None:
        """Answer no request from now on."""
        self.logins.answer = lambda request: NOT_DONE_YET
