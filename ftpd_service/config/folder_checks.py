"""The directories of this host that an account gets: no folder lies in the home or in another folder, or around it.

The files of such a folder would have two names, with different rules, and a quota would count some of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from ftpd_service.account import AccountSettings, filled
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.config.problems import KeyPath
from ftpd_service.errors import LoginRefused
from ftpd_service.values import VirtualPath

Remark = tuple[KeyPath, str]


_Layer = tuple[KeyPath, AccountSettings]


class HostTrees(NamedTuple):
    """The directories of an account, of the accounts of a group, or of those that have the defaults only.

    The paths of a group and of the defaults may contain ``{name}``.
    """

    home: str | None
    """None without a home, and if its files are not those of a directory."""
    folders: tuple[tuple[KeyPath, VirtualPath, str], ...]
    """The key of each folder's path, its place, and its directory."""


def host_trees(settings: AccountsSettings) -> Iterator[HostTrees]:
    """Yield the directories of the defaults, of each group and of each account that has folders."""
    defaults = settings.defaults or AccountSettings()
    last: _Layer = (("account_defaults",), defaults)
    groups: dict[str, _Layer] = {name: (("groups", name), group) for name, group in settings.groups.items()}
    yield from filter(_has_folders, (_trees([last]), *(_trees([group, last]) for group in groups.values())))
    for name, own in settings.accounts.items():
        group = groups.get(own.group or defaults.group or "")
        trees = _trees([(("accounts", name), own), *([] if group is None else [group]), last])
        # By a name that may not stand in a path nobody can log in.
        with suppress(LoginRefused):
            yield from filter(_has_folders, [_of_account(trees, name)])


def _has_folders(trees: HostTrees) -> bool:
    return bool(trees.folders)


def _trees(layers: list[_Layer]) -> HostTrees:
    home = next((layer.home for _, layer in layers if layer.home), None)
    storage = next((layer.storage for _, layer in layers if layer.storage is not None), None)
    if storage is not None and storage.python is not None:
        home = None
    path, folders = next(((path, layer.folders) for path, layer in layers if layer.folders is not None), ((), ()))
    return HostTrees(home, tuple(((*path, "folders", one.path, "path"), one.path, one.host) for one in folders))


def _of_account(trees: HostTrees, name: str) -> HostTrees:
    home = None if trees.home is None else filled(trees.home, name)
    return HostTrees(home, tuple((path, place, filled(host, name)) for path, place, host in trees.folders))


def overlaps(settings: AccountsSettings, real: Callable[[str], str] = str) -> Iterator[Remark]:
    """Yield each folder that lies in the home or in another folder, is the same directory, or lies around it.

    :param real: returns a path without links; by default the paths are compared as they are written.
    """
    for trees in host_trees(settings):
        others = [] if trees.home is None else [("the home", trees.home)]
        for path, place, host in trees.folders:
            for name, other in others:
                relation = _relation(real(host), real(other))
                if relation is not None:
                    yield path, f"{host} {relation} {name}, {other}: its files would have two names"
            others.append((f"the folder {place}", host))


def _relation(host: str, other: str) -> str | None:
    if host == other:
        return "is the directory of"
    if host.startswith(os.path.join(other, "")):
        return "lies in"
    return "lies around" if other.startswith(os.path.join(host, "")) else None
