"""How an entry of ``accounts`` looks, what accounts share in ``account_defaults``, and the rates that stand in several
sections.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from ftpd_service.config import forms
from ftpd_service.config.forms import Form
from ftpd_service.config.problems import found
from ftpd_service.config.section import Section, absent, key, required


class RatesSection(Section):
    """How fast bytes may go, listings too: of all sessions that the limits are for, and of each of them."""

    upload: forms.Rate = key(None, "The rate of all their uploads together.", to="rates.upload", example="100MiB/s")
    download: forms.Rate = key(
        None, "The rate of all their downloads and listings together.", to="rates.download", example="100MiB/s"
    )
    upload_per_session: forms.Rate = key(
        None, "The rate of each session's uploads.", to="rates.upload_per_session", example="10MiB/s"
    )
    download_per_session: forms.Rate = key(
        None, "The rate of each session's downloads and listings.", to="rates.download_per_session", example="10MiB/s"
    )


class AccountLimitsSection(RatesSection):
    """Caps and rates of one account."""

    sessions: forms.OwnCount = key(
        None, "The most sessions at once. Absent: as ``limits.sessions_per_account`` says.", to="sessions", example="4"
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


class AccountDefaultsSection(Section):
    """What accounts get that do not say otherwise, and names that another checker accepted."""

    home: forms.HomePath = key(
        None,
        "The directory that the account sees as ``/``. A name that is empty, begins with a dot, or holds a slash or a "
        "control character is refused where ``{name}`` stands. Without a home nobody logs in.",
        to="home",
        example='"/srv/ftp/{name}"',
    )
    permissions: forms.Rights = key(
        None,
        "``read`` is list and read; ``write`` is list, read, create, append and make-directory; or a list of ``list``, "
        "``read``, ``create``, ``overwrite``, ``append``, ``delete``, ``rename``, ``make-directory``, "
        "``remove-directory``, ``attributes``, in which each word means itself alone: ``[create]`` is a drop box whose "
        "users see nothing. Without any: ``read``.",
        to="permissions",
        example="all",
    )
    create_home: forms.OwnBoolean = key(
        None,
        "Whether a missing home is made at login; else that login is refused (530). Without any: ``false``.",
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
        "this key. An account without the key takes that of ``account_defaults``, and then ``local``.",
        example='{python: "acme.store:Storage", options: {bucket: "uploads"}, timeout: 10s}',
    )
    tls: forms.OwnDemand = key(
        None,
        "``required``: nobody logs in to the account in clear. As soon as it stands anywhere, the passwords of unknown "
        "names are not looked at in clear either. Without any: ``optional``.",
        to="needs_tls",
        example="optional",
    )
    data_resumption: forms.OwnResumption = key(
        None,
        "As ``tls.data_resumption``, for the account's data connections, on whatever listener. Without any: what the "
        "listener says.",
        to="data_resumption",
        example="report",
    )
    data_protection: forms.OwnDemand = key(
        None,
        "As ``tls.data_protection``, for the account's transfers. Without any: what ``tls.data_protection`` says.",
        to="data_protection_required",
        example="optional",
    )
    limits: Annotated[AccountLimitsSection, BeforeValidator(absent)] = key(
        {}, "Caps and rates of each such account. Absent: those of ``account_defaults``."
    )


class AccountSection(AccountDefaultsSection):
    """One account of the file.  What it leaves out stands in `account_defaults`."""

    password: forms.Password = key(
        None,
        "A hash (``$argon2id$``, ``$argon2i$``, ``$scrypt$``, ``$2b$``, ``$6$``, ``$5$``), ``{plain}secret``, or "
        "``any``. Without one the account cannot log in by the checker ``accounts``.",
        to="password",
        example='"$argon2id$v=19$m=65536,t=3,p=4$9yXhT9aDJekThJ1z/m5xsw$g9anSpHrNx2/+L66yg6ffEiCqw8Xuc7fVo7Rpnj+woM"',
    )
    password_file: forms.PasswordFile = key(
        None,
        "A file whose only line is what ``password`` would be; read when the configuration is.",
        to="password",
        example="bob.hash",
    )
