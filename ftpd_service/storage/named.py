"""Storages that the configuration names by a dotted path: imported at the start, and made for each login."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from twisted.internet.interfaces import IReactorTime
from twisted.protocols.ftp import IFTPShell

from ftpd_service.account import Account
from ftpd_service.errors import LoginError
from ftpd_service.interfaces import Blocking, IStorage
from ftpd_service.runtime.imported import PluginProblem, demand_signature, imported, traced
from ftpd_service.values import Peer, Permissions

_USABLE = (IStorage, IFTPShell)
_NEITHER = "provides neither ftpd_service.interfaces.IStorage nor twisted.protocols.ftp.IFTPShell"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageLogin:
    """The login that a storage serves: the first argument of the storage's class."""

    account: Account
    home: str | None = None
    """The absolute host path of the account's home, or None if no home is configured.  Nothing has been opened."""
    create_home: bool = False
    """Whether to make the account's home if it is missing."""
    permissions: Permissions = Permissions.ALL
    """The permissions of the account.  The server checks them before it calls the storage."""
    peer: Peer | None = None
    """The two ends of the control connection; None in tests only."""
    blocking: Blocking
    """The pool of threads for blocking calls of this login."""
    clock: IReactorTime
    """The reactor's time, for the coroutines of the storage."""
    local: Callable[[str], IStorage]
    """Makes a storage of local files, confined to a host path, with the settings of ``uploads``.

    The call waits for a disk, so make it in the class's constructor, or by `blocking`.  It makes a missing directory if
    `create_home` is true, and raises LoginRefused otherwise.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedStorage:
    """A storage that the configuration names, imported."""

    refusals: ClassVar[tuple[type[Exception], ...]] = (LoginError,)
    label: str
    """The key and the dotted path, for the log."""
    factory: Callable[..., object]
    options: Mapping[str, Any]  # Any: the author of the storage declares their types
    timeout_seconds: float

    def make(self, login: StorageLogin) -> object:
        """Call the class for a login, which may wait and raise any exception.

        The result is a storage, a shell, or a coroutine that returns either.
        """
        return self.factory(login, **self.options)

    def shown(self, problem: BaseException) -> str:
        """Return the traceback for the log, without the values of the options."""
        return traced(problem, self.options)


def find_storage(key: str, path: str, *, options: Mapping[str, Any], timeout_seconds: float) -> NamedStorage:
    """Import a storage, and check that its class accepts a login and the options; waits for disks.

    :param key: the key that names the storage.
    :raises PluginProblem: the storage cannot be used.
    """
    made = imported(path)
    if not callable(made):
        raise PluginProblem(f"python:{path}: is no class or function; name the class of a storage")
    if isinstance(made, type) and not any(interface.implementedBy(made) for interface in _USABLE):
        raise PluginProblem(f"python:{path}: {_NEITHER}")
    demand_signature(made, (None,), options, name=f"python:{path}", called_with="a login and the options given")
    return NamedStorage(label=f"{key} (python:{path})", factory=made, options=options, timeout_seconds=timeout_seconds)


def checked(made: object) -> object:
    """Return the object that a class or function of the configuration made for a login.

    :raises TypeError: the object is neither a storage nor a shell.
    """
    if any(interface.providedBy(made) for interface in _USABLE):
        return made
    raise TypeError(f"the object that was made, of type {type(made).__name__}, {_NEITHER}")
