"""The accounts of the configuration file, merged with their groups and `account_defaults`."""

from __future__ import annotations

from zope.interface import implementer

from ftpd_service.account import Account, AccountSettings
from ftpd_service.accounts.layers import Layers
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.login_interfaces import IAccounts, IPasswords
from ftpd_service.values import ANONYMOUS, ANONYMOUS_NAMES


@implementer(IAccounts, IPasswords)
class ConfiguredAccounts:
    """The accounts of the configuration file that have an entry, by avatar id."""

    def __init__(self, settings: AccountsSettings) -> None:
        self._entries = settings.accounts
        self._layers = Layers(groups=settings.groups, defaults=settings.defaults, limits=settings.limits)
        # The settings never change, and both are asked for at logins, whatever the number of accounts.
        self._decoys = tuple(entry.password for entry in self._entries.values() if entry.password is not None)
        self._some_need_tls: bool | None = None
        self._merged: dict[str, Account] = {}

    async def account(self, name: str) -> Account | None:
        """Return the account of an avatar id, or None if it has no entry.

        :raises LoginRefused: the group of the account is not defined.
        """
        merged = self._merged.get(name)
        if merged is None and name in self._entries:
            merged = self._merged[name] = self._layers.account(name, self._entries[name])
        return merged

    def otherwise(self, name: str, answered: AccountSettings | None) -> Account | None:
        """Return the account of an id that another checker has accepted, or None without any settings for it.

        :param answered: settings that go before those of the configuration.
        :raises LoginRefused: the group of the account is not defined.
        """
        own = [one for one in (answered, self._entries.get(name)) if one is not None]
        if not own and self._layers.defaults is None:
            return None
        return self._layers.account(name, *own)

    async def needs_tls(self, name: str) -> bool | None:
        """Return whether passwords of a name are checked under TLS only, or None if no entry has the name."""
        name = ANONYMOUS if name not in self._entries and name.lower() in ANONYMOUS_NAMES else name
        entry = self._entries.get(name)
        return None if entry is None else self._layers.needs_tls(name, entry)

    async def some_need_tls(self) -> bool:
        """Return whether any account needs TLS, the accounts that only `account_defaults` knows included."""
        if self._some_need_tls is None:
            defaults = self._layers.defaults
            self._some_need_tls = (defaults is not None and self._layers.needs_tls("", defaults)) or any(
                self._layers.needs_tls(name, entry) for name, entry in self._entries.items()
            )
        return self._some_need_tls

    async def stored(self, name: str) -> str | None:
        """Return the stored password of an entry; groups and defaults never have a password."""
        entry = self._entries.get(name)
        return None if entry is None else entry.password

    def decoys(self) -> tuple[str, ...]:
        """Return the stored passwords of all entries, which determine the cost of an unknown name."""
        return self._decoys
