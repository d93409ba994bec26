"""The places of files on this host, for events and their proofs.  Everything here blocks and runs on the pool."""

from __future__ import annotations

import os

from ftpd_service.errors import NotFound, Unsupported
from ftpd_service.hook_interfaces import HostFile
from ftpd_service.kernel.descriptors import HELD, have_names
from ftpd_service.kernel.statx import FileFacts, facts_of
from ftpd_service.storage.local.beneath import Jail, Place, finding, making
from ftpd_service.storage.name_rules import NameRules
from ftpd_service.values import ROOT, VirtualPath
from ftpd_service.wire.names import decode


class HostFiles:
    """Tells the places of a login's files.  Each method raises the errors of its namesake in `IHostPaths`.

    :param durable: whether changes are on the disk before their reply.
    """

    def __init__(self, jail: Jail, rules: NameRules, *, durable: bool) -> None:
        self._jail = jail
        self._rules = rules
        self._durable = durable

    def host_file(self, path: VirtualPath) -> HostFile | None:
        try:
            with finding, self._place(self._rules.existing(path), root=path == ROOT) as place:
                facts = facts_of(place.directory, place.name) if place.name else facts_of(place.directory)
                return found_at(place, facts, durable=self._durable)
        except NotFound:
            return None

    def host_place(self, path: VirtualPath) -> HostFile:
        with making, self._place(self._rules.new(path), root=path == ROOT) as place:
            return HostFile(path_of(place), 0, 0, self._durable)

    def _place(self, raw: bytes, *, root: bool) -> Place:
        return Place(self._jail.open(b"/", HELD | os.O_DIRECTORY), b"") if root else self._jail.parent(raw)


def found_at(place: Place, facts: FileFacts, *, durable: bool) -> HostFile:
    """Return the object with these facts as the object at a place, where it stands or will stand."""
    return HostFile(path_of(place), *facts.key, durable)


def path_of(place: Place) -> str:
    """Return the path of a place on the host; its directory may have moved since it was opened.

    :raises Unsupported: the system tells no names of open directories.
    :raises OSError:
    """
    if not have_names():
        raise Unsupported("/proc is missing, so the paths of files on the host are unknown")
    above = os.readlink(f"/proc/self/fd/{place.directory}".encode())
    return decode(os.path.join(above, place.name) if place.name else above)
