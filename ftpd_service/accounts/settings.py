"""The frozen settings of accounts, which `graph.py` passes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ftpd_service.policy.throttles import NO_LIMITS, Rates
from ftpd_service.values import Permissions, ResumptionMode


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageChoice:
    """The storage that an account names."""

    python: str | None = None
    """The class, as ``package.module:Name``; None: local files."""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)  # Any: the storage's author declares them
    timeout_seconds: float = 10.0
    """How long a login waits for the class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """One entry of `accounts`, or `account_defaults`."""

    password: str | None = field(default=None, repr=False)
    """A hash in a known format, ``{plain}secret``, ``any``, or None if the entry itself cannot log in."""
    home: str | None = None
    """An absolute host path, in which ``{name}`` stands for the avatar id.  None means the defaults' home."""
    permissions: Permissions | None = None
    """The permissions; None means those of the defaults."""
    create_home: bool | None = None
    """Whether a login makes a missing home.  None means the defaults' value."""
    storage: StorageChoice | None = None
    """None means the defaults' storage, or local files if the defaults name no storage."""
    sessions: int | None = None
    """The most concurrent sessions.  None means `limits.sessions_per_account`."""
    needs_tls: bool | None = None
    """Whether logins need TLS.  None means the defaults' value."""
    data_resumption: ResumptionMode | None = None
    """The demand on its protected data connections.  None means the defaults' value, then the listener's."""
    data_protection_required: bool | None = None
    """Whether its transfers are refused while PROT is C.  None means the defaults' value, then that of ``tls``."""
    rates: Rates = NO_LIMITS
    """The throttles of this entry, with the defaults' throttles where the entry has no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsSettings:
    """All accounts of the file, and the defaults for others."""

    accounts: Mapping[str, AccountSettings] = field(default_factory=dict)
    defaults: AccountSettings | None = None
    """The values for avatar ids without an entry, and for omitted keys.  With None an unknown name gets nothing."""
    sessions: int | None = None
    """`limits.sessions_per_account`, or None for no cap."""

    def has_local_files(self, name: str | None) -> bool:
        """Whether the files of an account are those of its home; None stands for accounts without an entry."""
        own = None if name is None else self.accounts[name].storage
        choice = own or (None if self.defaults is None else self.defaults.storage)
        return choice is None or choice.python is None
