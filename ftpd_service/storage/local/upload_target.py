"""The target of an upload, and the checks before it begins.  Everything here blocks and runs on the pool."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from ftpd_service.errors import AlreadyExists, IsADirectory, NotAPlainFile, RestartBeyondEnd, StorageFull
from ftpd_service.hook_interfaces import HostFile
from ftpd_service.kernel.statx import FileFacts, facts_of
from ftpd_service.storage.holds import Hold
from ftpd_service.storage.local.beneath import Place
from ftpd_service.storage.local.host_files import found_at
from ftpd_service.storage.local.modes import Ownership
from ftpd_service.upload_policy import UploadPolicy
from ftpd_service.values import WriteMode

_EFFECTIVE = os.access in os.supports_effective_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadTarget:
    """The target of an upload: a name in an open directory, and the facts of the file there, or None."""

    place: Place
    above: FileFacts
    """The facts of the directory."""
    facts: FileFacts | None
    hold: Hold
    mode: WriteMode
    offset: int
    bits: int
    """The mode bits of a new file."""
    ownership: Ownership
    policy: UploadPolicy


def check_standing(facts: FileFacts | None, mode: WriteMode, offset: int) -> None:
    """Refuse an upload that may not replace or change the existing file."""
    if facts is not None and mode is WriteMode.CREATE:
        raise AlreadyExists("the name is taken")
    if facts is not None and stat.S_ISDIR(facts.mode):
        raise IsADirectory("a directory")
    if facts is not None and not stat.S_ISREG(facts.mode):
        raise NotAPlainFile("not a plain file")
    if mode is WriteMode.MODIFY and offset > (0 if facts is None else facts.size):
        raise RestartBeyondEnd("the restart offset lies beyond the end")


def host_file_of(target: UploadTarget, descriptor: int) -> HostFile:
    """Return the open file of an upload, at the path that it has after the commit.

    :raises OSError:
    :raises Unsupported:
    """
    return found_at(target.place, facts_of(descriptor), durable=target.policy.durable)


def check_space(directory: int) -> None:
    """Refuse an upload before its transfer if the disk is full."""
    try:
        space = os.fstatvfs(directory)
    except OSError:
        return
        # Some file systems do not count blocks.
    if space.f_blocks and not space.f_bavail:
        raise StorageFull("no block of the file system is free for the user of the service")


def reason_against_hiding(target: UploadTarget) -> str | None:
    """Return the reason why an existing file can only be changed in place, or None."""
    facts = target.facts
    if facts is None:
        return None
    if facts.links > 1 and not target.policy.keep_versions:
        return "the file has several hard links"
    above = target.above
    if not may_write(target.place.directory, b"."):
        return "the directory may not be written"
    if above.mode & stat.S_ISVTX and os.geteuid() not in (0, facts.owner, above.owner):
        return "the directory is sticky and another user owns the file"
    return None


def may_write(directory: int, name: bytes) -> bool:
    wanted = os.W_OK | os.X_OK if name == b"." else os.W_OK
    return os.access(name, wanted, dir_fd=directory, effective_ids=_EFFECTIVE)
