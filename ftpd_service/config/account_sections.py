"""The declarations of ``accounts`` and ``account_defaults``, and of the throttles that several sections have."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from ftpd_service.config import admission_sections, forms, name_sections, rule_sections, upload_sections
from ftpd_service.config.forms import Form
from ftpd_service.config.problems import found
from ftpd_service.config.section import Section, absent, key, required


class RatesSection(Section):
    """Throttles for uploads, downloads and listings: of all sessions together, and of each session."""

    upload: forms.Rate = key(
        None, "The highest rate of all uploads of these sessions together.", to="rates.upload", example="100MiB/s"
    )
    download: forms.Rate = key(
        None,
        "The highest rate of all downloads and listings of these sessions together.",
        to="rates.download",
        example="100MiB/s",
    )
    upload_per_session: forms.Rate = key(
        None, "The highest rate of each session's uploads.", to="rates.upload_per_session", example="10MiB/s"
    )
    download_per_session: forms.Rate = key(
        None,
        "The highest rate of each session's downloads and listings.",
        to="rates.download_per_session",
        example="10MiB/s",
    )


class AccountLimitsSection(RatesSection):
    """Caps and throttles of one account."""

    sessions: forms.OwnCount = key(
        None,
        "The most concurrent sessions. Absent: the value of ``limits.sessions_per_account``.",
        to="sessions",
        example="4",
    )
    file_size: forms.OwnSize = key(
        None,
        "The size of the largest file that the account may upload. Absent: the value of ``limits.file_size``.",
        to="file_size",
        example="2GiB",
    )


class QuotaSection(Section):
    """The most that an account may store."""

    bytes: forms.OwnSize = key(
        None, "The sum of the sizes of its files. Absent: no limit.", to="quota_bytes", example="10GiB"
    )
    files: forms.OwnCount = key(
        None, "The number of its files; directories do not count. Absent: no limit.", to="quota_files", example="100000"
    )


class GroupLimitsSection(AccountLimitsSection):
    """Caps and throttles of the accounts of a group."""

    group_sessions: forms.OwnCount = key(
        None,
        "The most concurrent sessions of all accounts of the group together. Absent: no cap.",
        to="group_sessions",
        example="50",
    )


class StorageSection(Section):
    """The key `storage` where it is more than a word.  Without `python`: the word local."""

    python: Annotated[str | None, forms.text(), Form("package.module:Name", {"type": "string"}, told=None)] = required(
        "The class, which provides ``IStorage`` and is called once a login: docs/extending.rst.", to="storage.python"
    )
    options: forms.Options = key({}, "Keyword arguments of the class, behind the login.", to="storage.options")
    timeout: forms.Duration = key(
        "10s",
        "How long the class may take; then the login fails for now (421).",
        to="storage.timeout_seconds",
    )


def _storage(value: object) -> object:
    if isinstance(value, dict):
        return value
    if value == "local":
        return StorageSection.model_construct(python=None, options={}, timeout=10.0)
    raise ValueError(f'expected local, or a mapping such as {{python: "acme.store:Storage"}}, found {found(value)}')


class GroupSection(Section):
    """A template of accounts, which take the keys that they leave out from it."""

    home: forms.HomePath = key(
        None,
        "The directory that the account sees as ``/``. ``{name}`` stands for the account's name; the server refuses "
        "names there that are empty, begin with a dot, or contain a slash or a control character. An account without "
        "a home cannot log in.",
        to="home",
        example='"/srv/ftp/{name}"',
    )
    permissions: forms.Rights = key(
        None,
        "``read`` grants list and read. ``write`` also grants create, append and make-directory. ``all`` grants every "
        "permission. A list contains single permissions: ``list``, ``read``, ``create``, ``overwrite``, ``append``, "
        "``delete``, ``rename``, ``make-directory``, ``remove-directory``, ``attributes``. For example, ``[create]`` "
        "is a drop box whose users see nothing. Without a value: ``read``.",
        to="permissions",
        example="all",
    )
    create_home: forms.OwnBoolean = key(
        None,
        "Whether a login creates a missing home. If false, that login is refused (530). Without a value: ``false``.",
        to="create_home",
        example="true",
    )
    storage: Annotated[
        StorageSection | None,
        BeforeValidator(_storage),
        Form("local, or a mapping", {"enum": ["local"]}, told=None),
    ] = key(
        None,
        "The files of the account. ``local``: those below ``home`` on this host. A mapping: a storage of another kind, "
        "by the dotted path of its class; it may do without ``home``, and decides itself how uploads are written, "
        "while permissions and limits hold for it too. A checker that brings the storage of its accounts goes before "
        "this key. An account without the key takes that of its group, of ``account_defaults``, and then ``local``.",
        example='{python: "acme.store:Storage", options: {bucket: "uploads"}, timeout: 10s}',
    )
    tls: forms.OwnDemand = key(
        None,
        "``required``: the account cannot log in without TLS. If any account has this value, passwords of unknown "
        "names are not checked without TLS either. Without a value: ``optional``.",
        to="needs_tls",
        example="optional",
    )
    data_resumption: forms.OwnResumption = key(
        None,
        "As ``tls.data_resumption``, for the account's data connections on every listener. Without a value: the "
        "listener's value.",
        to="data_resumption",
        example="report",
    )
    data_protection: forms.OwnDemand = key(
        None,
        "As ``tls.data_protection``, for the account's transfers. Without a value: the value of "
        "``tls.data_protection``.",
        to="data_protection_required",
        example="optional",
    )
    quota: Annotated[QuotaSection, BeforeValidator(absent)] = key(
        {},
        "The most that the account may store in its home. An upload that would exceed it is refused with 552, before "
        "its first byte if possible: docs/quotas.rst. A quota that is new counts at the next login.",
    )
    limits: Annotated[AccountLimitsSection, BeforeValidator(absent)] = key(
        {}, "Caps and throttles of each such account. Absent: the values of ``account_defaults``."
    )
    networks: admission_sections.FromNetworks = admission_sections.NETWORKS
    expires: admission_sections.Expires = admission_sections.EXPIRES
    hours: admission_sections.Hours = admission_sections.HOURS
    totp_file: admission_sections.TotpFile = admission_sections.TOTP_FILE
    rules: rule_sections.RuleList = rule_sections.RULES
    folders: rule_sections.FolderMap = rule_sections.FOLDERS
    hide: forms.Patterns = rule_sections.HIDE
    refuse: forms.Patterns = rule_sections.REFUSE
    umask: forms.OwnUmask = rule_sections.UMASK
    mode: forms.FileMode = rule_sections.MODE
    owner: forms.Owner = rule_sections.OWNER
    uploads: upload_sections.OwnUploads = upload_sections.OF_ACCOUNT
    names: name_sections.OwnNames = name_sections.NAMES_OF_ACCOUNT


class GroupEntrySection(GroupSection):
    """One group of the file."""

    limits: Annotated[GroupLimitsSection, BeforeValidator(absent)] = key(
        {}, "Caps and throttles of each account of the group, and of the group."
    )


class AccountDefaultsSection(GroupSection):
    """Defaults for all accounts, and for names that a checker other than ``accounts`` accepted."""

    group: forms.GroupName = key(
        None,
        "The group in ``groups`` whose settings apply where the account has none itself; they go before those of "
        "``account_defaults``.",
        to="group",
        example="customers",
    )


class AccountSection(AccountDefaultsSection):
    """One account of the file.  Its group and `account_defaults` supply the keys that it leaves out."""

    password: forms.Password = key(
        None,
        "A hash (``$argon2id$``, ``$argon2i$``, ``$scrypt$``, ``$2b$``, ``$6$``, ``$5$``), ``{plain}secret``, or "
        "``any``. Without a password the account cannot log in through the checker ``accounts``.",
        to="password",
        example='"$argon2id$v=19$m=65536,t=3,p=4$9yXhT9aDJekThJ1z/m5xsw$g9anSpHrNx2/+L66yg6ffEiCqw8Xuc7fVo7Rpnj+woM"',
    )
    password_file: forms.PasswordFile = key(
        None,
        "A file whose only line is a value for ``password``. The server reads it together with the configuration.",
        to="password",
        example="bob.hash",
    )
