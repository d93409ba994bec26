"""The interfaces of logins and accounts; those of files and connections are in ``interfaces.py``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from zope.interface import Interface

from ftpd_service.account import Account, LiveAccount
from ftpd_service.errors import FtpdError
from ftpd_service.interfaces import IStorage
from ftpd_service.values import Password, Peer


class LogoutOf(Protocol):
    """The logout of a login, which acts once.

    :ivar checker: the checker that accepted the login, as `ftpd_service.errors.LoginError.checker`.
    """

    checker: str

    def __call__(self) -> None:
        """End the login."""


class ILogin(Interface):
    """The login, which returns the account, its storage, and a logout to be called once; `failed` learns a reason."""

    async def needs_tls(name: bytes) -> bool:
        """Return whether the password of a name is checked under TLS only, or raise LoginUnavailable."""

    async def login(
        name: bytes, password: Password, peer: Peer, *, failed: Callable[[FtpdError], None], session: str = ""
    ) -> tuple[LiveAccount, IStorage, LogoutOf]:
        """Log in by password, or raise LoginRefused, LoginUnavailable, or LimitReached for the account's cap."""

    async def login_certified(
        name: bytes, peer: Peer, *, failed: Callable[[FtpdError], None]
    ) -> tuple[LiveAccount, IStorage, LogoutOf]:
        """Log in without a password to the account that a client certificate has proved (RFC 4217 section 10)."""


class IAccounts(Interface):
    """Accounts by avatar id, from the configuration, a database or a checker.

    An error of the source is a LoginUnavailable: the login fails for now, and live sessions keep their account.
    """

    async def account(name: str) -> Account | None:
        """Return the account, or None if the source does not have it: then the configuration is asked.

        A login asks twice: for the name as it was typed, before its checker gets the password, as the account may need
        a one-time code; and for the avatar id of a login that was accepted.

        :raises LoginRefused: the account is disabled, or not usable; the text is for the log.
        :raises LoginUnavailable: the source does not answer.
        """

    async def needs_tls(name: str) -> bool | None:
        """Return whether passwords of a name are checked under TLS only, or None if the source does not have it.

        :raises LoginUnavailable: the source does not answer.
        """

    async def some_need_tls() -> bool:
        """Return whether any account needs TLS; then passwords of unknown names are not checked in clear either.

        :raises LoginUnavailable: the source does not answer.
        """


class IPasswords(Interface):
    """The stored passwords of accounts."""

    async def stored(name: str) -> str | None:
        """Return the stored password of an account, or None: it is unknown, or has no password of its own.

        :raises LoginUnavailable: the source does not answer.
        """

    def decoys() -> tuple[str, ...]:
        """Return stored passwords that unknown names are checked against, so that they cost what known names cost."""
