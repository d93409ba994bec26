"""Removes hidden files that nobody needs any more: leftovers, and unfinished uploads.  Runs on the pool."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

from ftpd_service.interfaces import Now
from ftpd_service.storage.holds import RunningUploads
from ftpd_service.storage.local.leftovers import remove_leftovers
from ftpd_service.storage.local.unfinished import Unfinished, remove_unfinished
from ftpd_service.storage.name_rules import NameRules
from ftpd_service.storage.settings import StorageSettings


class Sweep:
    """Sweeps directories of a storage.

    :param now: returns seconds since 1970.
    :param unfinished: the unfinished uploads of the storage's account, or None.
    """

    def __init__(
        self,
        rules: NameRules,
        settings: StorageSettings,
        *,
        now: Now,
        holds: RunningUploads,
        unfinished: Unfinished | None,
    ) -> None:
        self._rules = rules
        self._leftover_seconds = settings.leftover_seconds
        self._unfinished = unfinished
        self._now = now
        self._holds = holds

    def begin(self, directory: int) -> None:
        """Sweep an open directory; a directory without the right to read it keeps its hidden files."""
        with suppress(OSError):
            readable = os.open(b".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=directory)
            try:
                self.names(readable, self._rules.all_hidden([os.fsencode(name) for name in os.listdir(readable)]))
            finally:
                os.close(readable)

    def names(self, directory: int, hidden: Sequence[bytes]) -> None:
        """Sweep some names with the hidden prefix in an open directory."""
        now = self._now()
        leftovers = [name for name in hidden if self._rules.temporary(name)]
        remove_leftovers(directory, leftovers, older_than=now - self._leftover_seconds)
        unfinished = [name for name in hidden if self._rules.unfinished(name)]
        if unfinished:
            remove_unfinished(directory, unfinished, self._rules, own=self._unfinished, now=now, holds=self._holds)
