"""Requests of actions and stages to one URL: signed, in their turn, and in time."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from cryptography.x509 import Certificate
from twisted.internet.defer import TimeoutError
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator

from ftpd_service.hooks.action_parts import HookParts
from ftpd_service.hooks.signatures import signature_header
from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.runtime.secret_files import secret_line
from ftpd_service.runtime.stepping import deferred
from ftpd_service.tls.outgoing import options_for, read_authorities
from ftpd_service.values import Networks
from ftpd_service.web.guarded_reactor import GuardedReactor, reachable
from ftpd_service.web.measured_pool import NoAnswer
from ftpd_service.web.web_service import HeaderPairs, RequestBody, WebAnswer, WebService


@dataclass(frozen=True, slots=True, kw_only=True)
class WebTarget:
    """A URL with the files that belong to it, read."""

    url: str
    networks: Networks
    secret: bytes | None
    """The key of signatures; None means that requests are not signed."""
    authorities: tuple[Certificate, ...] | None
    options: IOpenSSLClientConnectionCreator | None
    """The TLS of its connections."""

    @property
    def name(self) -> str:
        """Return the name in the log, which has no path: a path may be a secret."""
        return f"http:{urlsplit(self.url).netloc}"

    @property
    def contents(self) -> tuple[object, ...]:
        """Return the contents of the files, for a comparison."""
        return (self.secret, self.authorities)


def read_target(url: str, *, networks: Networks, secret_file: str | None, authorities: str | None) -> WebTarget:
    """Read the files of a URL; waits for disks.

    :raises PluginProblem: a file cannot be read, or is wrong.
    """
    server = urlsplit(url)
    try:
        trusted = None if authorities is None else read_authorities(authorities)
        secret = None if secret_file is None else secret_line(secret_file)
    except ValueError as problem:
        raise PluginProblem(f"http:{server.netloc}: {problem}") from None
    return WebTarget(
        url=url,
        networks=networks,
        secret=secret,
        authorities=trusted,
        options=options_for(server.hostname or "", trusted) if server.scheme == "https" else None,
    )


class WebCalls:
    """The requests to a target.

    :param timeout_seconds: the time of a request, from its turn to the last byte of its answer.
    :param turn: the kind of the requests: those of a kind to one URL wait for each other.
    """

    def __init__(self, target: WebTarget, parts: HookParts, *, timeout_seconds: float, turn: str) -> None:
        self._target = target
        self._parts = parts
        self._timeout_seconds = timeout_seconds
        self._key: Hashable = (turn, target.url)
        guarded = GuardedReactor(parts.reactor, reachable(target.url, target.networks))
        self._service = WebService(
            target.url, (), target.options, connections=parts.runs.most, reactor=guarded.as_reactor()
        )

    async def post(self, body: RequestBody, headers: HeaderPairs, *, signed: bytes) -> WebAnswer:
        """Return the answer to a request.

        :param signed: the bytes that the signature is about.
        :raises NoAnswer: no answer came in time, or it is too large.
        """
        return await self._parts.runs.run(self._key, partial(self._in_time, body, headers, signed))

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._service.close()

    async def _in_time(self, body: RequestBody, headers: HeaderPairs, signed: bytes) -> WebAnswer:
        secret = self._target.secret
        signature = () if secret is None else (signature_header(secret, int(self._parts.now()), signed),)
        asked = deferred(self._service.post(body, (*headers, *signature)))
        try:
            return await asked.addTimeout(self._timeout_seconds, self._parts.reactor)
        except TimeoutError:
            raise NoAnswer(f"no answer within {self._timeout_seconds:g} s") from None
