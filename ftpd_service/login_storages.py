"""The choice of a login's storage: the key ``storage`` of its account, or else the files of its home."""

from __future__ import annotations

import inspect
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from twisted.internet.interfaces import IReactorTime

from ftpd_service.account import Account, LiveAccount, StorageChoice
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.auth.ordered import answer_of
from ftpd_service.auth.realm import logout_of
from ftpd_service.errors import LoginRefused, LoginUnavailable, TemporarilyUnavailable
from ftpd_service.interfaces import IStorage
from ftpd_service.local_homes import LocalHomes
from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.runtime.stepping import deferred
from ftpd_service.storage.account_tree import account_files, permitted_tree
from ftpd_service.storage.change_recorder import Recording
from ftpd_service.storage.copying import Copies
from ftpd_service.storage.ledger import Ledger
from ftpd_service.storage.ledgers import Ledgers
from ftpd_service.storage.limited import Limited
from ftpd_service.storage.named import NamedStorage, StorageLogin, checked, find_storage
from ftpd_service.storage.shell.storage import as_storage
from ftpd_service.upload_policy import GivenUploads
from ftpd_service.values import Peer

KeyPath = tuple[str, ...]

_OF_DEFAULTS = ("account_defaults", "storage")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedStorages:
    """The storages that the accounts of a configuration name; None stands for the files of a home."""

    own: Mapping[str, NamedStorage | None]
    """The storages of accounts that have the key themselves."""
    groups: Mapping[str, NamedStorage | None]
    others: NamedStorage | None

    def of(self, account: Account) -> NamedStorage | None:
        """Return the storage of an account: its own, its group's, or that of the defaults."""
        if account.name in self.own:
            return self.own[account.name]
        return self.groups.get(account.group or "", self.others)


def find_storages(settings: AccountsSettings) -> NamedStorages:
    """Import the storages that a configuration names; waits for disks.

    :raises PluginProblem: for the first storage that cannot be used; the text begins with its key.
    """
    own: dict[str, NamedStorage | None] = {}
    groups: dict[str, NamedStorage | None] = {}
    others = None
    for path, choice in _choices(settings):
        try:
            found = _found(path, choice)
        except PluginProblem as problem:
            raise PluginProblem(f"{'.'.join(path)}: {problem}") from None
        if path == _OF_DEFAULTS:
            others = found
        else:
            (groups if path[0] == "groups" else own)[path[1]] = found
    return NamedStorages(own=own, groups=groups, others=others)


def storage_problems(settings: AccountsSettings) -> Iterator[tuple[KeyPath, str]]:
    """Yield the key and the mistake of each storage that cannot be used; waits for disks."""
    for path, choice in _choices(settings):
        try:
            _found(path, choice)
        except PluginProblem as problem:
            yield path, str(problem)


def _choices(settings: AccountsSettings) -> Iterator[tuple[KeyPath, StorageChoice]]:
    for path, entry in settings.entries():
        if entry.storage is not None:
            yield (*path, "storage"), entry.storage


def _found(path: KeyPath, choice: StorageChoice) -> NamedStorage | None:
    if choice.python is None:
        return None
    return find_storage(".".join(path), choice.python, options=choice.options, timeout_seconds=choice.timeout_seconds)


class LoginStorages:
    """Gives each login its storage, within the permissions of its account."""

    def __init__(
        self,
        homes: LocalHomes,
        named: NamedStorages,
        *,
        ledgers: Ledgers,
        copies: Copies,
        clock: IReactorTime,
        recording: Recording | None = None,
    ) -> None:
        """Take the parts of all logins.

        :param recording: records changes of files; None without an outbox.
        """
        self._homes = homes
        self._recording = recording
        self._copies = copies
        self._named = named
        self._ledgers = ledgers
        self._clock = clock

    async def at_home(self, live: LiveAccount, peer: Peer | None) -> IStorage:
        """Return the files of the account's home and folders.

        :raises LoginRefused: there is no home, or the avatar id may not stand in a path of the host.
        :raises LoginUnavailable: the threads of the account or the host hang.
        """
        account = live.account
        path = account.home_path()
        if path is None:
            text = "neither accounts.<name>.home nor account_defaults.home"
            raise LoginRefused(f"account {account.name!r} has no home: {text}")
        return self._tree(await self._homes.open(path, account, peer), live, peer)

    def named(self, account: Account, peer: Peer | None) -> Coroutine[Any, Any, object] | None:
        """Return the object that the account's class makes for a login, or None if the account names no class."""
        storage = self._named.of(account)
        return None if storage is None else self._make(storage, account, peer)

    def adopted(self, live: LiveAccount, given: object, peer: Peer | None) -> IStorage:
        """Return a storage from another package's object, with the account's folders and within its permissions.

        :raises LoginRefused: the avatar id may not stand in the path of a folder.
        :raises LoginUnavailable: the object is neither a storage nor a shell.
        """
        return self._tree(as_storage(given, clock=self._clock), live, peer)

    def _tree(self, files: IStorage, live: LiveAccount, peer: Peer | None) -> IStorage:
        def files_of(path: str, uploads: GivenUploads) -> IStorage:
            return _limited(self._homes.folder(path, live.account, peer, uploads), live, None)

        ledger = None if live.account.quota is None else self._ledgers.of(live.account.name)
        tree = account_files(_limited(files, live, ledger), live, files_of, clock=self._clock)
        return permitted_tree(tree, live, self._copies, self._recording)

    async def _make(self, storage: NamedStorage, account: Account, peer: Peer | None) -> object:
        path = account.home_path()
        login = StorageLogin(
            account=account,
            home=path,
            create_home=account.create_home,
            permissions=account.permissions,
            peer=peer,
            blocking=self._homes.blocking(account, peer, self._homes.unopened(path)),
            clock=self._clock,
            local=lambda path: self._homes.open_beside(path, account, peer),
        )
        attempt = deferred(_made(storage, login))
        return await answer_of(storage, attempt, clock=self._clock, shown=storage.shown, discard=_log_out)


def _limited(files: IStorage, live: LiveAccount, ledger: Ledger | None) -> IStorage:
    """Return a storage within the limits of an account: a quota counts the files of the home alone."""
    account = live.account
    unlimited = account.quota is None and account.file_size is None and not account.free_space
    return files if unlimited else Limited(files, live, ledger)


async def _made(storage: NamedStorage, login: StorageLogin) -> object:
    """Return the object that a class makes for a login.

    :raises LoginUnavailable: the threads of the account or the host hang.
    """
    try:
        given = await login.blocking(partial(storage.make, login), discard=_log_out)
    except TemporarilyUnavailable as problem:
        raise LoginUnavailable(f"{storage.label}: {problem}") from problem
    if inspect.iscoroutine(given):
        given = await given
    return checked(given)


def _log_out(given: object) -> None:
    """Call the logout of an object that comes too late, or close a coroutine that is not awaited."""
    if inspect.iscoroutine(given):
        given.close()
    else:
        logout_of(given)()
