"""The removal of a tree in a folder, whose files are told with the folder's place before their paths."""

from __future__ import annotations

from ftpd_service.storage.passing import PassingRemoval
from ftpd_service.tree_interfaces import ITreeRemoval
from ftpd_service.values import RemovedFile, VirtualPath


class PlacedRemoval(PassingRemoval):
    """A removal in the storage of a folder."""

    def __init__(self, place: VirtualPath, inner: ITreeRemoval) -> None:
        self._place = place
        super().__init__(inner)

    def removed(self) -> tuple[RemovedFile, ...]:
        return tuple(file._replace(path=VirtualPath(f"{self._place}{file.path}")) for file in self._inner.removed())
