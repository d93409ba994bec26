"""Opening a file for writing: hidden or in place.  Everything here blocks and runs on the pool."""

from __future__ import annotations

from ftpd_service.errors import IsADirectory, NameNotAllowed, PermissionDenied
from ftpd_service.interfaces import Now
from ftpd_service.kernel.statx import FileFacts, facts_of
from ftpd_service.placed import MightWait
from ftpd_service.storage.holds import Hold, RunningUploads
from ftpd_service.storage.local.beneath import Jail, Place, making
from ftpd_service.storage.local.former_files import check_version_name, without_double
from ftpd_service.storage.local.hidden_upload import HiddenUpload
from ftpd_service.storage.local.in_place_upload import InPlaceUpload
from ftpd_service.storage.local.keeping_upload import KeepingUpload, keeps_versions
from ftpd_service.storage.local.modes import Ownership, take_after
from ftpd_service.storage.local.resumable_upload import Resuming
from ftpd_service.storage.local.sweep import Sweep
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.local.temporary import new_temporary
from ftpd_service.storage.local.unfinished import Unfinished
from ftpd_service.storage.local.upload import Upload
from ftpd_service.storage.local.upload_target import (
    UploadTarget,
    check_space,
    check_standing,
    may_write,
    reason_against_hiding,
)
from ftpd_service.storage.name_rules import name_rules
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.upload_policy import UploadMode
from ftpd_service.values import ROOT, VirtualPath, WriteMode

_NEW = (WriteMode.CREATE, WriteMode.SUPERSEDE)
"""The modes that replace no file."""


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
        unfinished: Unfinished | None,
        sweeping: bool = True,
        hiding_all: bool = False,
    ) -> None:
        """Take the jail of the uploads.

        :param unfinished: the unfinished uploads of the account, or None if it cannot resume any.
        :param sweeping: whether `open` may look for leftovers and for the owner of new files, which can take long;
            otherwise it raises MightWait when that is due.
        :param hiding_all: whether new files and replacements are hidden whatever the mode and the existing file are.
        """
        self._jail = jail
        self._settings = settings
        self._rules = name_rules(settings.hidden_prefix)
        self._now = now
        self._hidden = hidden
        self._system = system
        self._ownership = ownership
        self._resuming = None if unfinished is None else Resuming(unfinished, system)
        self._sweep = Sweep(self._rules, settings, now=now, holds=hidden, unfinished=unfinished)
        self._sweeping = sweeping
        self._hiding_all = hiding_all

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
            place = self._jail.parent(raw) if mode in _NEW else self._jail.target(raw)
            try:
                target = self._target(place, hold, mode, offset, umask)
                return self._opened(target)
            except BaseException:
                hold.release()
                place.close()
                raise

    def _target(self, place: Place, hold: Hold, mode: WriteMode, offset: int, umask: int) -> UploadTarget:
        facts = place.facts()
        resumable = facts is None and self._resuming is not None
        if not resumable:
            check_standing(facts, mode, offset)
        if place.name.startswith(self._rules.hidden_prefix):
            raise NameNotAllowed("a link leads to a hidden name")
        above = facts_of(place.directory)
        if mode is WriteMode.REPLACE and facts is not None and keeps_versions(self._settings.uploads, place):
            facts = self._with_versions(place, facts, above)
        directory = above.key
        # Two accounts may append to one new name, as neither of them sees the other's upload.
        hold.target(directory, place.name, WriteMode.REPLACE if resumable and mode is WriteMode.APPEND else mode)
        if self._hidden.sweep_due(directory, self._now()):
            if not self._sweeping:
                raise MightWait
            self._hidden.sweep_begins(directory, self._now())
            self._sweep.begin(place.directory)
        if mode is not WriteMode.MODIFY:
            check_space(place.directory)
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
            policy=self._settings.uploads,
        )

    def _opened(self, target: UploadTarget) -> tuple[Upload, str | None]:
        if self._resuming is not None and target.facts is None:
            upload = self._resuming.open(target)
            if upload is not None:
                return upload, None
        whole = target.mode is WriteMode.REPLACE or target.mode in _NEW
        atomic = whole and self._settings.uploads.mode is not UploadMode.IN_PLACE
        unhidden = reason_against_hiding(target) if atomic else None
        keeps = target.mode is WriteMode.REPLACE and keeps_versions(self._settings.uploads, target.place)
        if unhidden is not None and keeps:
            raise PermissionDenied(f"no version of the file can be kept: {unhidden}")
        atomic = whole and (self._hiding_all or self._settings.uploads.mode is not UploadMode.IN_PLACE)
        unhidden = reason_against_hiding(target) if atomic and not self._hiding_all else None
        if not atomic or unhidden is not None:
            return InPlaceUpload(self._system, target), unhidden
        place, facts = target.place, target.facts
        if facts is not None and not may_write(place.directory, place.name):
            # The directory's permissions alone would let us replace a write-protected file.
            raise PermissionDenied("the file may not be written")
        kind = KeepingUpload if keeps else HiddenUpload
        temporary = new_temporary(self._system, place.directory, self._rules.hidden_prefix)
        try:
            take_after(temporary.descriptor, target.facts, target.bits, target.ownership)
        except BaseException:
            temporary.discard()
            raise
        return kind(self._system, temporary, target), None

    def _with_versions(self, place: Place, facts: FileFacts, above: FileFacts) -> FileFacts | None:
        """Return the facts of a file of which a version can be kept, or None if it has gone."""
        check_version_name(place.name)
        if facts.links < 2:
            return facts
        if not self._sweeping:
            raise MightWait
        return without_double(place, facts, above)
