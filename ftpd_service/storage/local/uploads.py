"""Opening a file for writing: hidden or in place, the checks before it, and the mode and owner of the file.

Everything here blocks and runs on the pool.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from dataclasses import dataclass

from ftpd_service.errors import (
    AlreadyExists,
    IsADirectory,
    NameNotAllowed,
    NotAPlainFile,
    PermissionDenied,
    RestartBeyondEnd,
    StorageFull,
    TemporarilyUnavailable,
)
from ftpd_service.interfaces import Now
from ftpd_service.kernel.libc import error
from ftpd_service.kernel.statx import FileFacts, facts_of
from ftpd_service.placed import MightWait
from ftpd_service.storage.holds import Hold, RunningUploads
from ftpd_service.storage.local.beneath import Jail, Place, making
from ftpd_service.storage.local.handles import Upload
from ftpd_service.storage.local.leftovers import hidden_names, remove_leftovers
from ftpd_service.storage.local.modes import Ownership, drop_set_ids, take_after
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.local.temporary import OpenFile, Temporary, new_temporary
from ftpd_service.storage.name_rules import name_rules
from ftpd_service.storage.settings import StorageSettings, UploadMode
from ftpd_service.values import ROOT, VirtualPath, WriteMode

_EXISTING = os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
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


class Uploads:
    """Opens the uploads of a login's storage."""

    def __init__(
        self,
        jail: Jail,
        settings: StorageSettings,
        *,
        now: Now,
        hidden: RunningUploads,
        system: SystemCalls,
        ownership: Ownership,
        sweeping: bool = True,
    ) -> None:
        """Take the jail of the uploads.

        :param sweeping: whether `open` may look for leftovers and for the owner of new files, which can take long;
            otherwise it raises MightWait when that is due.
        """
        self._jail = jail
        self._settings = settings
        self._rules = name_rules(settings.hidden_prefix)
        self._now = now
        self._hidden = hidden
        self._system = system
        self._ownership = ownership
        self._sweeping = sweeping

    def open(self, path: VirtualPath, mode: WriteMode, offset: int, umask: int) -> tuple[Upload, str | None]:
        """Return an upload, and the reason if it is in place although it should be hidden, else None.

        :raises StorageError: as `ftpd_service.interfaces.IStorage.open_write` says.
        """
        raw = self._rules.new(path)
        if path == ROOT:
            raise IsADirectory("the root")
        if self._ownership.may_wait and not self._sweeping:
            raise MightWait
        hold = Hold(self._hidden)
        with making:
            place = self._jail.parent(raw) if mode is WriteMode.CREATE else self._jail.target(raw)
            try:
                target = self._target(place, hold, mode, offset, umask)
                return self._opened(target)
            except BaseException:
                hold.release()
                place.close()
                raise

    def _target(self, place: Place, hold: Hold, mode: WriteMode, offset: int, umask: int) -> UploadTarget:
        facts = place.facts()
        _check_standing(facts, mode, offset)
        if place.name.startswith(self._rules.hidden_prefix):
            raise NameNotAllowed("a link leads to a hidden name")
        above = facts_of(place.directory)
        directory = above.key
        hold.target(directory, place.name, mode)
        if self._hidden.sweep_due(directory, self._now()):
            if not self._sweeping:
                raise MightWait
            self._hidden.sweep_begins(directory, self._now())
            self._sweep(place.directory)
        if mode is not WriteMode.MODIFY:
            _check_space(place.directory)
        own = self._settings.file_bits
        return UploadTarget(
            place=place,
            above=above,
            facts=facts,
            hold=hold,
            mode=mode,
            offset=offset,
            bits=0o666 & ~umask if own is None else own,
            ownership=self._ownership,
        )

    def _opened(self, target: UploadTarget) -> tuple[Upload, str | None]:
        atomic = self._settings.mode is UploadMode.ATOMIC and target.mode in (WriteMode.REPLACE, WriteMode.CREATE)
        unhidden = _reason_against_hiding(target) if atomic else None
        if not atomic or unhidden is not None:
            return InPlaceUpload(self._system, target), unhidden
        place, facts = target.place, target.facts
        if facts is not None and not _may_write(place.directory, place.name):
            # The directory's permissions alone would let us replace a write-protected file.
            raise PermissionDenied("the file may not be written")
        temporary = new_temporary(self._system, place.directory, self._rules.hidden_prefix)
        try:
            take_after(temporary.descriptor, target.facts, target.bits, target.ownership)
        except BaseException:
            temporary.discard()
            raise
        return HiddenUpload(temporary, target), None

    def _sweep(self, directory: int) -> None:
        # A directory without the right to read it keeps its leftovers.
        with suppress(OSError):
            readable = os.open(b".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=directory)
            try:
                names = hidden_names(readable, self._rules)
                remove_leftovers(readable, names, older_than=self._now() - self._settings.leftover_seconds)
            finally:
                os.close(readable)


class HiddenUpload:
    """An upload to a temporary file that gets the name at commit.  Provides `handles.Upload`."""

    def __init__(self, temporary: Temporary, target: UploadTarget) -> None:
        self._temporary = temporary
        self._target = target

    def begin(self) -> int:
        return self._temporary.descriptor

    def ready(self) -> int | None:
        return self._temporary.descriptor

    def weight(self) -> int:
        descriptor, facts = self._temporary.descriptor, self._target.facts
        own = 0 if descriptor < 0 else os.fstat(descriptor).st_size
        return max(own, 0 if facts is None else facts.size)

    def commit(self) -> None:
        target = self._target
        with making:
            if target.mode is WriteMode.CREATE:
                self._temporary.take_free(target.place.name)
            elif target.facts is None:
                self._take_missing(target.place.name)
            else:
                self._temporary.take_place(target.place.name)

    def give_up(self) -> None:
        self._temporary.discard()
        self._target.hold.release()
        self._target.place.close()

    def _take_missing(self, name: bytes) -> None:
        # The name was free, so a single call suffices, unless another program made the name meanwhile.
        try:
            self._temporary.take_free(name)
        except FileExistsError:
            self._temporary.take_place(name)


class InPlaceUpload(OpenFile):
    """An upload under the final name; nothing changes before `begin`.  Provides `handles.Upload`.

    :raises OSError: the file may not be written, or the directory of a missing file may not.
    """

    def __init__(self, system: SystemCalls, target: UploadTarget) -> None:
        self._system = system
        self._target = target
        place = target.place
        if target.facts is not None:
            self._open_existing()
        elif not _may_write(place.directory, b"."):
            raise error(errno.EACCES)

    def begin(self) -> int:
        with making:
            mode = self._target.mode
            if self.descriptor < 0:
                self._make()
            drop_set_ids(self.descriptor)
            if mode is WriteMode.REPLACE:
                os.ftruncate(self.descriptor, 0)
            elif mode is WriteMode.APPEND:
                os.lseek(self.descriptor, 0, os.SEEK_END)
            elif mode is WriteMode.MODIFY:
                os.lseek(self.descriptor, self._target.offset, os.SEEK_SET)
            return self.descriptor

    def ready(self) -> int | None:
        # Making, locking or truncating a file may wait for a disk.
        return None

    def weight(self) -> int:
        facts = self._target.facts
        return 0 if facts is None else facts.size

    def commit(self) -> None:
        self.close()

    def give_up(self) -> None:
        with suppress(OSError):
            self.close()
        self._target.hold.release()
        self._target.place.close()

    def _make(self) -> None:
        place = self._target.place
        try:
            self.descriptor = os.open(place.name, _NEW, 0o600, dir_fd=place.directory)
        except FileExistsError:
            if self._target.mode is WriteMode.CREATE:
                raise
            self._open_existing()
            return
        self._target.ownership.give(self.descriptor)
        os.fchmod(self.descriptor, self._target.bits)
        self._lock()

    def _open_existing(self) -> None:
        place = self._target.place
        self.descriptor = os.open(place.name, _EXISTING, dir_fd=place.directory)
        try:
            if not stat.S_ISREG(os.fstat(self.descriptor).st_mode):
                raise NotAPlainFile("not a plain file")
            self._lock()
        except BaseException:
            self.close()
            raise

    def _lock(self) -> None:
        if self._target.mode is not WriteMode.APPEND:
            return
        facts = facts_of(self.descriptor)
        if not self._target.hold.file(facts.key) or not self._system.lock(self.descriptor):
            raise TemporarilyUnavailable("another upload appends to the file")


def _check_standing(facts: FileFacts | None, mode: WriteMode, offset: int) -> None:
    """Refuse an upload that may not replace or change the existing file."""
    if facts is not None and mode is WriteMode.CREATE:
        raise AlreadyExists("the name is taken")
    if facts is not None and stat.S_ISDIR(facts.mode):
        raise IsADirectory("a directory")
    if facts is not None and not stat.S_ISREG(facts.mode):
        raise NotAPlainFile("not a plain file")
    if mode is WriteMode.MODIFY and offset > (0 if facts is None else facts.size):
        raise RestartBeyondEnd("the restart offset lies beyond the end")


def _check_space(directory: int) -> None:
    """Refuse an upload before its transfer if the disk is full."""
    try:
        space = os.fstatvfs(directory)
    except OSError:
        return
        # Some file systems do not count blocks.
    if space.f_blocks and not space.f_bavail:
        raise StorageFull("no block of the file system is free for the user of the service")


def _reason_against_hiding(target: UploadTarget) -> str | None:
    """Return the reason why an existing file can only be changed in place, or None."""
    facts = target.facts
    if facts is None:
        return None
    if facts.links > 1:
        return "the file has several hard links"
    above = target.above
    if not _may_write(target.place.directory, b"."):
        return "the directory may not be written"
    if above.mode & stat.S_ISVTX and os.geteuid() not in (0, facts.owner, above.owner):
        return "the directory is sticky and another user owns the file"
    return None


def _may_write(directory: int, name: bytes) -> bool:
    wanted = os.W_OK | os.X_OK if name == b"." else os.W_OK
    return os.access(name, wanted, dir_fd=directory, effective_ids=_EFFECTIVE)
