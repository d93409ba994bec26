"""The frozen settings of logins, which the graph passes on: a record for each kind of checker.

A new kind is a subclass of `CheckerSettings` here, its section in ``config/auth_sections.py``, and a function that
finds it, which `finder` names: ``auth/plugins.py`` imports that function only if the configuration has such an entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, ClassVar

from ftpd_service.policy.breaker import BreakerSettings


class Remembering(Enum):
    """Which accepted logins are remembered if an entry does not say how long."""

    ALWAYS = auto()
    """All, for `AuthSettings.verified_seconds`."""
    ITSELF = auto()
    """The checker remembers right passwords itself, for that time."""
    IF_ASKED = auto()
    """None, because an acceptance may hold only once, as with one-time passwords."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerSettings:
    """The settings that every entry of `auth.checkers` has."""

    kind: ClassVar[str]
    """The key of the entry's kind in the file."""
    finder: ClassVar[str]
    """The dotted path of a function that takes these settings and returns a `FoundChecker`."""
    needs: ClassVar[str] = ""
    """The extra of this package that installs the libraries of this kind, or an empty text."""
    remembering: ClassVar[Remembering] = Remembering.ALWAYS
    timeout_seconds: float = 10.0
    final: bool = False
    """Whether its UnauthorizedLogin ends the search."""
    verified_seconds: float | None = None
    """How long an accepted login is remembered; None means as `remembering` says."""
    breaker: BreakerSettings = field(default_factory=BreakerSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsChecker(CheckerSettings):
    """The accounts of the configuration file."""

    kind: ClassVar[str] = "accounts"
    remembering: ClassVar[Remembering] = Remembering.ITSELF
    finder: ClassVar[str] = "ftpd_service.auth.checkers.configured:find_accounts"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseChecker(CheckerSettings):
    """The accounts of the database."""

    kind: ClassVar[str] = "database"
    remembering: ClassVar[Remembering] = Remembering.ITSELF
    finder: ClassVar[str] = "ftpd_service.auth.checkers.configured:find_database"


@dataclass(frozen=True, slots=True, kw_only=True)
class StrcredChecker(CheckerSettings):
    """An installed plug-in of `twisted.cred.strcred`, by its description."""

    kind: ClassVar[str] = "strcred"
    remembering: ClassVar[Remembering] = Remembering.IF_ASKED
    finder: ClassVar[str] = "ftpd_service.auth.strangers:find_strcred"
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonChecker(CheckerSettings):
    """An importable ICredentialsChecker, as ``package.module:Name``, which is made with keyword arguments."""

    kind: ClassVar[str] = "python"
    remembering: ClassVar[Remembering] = Remembering.IF_ASKED
    finder: ClassVar[str] = "ftpd_service.auth.strangers:find_python"
    path: str
    options: Mapping[str, Any] = field(default_factory=dict)  # Any: what the checker's author declares


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramChecker(CheckerSettings):
    """A program that reads names and passwords as JSON on its standard input, and answers on its output."""

    kind: ClassVar[str] = "program"
    finder: ClassVar[str] = "ftpd_service.auth.checkers.program:find_program"
    command: tuple[str, ...]
    processes: int = 2
    persistent: bool = True
    """Whether a process answers many logins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PamChecker(CheckerSettings):
    """The PAM of this host, asked in processes of their own."""

    kind: ClassVar[str] = "pam"
    finder: ClassVar[str] = "ftpd_service.auth.checkers.pam:find_pam"
    needs: ClassVar[str] = "pam"
    service: str = "ftpd"
    processes: int = 4
    command: tuple[str, ...] | None = None
    """The program that asks PAM; None means our own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapSearch:
    """The search for a person's entry."""

    base: str
    filter: str
    bind_dn: str = ""
    """The DN by which the service searches; empty: without a login."""
    password_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapChecker(CheckerSettings):
    """An LDAP server, to which the name and the password log in."""

    kind: ClassVar[str] = "ldap"
    finder: ClassVar[str] = "ftpd_service.auth.checkers.ldap:find_ldap"
    needs: ClassVar[str] = "ldap"
    url: str
    start_tls: bool = False
    authorities: str | None = None
    """The file of the authorities that may sign the server's certificate; None means those of this host."""
    bind: str = ""
    """The template of a person's DN; empty if the entry is searched."""
    search: LdapSearch | None = None
    name: str | None = None
    """The attribute whose value is the account's name; None means the attribute that is compared with it."""
    groups: tuple[tuple[str, str], ...] = ()
    """The DNs of groups, and the account's group for their members; the first decides."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """The attributes that supply settings of the account, by the keys of the configuration."""
    connections: int = 8
    contents: tuple[object, ...] = field(default=(), repr=False)
    """The content of the files above, once they are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpChecker(CheckerSettings):
    """A service to which names and passwords are posted as JSON, and which answers in JSON."""

    kind: ClassVar[str] = "http"
    finder: ClassVar[str] = "ftpd_service.auth.checkers.http:find_http"
    url: str
    headers_file: str | None = None
    """The file of headers that each request has."""
    authorities: str | None = None
    """The file of the authorities that may sign the server's certificate; None means those of this host."""
    connections: int = 8
    contents: tuple[object, ...] = field(default=(), repr=False)
    """The content of the files above, once they are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledChecker(CheckerSettings):
    """A checker of another package that is installed, by the name of its entry point."""

    kind: ClassVar[str] = ""
    remembering: ClassVar[Remembering] = Remembering.IF_ASKED
    finder: ClassVar[str] = "ftpd_service.auth.strangers:find_installed"
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)  # Any: what the checker's author declares


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthSettings:
    """The checkers in the order in which they are asked."""

    checkers: tuple[CheckerSettings, ...] = (AccountsChecker(),)
    verified_seconds: float = 300.0
    """The time for which an accepted login is remembered; 0 asks and hashes each time."""
