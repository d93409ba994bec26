"""The frozen settings of logins, which the graph passes on: a record for each kind of checker.

A new kind is a subclass of `CheckerSettings` here, its section in ``config/auth_sections.py``, and a function that
finds it, which `finder` names: ``auth/plugins.py`` imports that function only if the configuration has such an entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerSettings:
    """The settings that every entry of `auth.checkers` has."""

    kind: ClassVar[str]
    """The key of the entry's kind in the file."""
    finder: ClassVar[str]
    """The dotted path of a function that takes these settings and returns a `FoundChecker`."""
    needs: ClassVar[str] = ""
    """The extra of this package that installs the libraries of this kind, or an empty text."""
    timeout_seconds: float = 10.0
    final: bool = False
    """Whether its UnauthorizedLogin ends the search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsChecker(CheckerSettings):
    """The accounts of the configuration file."""

    kind: ClassVar[str] = "accounts"
    finder: ClassVar[str] = "ftpd_service.auth.checkers.configured:find_accounts"


@dataclass(frozen=True, slots=True, kw_only=True)
class StrcredChecker(CheckerSettings):
    """An installed plug-in of `twisted.cred.strcred`, by its description."""

    kind: ClassVar[str] = "strcred"
    finder: ClassVar[str] = "ftpd_service.auth.strangers:find_strcred"
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonChecker(CheckerSettings):
    """An importable ICredentialsChecker, as ``package.module:Name``, which is made with keyword arguments."""

    kind: ClassVar[str] = "python"
    finder: ClassVar[str] = "ftpd_service.auth.strangers:find_python"
    path: str
    options: Mapping[str, Any] = field(default_factory=dict)  # Any: what the checker's author declares


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledChecker(CheckerSettings):
    """A checker of another package that is installed, by the name of its entry point."""

    kind: ClassVar[str] = ""
    finder: ClassVar[str] = "ftpd_service.auth.strangers:find_installed"
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)  # Any: what the checker's author declares


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthSettings:
    """The checkers in the order in which they are asked."""

    checkers: tuple[CheckerSettings, ...] = (AccountsChecker(),)
    verified_seconds: float = 300.0
    """The time for which a correct password is not hashed again; 0 hashes it each time."""
