"""Settings of accounts: frozen, handed in by `graph.py`."""

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
    """A hash in one of the named formats, ``{plain}secret``, ``any``, or None: this entry cannot log in by itself."""
    home: str | None = None
    """Absolute host path; ``{name}`` stands for the avatar id.  None: the defaults' home."""
    permissions: Permissions | None = None
    """None: the defaults' permissions."""
    create_home: bool | None = None
    """Whether a missing home is made at login.  None: as the defaults say."""
    storage: StorageChoice | None = None
    """None: the defaults' storage, and without any local files."""
    sessions: int | None = None
    """The most sessions at once.  None: `limits.sessions_per_account`."""
    needs_tls: bool | None = None
    """Whether nobody may log in to it in clear.  None: as the defaults say."""
    data_resumption: ResumptionMode | None = None
    """What is asked of its protected data connections.  None: as the defaults say, and then the listener."""
    data_protection_required: bool | None = None
    """Whether its transfers are refused while PROT is C.  None: as the defaults say, and then ``tls``."""
    rates: Rates = NO_LIMITS
    """What the file says of this entry, and where that is silent of the defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsSettings:
    """All accounts of the file, and what the others get."""

    accounts: Mapping[str, AccountSettings] = field(default_factory=dict)
    defaults: AccountSettings | None = None
    """For avatar ids without an entry, and for what entries leave out; None: a name without an entry gets nothing."""
    sessions: int | None = None
    """`limits.sessions_per_account`, or None for no cap."""

    def has_local_files(self, name: str | None) -> bool:
        """Whether the files of an account are those of its home; None stands for accounts without an entry."""
        own = None if name is None else self.accounts[name].storage
        choice = own or (None if self.defaults is None else self.defaults.storage)
        return choice is None or choice.python is None
