"""The unfinished uploads of an account: where they lie, and what of them its account sees.

The file of a resumable upload lies in the directory of its final name, under a hidden name: the hidden prefix, the word
``resume``, the account as a hash, and the final name.  So one system call finds it by account and final name, a listing
finds the way back without a look at any file, and there is no second file that a crash could separate from it.

An account sees an unfinished upload only while no file has the final name.  It is shown without its last byte: if all
bytes of a file have come but not their end, a client that compares sizes must not take the file for finished.

Everything here blocks and runs on the pool, or on the reactor for files in memory.
"""

from __future__ import annotations

import base64
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from ftpd_service.errors import TemporarilyUnavailable
from ftpd_service.interfaces import Now
from ftpd_service.kernel.locks import is_locked
from ftpd_service.kernel.statx import FileFacts, facts_of
from ftpd_service.storage.holds import RunningUploads
from ftpd_service.storage.local.beneath import Place
from ftpd_service.storage.name_rules import ACCOUNT_BYTES, NAME_BYTES, NameRules
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from ftpd_service.values import Entry, EntryKind, Permissions
from ftpd_service.wire.names import encode

OTHERS_KEEP_SECONDS = UploadPolicy().resume_seconds
"""How long every account keeps the unfinished uploads of others; the access time of a file asks for a longer time."""

_READING = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY
_ALLOWED = Permissions.ALL & ~(Permissions.READ | Permissions.RENAME | Permissions.ATTRIBUTES)


def shown_size(size: int) -> int:
    """Return the size that an account sees of an unfinished upload."""
    return max(0, size - 1)


class Unfinished:
    """The unfinished uploads of an account, in all directories.

    :param account: the name of the account.
    :param seconds: how long an unfinished upload is kept after its last byte.
    :param now: returns seconds since 1970.
    """

    def __init__(self, rules: NameRules, account: str, seconds: float, *, now: Now, holds: RunningUploads) -> None:
        digest = blake2b(encode(account), digest_size=ACCOUNT_BYTES).digest()
        self._start = rules.unfinished_prefix + base64.b32encode(digest).lower() + b"-"
        self._seconds = seconds
        self.now = now
        self._holds = holds

    def hidden(self, name: bytes) -> bytes | None:
        """Return the hidden name for a final name, or None if it would be too long."""
        hidden = self._start + name
        return hidden if len(hidden) <= NAME_BYTES else None

    def find(self, directory: int, name: bytes) -> FileFacts | None:
        """Return the facts of the unfinished upload with a final name, which is free, in an open directory."""
        hidden = self.hidden(name)
        if hidden is None:
            return None
        try:
            facts = facts_of(directory, hidden)
        except FileNotFoundError:
            return None
        return None if not stat.S_ISREG(facts.mode) or self.expired(facts.modified_ns) else facts

    def expired(self, modified_ns: int) -> bool:
        """Return whether the time is over in which an upload can be resumed whose last byte came then."""
        return modified_ns + self._seconds * 1e9 < self.now() * 1e9

    def owns(self, hidden: bytes) -> bool:
        """Return whether a hidden name is that of an upload of the account."""
        return hidden.startswith(self._start)

    @property
    def kept_longer(self) -> bool:
        """Whether other accounts have to be told how long uploads of this account are kept."""
        return self._seconds > OTHERS_KEEP_SECONDS

    def until(self) -> float:
        """Return until when an upload is kept whose last byte comes now, in seconds since 1970."""
        return self.now() + self._seconds

    def visible_in(self, directory: int, names: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the unfinished uploads among the names of an open directory: hidden names by final names."""
        found: dict[bytes, bytes] = {}
        for hidden, name in self._own(names):
            if not _exists(directory, name) and self.find(directory, name) is not None:
                found[name] = hidden
        return found

    def kept_in(self, directory: int, names: Sequence[bytes]) -> bool:
        """Return whether there is an unfinished upload of the account among the names of an open directory."""
        return any(self.find(directory, name) is not None for _, name in self._own(names))

    def open(self, place: Place) -> int:
        """Return a descriptor for reading the unfinished upload of a place, or -1 without it.

        :raises OSError:
        """
        hidden = self.hidden(place.name)
        if hidden is None or self.find(place.directory, place.name) is None:
            return -1
        try:
            return os.open(hidden, _READING, dir_fd=place.directory)
        except FileNotFoundError:
            return -1

    def drop(self, place: Place) -> bool:
        """Remove the unfinished upload of a place; return False if there is none.

        :raises TemporarilyUnavailable: the upload runs.
        :raises OSError:
        """
        hidden = self.hidden(place.name)
        if hidden is None:
            return False
        try:
            descriptor = os.open(hidden, _READING, dir_fd=place.directory)
        except OSError as problem:
            if problem.errno in (errno.ENOENT, errno.ELOOP):
                return False
            raise
        try:
            running = self._holds.holds_name(facts_of(place.directory).key, hidden) or is_locked(descriptor)
            if running:
                raise TemporarilyUnavailable("the upload of the file runs")
            expired = self.expired(facts_of(descriptor).modified_ns)
            os.unlink(hidden, dir_fd=place.directory)
        finally:
            os.close(descriptor)
        return not expired

    def _own(self, names: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """Yield the hidden and final names of the account's uploads; a single search shows that there are none."""
        if b"\0" + self._start in b"\0".join((b"", *names)):
            for name in names:
                if name.startswith(self._start):
                    yield name, name[len(self._start) :]


def unfinished_of(settings: StorageSettings, rules: NameRules, *, now: Now, holds: RunningUploads) -> Unfinished | None:
    """Return the unfinished uploads that an account can resume, or None if its uploads are not resumable."""
    account, uploads = settings.resumed_by, settings.uploads
    if account is None or uploads.mode is not UploadMode.RESUMABLE:
        return None
    return Unfinished(rules, account, uploads.resume_seconds, now=now, holds=holds)


def unfinished_entry(entry: Entry, name: str) -> Entry:
    """Return the entry that an account sees of an unfinished upload.

    :param entry: the entry of the file under its hidden name.
    :param name: the final name.
    """
    size = shown_size(entry.size)
    return entry._replace(name=name, kind=EntryKind.UNFINISHED, size=size, allowed=_ALLOWED)


def remove_unfinished(
    directory: int,
    names: Sequence[bytes],
    rules: NameRules,
    *,
    own: Unfinished | None,
    now: float,
    holds: RunningUploads,
) -> None:
    """Remove unfinished uploads of any account that nobody can resume any more: too old, or superseded by a file.

    :param names: names of the open directory that are `NameRules.unfinished`.
    :param own: the uploads of the account that sweeps.
    """
    above = facts_of(directory).key
    for name in names:
        try:
            found = os.stat(name, dir_fd=directory, follow_symlinks=False)
            if own is not None and own.owns(name):
                old = own.expired(found.st_mtime_ns)
            else:
                old = max(found.st_mtime + OTHERS_KEEP_SECONDS, found.st_atime) < now
            if stat.S_ISREG(found.st_mode) and (old or _exists(directory, rules.final_name(name))):
                _remove_unused(directory, name, above, holds)
        except OSError:
            continue


def _remove_unused(directory: int, name: bytes, above: tuple[int, int], holds: RunningUploads) -> None:
    descriptor = os.open(name, _READING, dir_fd=directory)
    try:
        if not holds.holds_name(above, name) and not is_locked(descriptor):
            os.unlink(name, dir_fd=directory)
    finally:
        os.close(descriptor)


def _exists(directory: int, name: bytes) -> bool:
    try:
        facts_of(directory, name)
    except FileNotFoundError:
        return False
    return True
