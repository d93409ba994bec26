"""The accounts of the configuration file, merged with `account_defaults`.

``{name}`` in a home is replaced by the avatar id, once, and only if the id is a harmless name for a directory.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from zope.interface import implementer

from ftpd_service.accounts.settings import AccountSettings, AccountsSettings
from ftpd_service.errors import LoginRefused
from ftpd_service.interfaces import IAccounts
from ftpd_service.policy.throttles import NO_LIMITS, Rates
from ftpd_service.values import ANONYMOUS, ANONYMOUS_NAMES, Account, Permissions

READ_ONLY = Permissions.LIST | Permissions.READ
"""The permissions of an account if neither its entry nor the defaults have any."""

_TEMPLATE = "{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The directory of an account's files on the host, and whether a login makes a missing directory."""

    path: str
    create: bool
    permissions: Permissions


@implementer(IAccounts)
class ConfiguredAccounts:
    """The accounts of the configuration file, by avatar id."""

    def __init__(self, settings: AccountsSettings) -> None:
        self._settings = settings
        self._defaults = settings.defaults or AccountSettings()

    async def account(self, name: str) -> Account | None:
        """Return the account of an avatar id, or None if there is neither an entry nor defaults."""
        entry = self._entry(name)
        if entry is None:
            return None
        caps = (entry.sessions, self._defaults.sessions, self._settings.sessions)
        sessions = next((cap for cap in caps if cap is not None), None)
        return Account(
            name=name,
            sessions=sessions,
            needs_tls=self._needs_tls(entry),
            data_resumption=entry.data_resumption or self._defaults.data_resumption,
            data_protection_required=self._protection(entry),
        )

    async def password_hash(self, name: str) -> str | None:
        """Return the stored password of an entry; the defaults never have a password."""
        entry = self._settings.accounts.get(name)
        return None if entry is None else entry.password

    def decoys(self) -> tuple[str, ...]:
        """Return the stored passwords of all entries, which determine the cost of an unknown name."""
        return tuple(entry.password for entry in self._settings.accounts.values() if entry.password is not None)

    def clear_logins(self) -> frozenset[str] | None:
        """Return the only names whose passwords may be checked in clear, or None if no account needs TLS."""
        entries = self._settings.accounts
        clear = {name for name, entry in entries.items() if not self._needs_tls(entry)}
        if len(clear) == len(entries) and not self._needs_tls(self._defaults):
            return None
        return frozenset(clear | ANONYMOUS_NAMES if ANONYMOUS in clear else clear)

    def home(self, name: str) -> Home:
        """Return the home of an avatar id that `account` knows, from its entry or from the defaults.

        :raises LoginRefused: there is no home, or the id is not allowed in its template.
        """
        path = self.home_path(name)
        if path is None:
            raise LoginRefused(f"account {name!r} has no home: neither accounts.<name>.home nor account_defaults.home")
        return Home(path=path, create=self.creates_home(name), permissions=self.permissions(name))

    def home_path(self, name: str) -> str | None:
        """The path of that home, or None where there is no home.

        :raises LoginRefused: the id must not stand in its template.
        """
        entry = self._entry(name)
        template = None if entry is None else entry.home or self._defaults.home
        if template is None or _TEMPLATE not in template:
            return template
        problem = unusable_in_path(name)
        if problem is not None:
            raise LoginRefused(f"account {name!r} cannot stand in the home {template!r}: {problem}")
        return template.replace(_TEMPLATE, name)

    def permissions(self, name: str) -> Permissions:
        """Return the permissions of an avatar id: its own, the defaults', `READ_ONLY`, or NONE for an unknown id."""
        entry = self._entry(name)
        if entry is None:
            return Permissions.NONE
        if entry.permissions is not None:
            return entry.permissions
        return READ_ONLY if self._defaults.permissions is None else self._defaults.permissions

    def rates(self, name: str) -> Rates:
        """Return the throttles of an avatar id."""
        entry = self._entry(name)
        return NO_LIMITS if entry is None else entry.rates

    def _protection(self, entry: AccountSettings) -> bool | None:
        own = entry.data_protection_required
        return self._defaults.data_protection_required if own is None else own

    def _needs_tls(self, entry: AccountSettings) -> bool:
        return bool(self._defaults.needs_tls if entry.needs_tls is None else entry.needs_tls)

    def creates_home(self, name: str) -> bool:
        """Whether the missing home of an avatar id is made."""
        entry = self._entry(name)
        own = None if entry is None else entry.create_home
        return bool(self._defaults.create_home if own is None else own)

    def _entry(self, name: str) -> AccountSettings | None:
        return self._settings.accounts.get(name, self._settings.defaults)


def unusable_in_path(name: str) -> str | None:
    """Return the reason against an avatar id in a host path, or None if it is harmless."""
    if not name:
        return "it is empty"
    if name.startswith("."):
        return "it begins with a dot"
    if "/" in name:
        return "it contains a slash"
    if any(unicodedata.category(character) == "Cc" for character in name):
        return "it contains a control character"
    return None
