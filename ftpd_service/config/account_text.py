"""The settings of an account from outside the file: answers of checkers, rows of a database, imports.

They have the same keys and forms as an entry of `accounts`, except for its password and its storage.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from ftpd_service.account import AccountSettings
from ftpd_service.config.account_sections import AccountDefaultsSection, GroupEntrySection, GroupSection
from ftpd_service.config.admission_words import shared_secret
from ftpd_service.config.build import account_settings
from ftpd_service.config.load import text_of
from ftpd_service.config.problems import dotted

_ONLY_IN_FILES = ("storage",)
"""Keys that name code of this host."""


def read_account(values: Mapping[str, object], *, folder: str) -> AccountSettings:
    """Return the settings for the keys and values of an account.

    :param folder: the directory from which relative paths are taken.
    :raises ValueError: at least one key or value is wrong; the text names each of them, without values of passwords.
    """
    return _read(values, AccountDefaultsSection, folder)


def read_group(values: Mapping[str, object], *, folder: str) -> AccountSettings:
    """Return the settings for the keys and values of a group; see `read_account`.

    :raises ValueError: at least one key or value is wrong.
    """
    settings = _read(values, GroupEntrySection, folder)
    problem = shared_secret(settings)
    if problem is not None:
        raise ValueError(f"totp_file: {problem}")
    return settings


def _read(values: Mapping[str, object], section: type[GroupSection], folder: str) -> AccountSettings:
    refused = [key for key in _ONLY_IN_FILES if key in values]
    if refused:
        raise ValueError(f"{', '.join(refused)}: only the configuration file may have this key")
    try:
        return account_settings(section.model_validate(dict(values), context=folder))
    except ValidationError as error:
        problems = error.errors(include_url=False)
        raise ValueError("; ".join(f"{dotted(one['loc'])}: {text_of(one)}" for one in problems)) from None
