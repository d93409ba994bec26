"""The accounts that a configuration file and its database have, and the files of an account, for the operator's tools.

No reactor is needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from twisted.internet.task import Clock

from ftpd_service.account import Account, LiveAccount
from ftpd_service.accounts.configured import ConfiguredAccounts
from ftpd_service.admin.database_of_file import account_store
from ftpd_service.auth.settings import DatabaseChecker
from ftpd_service.config.schema import Config
from ftpd_service.errors import FtpdError, LoginRefused, NotFound
from ftpd_service.interfaces import IStorage
from ftpd_service.runtime.stepping import answered
from ftpd_service.storage.account_tree import account_files
from ftpd_service.storage.holds import RunningUploads
from ftpd_service.storage.local.storage import LocalStorage
from ftpd_service.upload_policy import GivenUploads
from ftpd_service.values import ANONYMOUS, ANONYMOUS_NAMES, EntryKind, VirtualPath

T = TypeVar("T")


def account_of_file(config: Config, name: str) -> Account:
    """Return the account that a login under a name gets; an account of the database goes before that of the file.

    :raises LoginRefused: no such account may log in; the text says why.
    :raises click.ClickException: the database gives no answer.
    """
    if name not in config.accounts.accounts and name.lower() in ANONYMOUS_NAMES:
        name = ANONYMOUS
    if config.source is not None and any(isinstance(one, DatabaseChecker) for one in config.auth.checkers):
        account = account_store(config.source).usable(name)
        if account is not None:
            return account
    account = ConfiguredAccounts(config.accounts).otherwise(name, None)
    if account is None:
        text = "it has no entry in accounts, and there is no account_defaults"
        raise LoginRefused(f"there is no account {name!r}: {text}")
    return account


def object_at(config: Config, account: Account, path: VirtualPath) -> EntryKind | str | None:
    """Return the object at a path of an account now, None if the path is free, or the reason why it is unknown."""
    known = account.name if account.name in config.accounts.accounts else None
    if not config.accounts.has_local_files(known):
        return "the files are in a storage of another package, which is not asked"
    try:
        home = account.home_path()
        if home is None:
            return "the account has no home, so its logins are refused"
        if not os.path.lexists(home) and not account.create_home:
            return f"home {home} is missing, so its logins are refused until it is there"

        def files_of(host: str, uploads: GivenUploads = ()) -> IStorage:
            return LocalStorage(host, config.storage, _at_once, now=lambda: 0.0, hidden=RunningUploads())

        files = account_files(files_of(home), LiveAccount(account), files_of, clock=Clock())
        return answered(files.stat(path)).kind
    except NotFound:
        return None
    except FtpdError as problem:
        return f"the files cannot be looked at by this user ({problem})"


async def _at_once(call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
    return call()
