"""The checker that asks an LDAP server; ``auth/directory/`` has the protocol.

Each login has a connection of its own, so a login that is given up leaves nothing behind on it, and no answer can
belong to another login.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from typing import cast
from unicodedata import category
from urllib.parse import urlsplit

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.account import AccountSettings
from ftpd_service.auth.asked_in_turn import AskedInTurn
from ftpd_service.auth.checker_parts import CheckerParts, FoundChecker, ReadAccount
from ftpd_service.auth.credentials import Accepted, HeldName, ILastingChecker, ISessionCredentials
from ftpd_service.auth.directory.dn_text import attribute_of_dn
from ftpd_service.auth.directory.filter_text import attribute_of_filter, parse_filter
from ftpd_service.auth.directory.ldap_connection import DirectoryConnection
from ftpd_service.auth.directory.ldap_login import (
    NotFoundThere,
    Person,
    Questions,
    ServiceLogin,
    WrongThere,
    logged_in,
)
from ftpd_service.auth.settings import LdapChecker
from ftpd_service.errors import LoginUnavailable
from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.runtime.secret_files import secret_line
from ftpd_service.runtime.stepping import deferred
from ftpd_service.tls.outgoing import failure_of_connection, options_for, read_authorities

LONGEST_ASKED_NAME = 256
"""The most characters of a name that the directory is asked about."""
_PORTS = {"ldap": 389, "ldaps": 636}


def find_ldap(settings: LdapChecker) -> FoundChecker:
    """Read the files of an entry.

    :raises PluginProblem: a file cannot be read, or has no content.
    """
    server = urlsplit(settings.url)
    name = f"ldap:{server.netloc}"
    try:
        authorities = None if settings.authorities is None else read_authorities(settings.authorities)
        file = None if settings.search is None else settings.search.password_file
        password = b"" if file is None else secret_line(file)
    except ValueError as problem:
        raise PluginProblem(f"{name}: {problem}") from None
    protected = server.scheme == "ldaps" or settings.start_tls
    options = options_for(server.hostname or "", authorities) if protected else None
    return FoundChecker(
        name=name,
        # A reload compares the settings, and makes the checker anew if the content of a file has changed.
        settings=replace(settings, contents=(password, authorities)),
        make=partial(_make, settings, _questions(settings, password), options),
    )


def _questions(settings: LdapChecker, password: bytes) -> Questions:
    groups, attributes, seconds = settings.groups, settings.attributes, ceil(settings.timeout_seconds)
    search = settings.search
    if search is None:
        name = settings.name or attribute_of_dn(settings.bind)
        return Questions(name=name, bind=settings.bind, groups=groups, attributes=attributes, seconds=seconds)
    wanted = parse_filter(search.filter)
    return Questions(
        name=settings.name or attribute_of_filter(wanted) or "uid",
        base=search.base,
        wanted=wanted,
        service=ServiceLogin(dn=search.bind_dn.encode("utf-8"), password=password),
        groups=groups,
        attributes=attributes,
        seconds=seconds,
    )


def _make(
    settings: LdapChecker, asked: Questions, options: IOpenSSLClientConnectionCreator | None, parts: CheckerParts
) -> LdapAsking:
    server = urlsplit(settings.url)
    port = server.port or _PORTS[server.scheme]
    endpoint: IStreamClientEndpoint = HostnameEndpoint(parts.reactor, (server.hostname or "").encode("ascii"), port)
    if server.scheme == "ldaps" and options is not None:
        endpoint, options = wrapClientTLS(options, endpoint), None
    reached = Reached(endpoint=endpoint, start_tls=options, clock=parts.reactor)
    return LdapAsking(reached, asked, connections=settings.connections, read_account=parts.read_account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The way to the server."""

    endpoint: IStreamClientEndpoint
    start_tls: IOpenSSLClientConnectionCreator | None
    """The options of StartTLS; None without it."""
    clock: IReactorTime


@implementer(ICredentialsChecker, ILastingChecker)
class LdapAsking:
    """A checker that asks a directory.

    :param read_account: reads the settings that attributes of an entry supply.
    """

    credentialInterfaces = (ISessionCredentials,)

    def __init__(self, reached: Reached, asked: Questions, *, connections: int, read_account: ReadAccount) -> None:
        self._reached = reached
        self._asked = asked
        self._read_account = read_account
        self._turns = AskedInTurn(connections)
        self._open: set[DirectoryConnection] = set()

    def requestAvatarId(self, credentials: ISessionCredentials) -> Deferred[bytes | tuple[()]]:
        """Return the name of the account.

        The Deferred fails with HeldName (the entry was found and its password is wrong), UnauthorizedLogin (there is no
        such entry, or the directory does not tell), or LoginUnavailable (the server does not answer).
        """
        return deferred(self._check(credentials))

    def end(self) -> object:
        """Close all connections, and wait for that; their logins fail for now."""
        self._turns.end()
        closing = list(self._open)
        for connection in closing:
            connection.drop()
        return DeferredList([connection.gone for connection in closing])

    async def _check(self, credentials: ISessionCredentials) -> bytes:
        name, password = _askable(credentials.username), credentials.password
        if not password:
            # To a server this would be an anonymous login, and a success (RFC 4513 section 5.1.2).
            raise UnauthorizedLogin("no directory is asked about an empty password")

        async def ask() -> Person:
            return await self._logged_in(name, password)

        try:
            person = await self._turns.run(ask, host=credentials.peer.host, name=credentials.username)
        except NotFoundThere as problem:
            raise UnauthorizedLogin(str(problem)) from None
        except WrongThere as problem:
            raise HeldName(str(problem)) from None
        return Accepted(person.name.encode("utf-8"), self._settings(person))

    async def _logged_in(self, name: str, password: bytes) -> Person:
        connection = await self._connected()
        try:
            if self._reached.start_tls is not None:
                await connection.start_tls(self._reached.start_tls)
            person = await logged_in(connection, self._asked, name, password)
        except (NotFoundThere, WrongThere):
            connection.close()
            raise
        except BaseException:
            connection.drop()
            raise
        connection.close()
        return person

    async def _connected(self) -> DirectoryConnection:
        factory = Factory.forProtocol(partial(DirectoryConnection, self._reached.clock))
        factory.noisy = False
        try:
            connection = await self._reached.endpoint.connect(factory)
        except CancelledError:
            raise
        except Exception as problem:  # the resolver, the kernel and TLS each have their own
            raise LoginUnavailable(f"no connection to the server: {failure_of_connection(Failure(problem))}") from None
        made = cast(DirectoryConnection, connection)  # the factory makes no other
        self._open.add(made)
        made.gone.addCallback(lambda result: self._open.discard(made))
        return made

    def _settings(self, person: Person) -> AccountSettings | None:
        if not person.settings:
            return None
        try:
            return self._read_account(person.settings)
        except ValueError as problem:
            raise LoginUnavailable(f"the entry's attributes are wrong: {problem}") from None


def _askable(name: bytes) -> str:
    """Return a name that a directory may have.

    :raises UnauthorizedLogin: the name is empty, too long, not UTF-8, or has control characters.
    """
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if not 0 < len(text) <= LONGEST_ASKED_NAME or any(category(character) == "Cc" for character in text):
        raise UnauthorizedLogin("no directory has such a name")
    return text
