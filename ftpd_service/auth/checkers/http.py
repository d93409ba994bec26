"""The checker that posts logins to a web service, in the protocol of programs (``auth/programs/answers.py``)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from zope.interface import implementer

from ftpd_service.auth.answered import accepted
from ftpd_service.auth.asked_in_turn import AskedInTurn
from ftpd_service.auth.checker_parts import CheckerParts, FoundChecker, ReadAccount
from ftpd_service.auth.credentials import HeldName, ILastingChecker, ISessionCredentials
from ftpd_service.auth.programs.answers import Answer, Nonsense, read_answer, request_line
from ftpd_service.auth.settings import HttpChecker
from ftpd_service.errors import LoginUnavailable
from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.runtime.secret_files import header_lines
from ftpd_service.runtime.stepping import deferred
from ftpd_service.tls.outgoing import options_for, read_authorities
from ftpd_service.web.measured_pool import NoAnswer
from ftpd_service.web.web_service import WebAnswer, WebService

Headers = tuple[tuple[bytes, bytes], ...]


def find_http(settings: HttpChecker) -> FoundChecker:
    """Read the files of an entry.

    :raises PluginProblem: a file cannot be read, or is wrong.
    """
    server = urlsplit(settings.url)
    name = f"http:{server.netloc}"
    try:
        authorities = None if settings.authorities is None else read_authorities(settings.authorities)
        headers: Headers = () if settings.headers_file is None else header_lines(settings.headers_file)
    except ValueError as problem:
        raise PluginProblem(f"{name}: {problem}") from None
    options = options_for(server.hostname or "", authorities) if server.scheme == "https" else None
    return FoundChecker(
        name=name,
        # A reload compares the settings, and makes the checker anew if the content of a file has changed.
        settings=replace(settings, contents=(headers, authorities)),
        make=partial(_make, settings, headers, options),
    )


def _make(
    settings: HttpChecker, headers: Headers, options: IOpenSSLClientConnectionCreator | None, parts: CheckerParts
) -> HttpAsking:
    count = settings.connections
    service = WebService(settings.url, headers, options, connections=count, reactor=parts.reactor)
    return HttpAsking(service, connections=count, read_account=parts.read_account)


@implementer(ICredentialsChecker, ILastingChecker)
class HttpAsking:
    """A checker that asks a web service.

    :param connections: the most logins that are asked at once.
    :param read_account: reads the settings of an answer.
    """

    credentialInterfaces = (ISessionCredentials,)

    def __init__(self, service: WebService, *, connections: int, read_account: ReadAccount) -> None:
        self._service = service
        self._read_account = read_account
        self._turns = AskedInTurn(connections)

    def requestAvatarId(self, credentials: ISessionCredentials) -> Deferred[bytes | tuple[()]]:
        """Return the avatar id that the service answers.

        The Deferred fails with HeldName (wrong password), UnauthorizedLogin (the name is not the service's), or
        LoginUnavailable (the service does not answer, or cannot tell).
        """
        return deferred(self._check(credentials))

    def end(self) -> object:
        """Close all connections, and wait for that; open logins fail for now."""
        self._turns.end()
        return deferred(self._service.close())

    async def _check(self, credentials: ISessionCredentials) -> bytes:
        try:
            request = request_line(credentials)
        except UnicodeDecodeError:
            raise UnauthorizedLogin("the name or the password is not UTF-8, and JSON has no way to say it") from None
        ask = partial(self._asked, request)
        answer = await self._turns.run(ask, host=credentials.peer.host, name=credentials.username)
        return accepted(_read(answer), credentials, self._read_account, whose="the service")

    async def _asked(self, request: bytes) -> WebAnswer:
        try:
            return await self._service.post(request)
        except NoAnswer as problem:
            raise LoginUnavailable(str(problem)) from None


def _read(answer: WebAnswer) -> Answer:
    """Return the answer in the protocol of programs.

    :raises HeldName: the status refuses the login.
    :raises LoginUnavailable: the status or the body is no answer.
    """
    if answer.status in (401, 403):
        raise HeldName(f"the service answers {answer.status}")
    if answer.status != 200:
        redirect = ", and redirects are not followed" if 300 <= answer.status < 400 else ""
        raise LoginUnavailable(f"the service answers {answer.status}{redirect}")
    try:
        return read_answer(answer.body)
    except Nonsense as problem:
        raise LoginUnavailable(f"the service's answer is wrong: {problem}") from None
