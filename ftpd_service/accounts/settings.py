"""The frozen settings of accounts, which `graph/` passes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ftpd_service.account import AccountSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsSettings:
    """All accounts of the file, the groups, and the defaults for others."""

    accounts: Mapping[str, AccountSettings] = field(default_factory=dict)
    groups: Mapping[str, AccountSettings] = field(default_factory=dict)
    defaults: AccountSettings | None = None
    """The values for avatar ids without an entry, and for omitted keys.  With None an unknown name gets nothing."""
    limits: AccountSettings = field(default_factory=AccountSettings)
    """The settings of ``limits`` that hold for accounts without their own."""

    def entries(self) -> Iterator[tuple[tuple[str, ...], AccountSettings]]:
        """Yield the path of keys and the settings of the defaults, of each group, and of each account."""
        if self.defaults is not None:
            yield ("account_defaults",), self.defaults
        for section, entries in (("groups", self.groups), ("accounts", self.accounts)):
            yield from (((section, name), entry) for name, entry in entries.items())

    def has_local_files(self, name: str | None) -> bool:
        """Whether the files of an account are those of its home; None stands for accounts without an entry."""
        own = AccountSettings() if name is None else self.accounts[name]
        choice = own.storage or self.below(own).storage
        return choice is None or choice.python is None

    def below(self, entry: AccountSettings) -> AccountSettings:
        """Return the home and the storage that an entry takes from its group, or else from the defaults."""
        defaults = self.defaults or AccountSettings()
        group = self.groups.get(entry.group or defaults.group or "", AccountSettings())
        return AccountSettings(home=group.home or defaults.home, storage=group.storage or defaults.storage)
