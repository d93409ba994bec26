"""The frozen settings of logins, which `graph/` passes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsChecker:
    """The accounts of the configuration file (``accounts`` in `auth.checkers`)."""

    timeout_seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StrcredChecker:
    """An installed plug-in of `twisted.cred.strcred`, by its description."""

    description: str
    timeout_seconds: float = 10.0
    final: bool = False
    """Whether its UnauthorizedLogin ends the search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonChecker:
    """An importable ICredentialsChecker, as ``package.module:Name``, which is made with keyword arguments."""

    path: str
    options: Mapping[str, Any] = field(default_factory=dict)  # Any: what the checker's author declares
    timeout_seconds: float = 10.0
    final: bool = False


CheckerSettings = AccountsChecker | StrcredChecker | PythonChecker


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthSettings:
    """The checkers in the order in which they are asked."""

    checkers: tuple[CheckerSettings, ...] = (AccountsChecker(),)
    verified_seconds: float = 300.0
    """The time for which a correct password is not hashed again; 0 hashes it each time."""
