"""Login state as three record types: the type says what a session may do, and mypy proves the storage exists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftpd_service.errors import FtpdError
from ftpd_service.interfaces import IStorage
from ftpd_service.values import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Anyone:
    """Nobody has said USER, or the last password was wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """USER was given and PASS is due."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A login: what it has, where its files are, and the logout to be called exactly once."""

    account: Account
    storage: IStorage
    logout: Callable[[], None]


LoginState = Anyone | Named | LoggedIn

LoginFailure = Callable[[FtpdError], None]
"""Is told once why a login fails: before the delay that is due, and also where the client has left."""
