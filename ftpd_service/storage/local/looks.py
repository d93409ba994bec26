"""The look at a single path: its entry, on the reactor if it is at hand, else on the pool."""

from __future__ import annotations

import os
import stat

from ftpd_service.errors import NotAPlainFile
from ftpd_service.kernel.descriptors import HELD
from ftpd_service.kernel.statx import facts_of
from ftpd_service.placed import MightWait
from ftpd_service.storage.local.at_hand import AtHand
from ftpd_service.storage.local.beneath import Jail, Place, finding
from ftpd_service.storage.local.scan import entry_of, link_entry
from ftpd_service.storage.local.unfinished import Unfinished, unfinished_entry
from ftpd_service.storage.name_rules import NameRules
from ftpd_service.values import ROOT, Entry, VirtualPath
from ftpd_service.wire import paths
from ftpd_service.wire.names import decode


class Looks:
    """Looks at the paths of a login's storage.  Both methods raise the errors of `IStorage.stat`."""

    def __init__(self, jail: Jail, at_hand: AtHand, rules: NameRules, unfinished: Unfinished | None) -> None:
        self._jail = jail
        self._at_hand = at_hand
        self._rules = rules
        self._unfinished = unfinished

    def at_hand(self, path: VirtualPath) -> Entry:
        """Return the entry of a path on the reactor.

        :raises MightWait: the path is not at hand, or needs a second look.
        """
        with finding:
            try:
                descriptor = self._at_hand.open(self._rules.existing(path), HELD | os.O_NOFOLLOW)
            except FileNotFoundError:
                if self._unfinished is None:
                    raise
                raise MightWait from None
            try:
                facts = facts_of(descriptor)
            finally:
                os.close(descriptor)
        if stat.S_ISLNK(facts.mode):
            raise MightWait
        return _plain(entry_of(facts, paths.name(path)))

    def beside(self, path: VirtualPath) -> Entry:
        """Return the entry of a path on the pool."""
        raw = self._rules.existing(path)
        with finding:
            return _plain(self._root_entry() if path == ROOT else self._named_entry(raw))

    def _root_entry(self) -> Entry | None:
        descriptor = self._jail.open(b"/", HELD | os.O_DIRECTORY)
        try:
            return entry_of(facts_of(descriptor), "")
        finally:
            os.close(descriptor)

    def _named_entry(self, raw: bytes) -> Entry | None:
        with self._jail.parent(raw) as place:
            try:
                facts = facts_of(place.directory, place.name)
            except FileNotFoundError:
                begun = self._begun(place)
                if begun is None:
                    raise
                return begun
            if stat.S_ISLNK(facts.mode):
                return link_entry(self._jail, raw, place.directory, facts)
            return entry_of(facts, decode(place.name))

    def _begun(self, place: Place) -> Entry | None:
        """Return the entry of the account's unfinished upload, or None without it."""
        begun = None if self._unfinished is None else self._unfinished.find(place.directory, place.name)
        entry = None if begun is None else entry_of(begun, "")
        return None if entry is None else unfinished_entry(entry, decode(place.name))


def _plain(entry: Entry | None) -> Entry:
    if entry is None:
        raise NotAPlainFile("not a plain file")
    return entry
