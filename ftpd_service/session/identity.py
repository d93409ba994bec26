"""The login state as three record types, so that mypy proves that a session with a login has a storage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftpd_service.account import Account, LiveAccount
from ftpd_service.errors import FtpdError
from ftpd_service.interfaces import IStorage


@dataclass(frozen=True, slots=True, kw_only=True)
class Anyone:
    """The session has had no USER yet, or its last password was wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """USER was given and PASS is due."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A login, with its account, its storage, and the logout that must be called exactly once."""

    live: LiveAccount
    storage: IStorage
    logout: Callable[[], None]

    @property
    def account(self) -> Account:
        """Return the account in force."""
        return self.live.account


LoginState = Anyone | Named | LoggedIn

LoginFailure = Callable[[FtpdError], None]
"""The function that learns once why a login fails: before the delay of the answer, and also if the client has left."""
