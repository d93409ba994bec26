"""The record of an account, which each login gets, and the settings from which the record is merged."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ftpd_service.errors import LoginRefused
from ftpd_service.login_hours import LoginHours
from ftpd_service.naming import Naming
from ftpd_service.path_rules import Folder, PathRule
from ftpd_service.resumption_mode import ResumptionMode
from ftpd_service.upload_policy import GivenUploads
from ftpd_service.values import Networks, Permissions

READ_ONLY = Permissions.LIST | Permissions.READ
"""The permissions of an account if no setting has any."""

_TEMPLATE = "{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The rates of a server, listener or account in bytes a second; None means no limit.  Listings are downloads."""

    upload: int | None = None
    """The rate of all its uploads together."""
    download: int | None = None
    upload_per_session: int | None = None
    """The rate of each session's uploads."""
    download_per_session: int | None = None

    def together(self, *, upload: bool) -> int | None:
        """Return the rate of all sessions together in one direction."""
        return self.upload if upload else self.download

    def per_session(self, *, upload: bool) -> int | None:
        """Return the rate of each session in one direction."""
        return self.upload_per_session if upload else self.download_per_session


NO_LIMITS = Rates()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The most that an account may store; None means no limit."""

    bytes: int | None = None
    files: int | None = None
    """The number of files; directories do not count."""


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
    """The settings of one account, of a group, or of `account_defaults`.

    None means that a setting is not given, so that the next layer decides: see ``accounts/layers.py``.
    """

    password: str | None = field(default=None, repr=False)
    """A hash in a known format, ``{plain}secret``, ``any``, or None if the entry itself cannot log in."""
    group: str | None = None
    """The group whose settings the account takes where it has none itself."""
    home: str | None = None
    """An absolute host path, in which ``{name}`` stands for the avatar id."""
    permissions: Permissions | None = None
    create_home: bool | None = None
    storage: StorageChoice | None = None
    sessions: int | None = None
    group_sessions: int | None = None
    """The cap on all sessions of a group together; only groups have it."""
    quota_bytes: int | None = None
    quota_files: int | None = None
    file_size: int | None = None
    free_space: int | None = None
    needs_tls: bool | None = None
    networks: Networks | None = None
    expires: date | None = None
    hours: LoginHours | None = None
    totp_file: str | None = None
    """A host path, in which ``{name}`` stands for the avatar id, or an empty text for none."""
    data_resumption: ResumptionMode | None = None
    data_protection_required: bool | None = None
    rules: tuple[PathRule, ...] | None = None
    folders: tuple[Folder, ...] | None = None
    hide: tuple[str, ...] | None = None
    refuse: tuple[str, ...] | None = None
    umask: int | None = None
    mode: int | None = None
    owner: str | None = None
    rates: Mapping[str, int | None] = field(default_factory=dict)
    """The given throttles, by the names of the fields of `Rates`; None is given too, and means no limit."""
    uploads: GivenUploads = ()
    names: Naming = field(default_factory=Naming)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account of a login, merged from all settings that apply to its avatar id."""

    name: str
    """The avatar id from the checker."""
    group: str | None = None
    home: str | None = None
    """The host path of its files, in which ``{name}`` stands for the avatar id, or None: see `home_path`."""
    create_home: bool = False
    """Whether a login makes a missing home."""
    permissions: Permissions = READ_ONLY
    rates: Rates = NO_LIMITS
    sessions: int | None = None
    """The most concurrent sessions, or None if the account has no cap."""
    group_sessions: int | None = None
    """The most concurrent sessions of all accounts of its group together."""
    quota_bytes: int | None = None
    """The sum in bytes of the sizes of its files may not exceed this; None means no limit."""
    quota_files: int | None = None
    file_size: int | None = None
    """The size in bytes of the largest file that it may upload, or None."""
    free_space: int = 0
    """Uploads are refused if less than so many bytes would stay free on the file system."""
    needs_tls: bool = False
    """Whether logins to the account need TLS."""
    networks: Networks | None = None
    """The networks from which it may log in; None means from everywhere."""
    expires: date | None = None
    """Its last day, by the server's local time; None means that it does not expire."""
    hours: LoginHours | None = None
    """The hours in which it may log in, by the server's local time; None means at any time."""
    totp_file: str | None = None
    """The file of the secret of its one-time codes, see `totp_path`; None or an empty text means no codes."""
    data_resumption: ResumptionMode | None = None
    """The demand on its data connections; None means the listener's demand."""
    data_protection_required: bool | None = None
    """Whether its transfers are refused while PROT is C; None means the general setting."""
    rules: tuple[PathRule, ...] = ()
    """The rules by path, which go before `permissions`."""
    folders: tuple[Folder, ...] = ()
    hide: tuple[str, ...] = ()
    """The patterns of names that are hidden, with everything below them."""
    refuse: tuple[str, ...] = ()
    """The patterns of names that may not be made."""
    umask: int | None = None
    """The bits that new files and directories do not get; None means the general setting."""
    mode: int | None = None
    """The mode of new files; None means that the umask decides."""
    owner: str | None = None
    """The owner of new files and directories, as ``user``, ``user:group`` or ``:group``; None means the service's."""
    uploads: GivenUploads = ()
    """The policy of its uploads, which goes before the general policy: see `policy.upload_places`."""
    names: Naming = field(default_factory=Naming)
    """Its keys of ``names``, which go before those of the listener; they count from the login on."""

    @property
    def quota(self) -> Quota | None:
        """Return the quota, or None without any."""
        if self.quota_bytes is None and self.quota_files is None:
            return None
        return Quota(bytes=self.quota_bytes, files=self.quota_files)

    def home_path(self) -> str | None:
        """Return the host path of the account's files, or None without a home.

        :raises LoginRefused: the avatar id is not allowed in the template.
        """
        return None if self.home is None else filled(self.home, self.name)

    def totp_path(self) -> str | None:
        """Return the host path of the secret of the account's one-time codes, or None if it needs no codes.

        :raises LoginRefused: the avatar id is not allowed in the template.
        """
        return filled(self.totp_file, self.name) if self.totp_file else None


class LiveAccount:
    """The account that all of its sessions share; what changes counts in each of them.

    :ivar account: the record in force.
    :ivar ended: why the sessions of the account end, or an empty text.
    """

    __slots__ = ("__weakref__", "account", "ended", "origin")

    def __init__(self, account: Account, origin: Origin | None = None) -> None:
        self.account = account
        self.origin = Origin() if origin is None else origin
        self.ended = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an account came from, so that it can be asked for again."""

    checker: str | None = None
    """The name of the checker that provides the account; None stands for the configuration."""
    answered: AccountSettings | None = None
    """The settings that a checker's answer brought."""


def filled(template: str, name: str) -> str:
    """Return a host path with the avatar id in the place of ``{name}``.

    :raises LoginRefused: the id is no harmless name for a directory.
    """
    if _TEMPLATE not in template:
        return template
    problem = unusable_in_path(name)
    if problem is not None:
        raise LoginRefused(f"account {name!r} cannot stand in the path {template!r}: {problem}")
    return template.replace(_TEMPLATE, name)


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
