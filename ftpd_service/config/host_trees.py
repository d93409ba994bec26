"""The checks of this host for the trees of accounts: the directories of folders, and the owner of new files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import lru_cache

from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.config.folder_checks import host_trees, overlaps
from ftpd_service.config.problems import KeyPath
from ftpd_service.storage.local.modes import owner_of

Remark = tuple[KeyPath, str]


def about_owners(settings: AccountsSettings) -> Iterator[Remark]:
    """Yield warnings about the owners of new files; waits for the names of users."""
    for path, entry in settings.entries():
        if entry.owner is not None:
            yield from _about_owner((*path, "owner"), entry.owner)


def unfit_folders(settings: AccountsSettings) -> Iterator[Remark]:
    """Yield the folders that cannot be used on this host; waits for disks.

    A service starts nevertheless, because a disk may be mounted later.
    """
    looked: set[str] = set()
    for trees in host_trees(settings):
        for path, _, host in trees.folders:
            if "{" not in host and host not in looked:
                looked.add(host)
                yield from _about_folder(path, host)
    yield from overlaps(settings, lru_cache(maxsize=None)(os.path.realpath))


def _about_folder(path: KeyPath, host: str) -> Iterator[Remark]:
    try:
        mode = os.stat(host).st_mode
    except OSError as problem:
        todo = "make it, mount its disk or grant the rights; until then its files get 450"
        yield path, f"{host} cannot be used ({problem.strerror}): {todo}, and the rest of the tree works"
        return
    if not stat.S_ISDIR(mode):
        yield path, f"{host} is no directory: the files of the folder get 450, and the rest of the tree works"


def _about_owner(path: KeyPath, owner: str) -> Iterator[Remark]:
    try:
        user, group = owner_of(owner)
    except LookupError as problem:
        yield path, f"{problem}: new files keep the owner of the service"
        return
    if os.geteuid() == 0:
        return
    if user not in (-1, os.geteuid()):
        yield path, "the user of this check may not give files to that user; the service needs CAP_CHOWN for it"
    if group not in (-1, os.getegid(), *os.getgroups()):
        yield path, "the user of this check is not in that group; the service needs the group, or CAP_CHOWN"
