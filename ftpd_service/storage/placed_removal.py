"""The removal of a tree in a folder, whose files are told with the folder's place before their paths."""

from __future__ import annotations

from zope.interface import implementer

from ftpd_service.tree_interfaces import ITreeRemoval
from ftpd_service.values import RemovedFile, TreeCounts, VirtualPath


@implementer(ITreeRemoval)
class PlacedRemoval:
    """A removal in the storage of a folder."""

    def __init__(self, place: VirtualPath, inner: ITreeRemoval) -> None:
        self._place = place
        self._inner = inner

    async def step(self) -> bool:
        return await self._inner.step()

    def removed(self) -> tuple[RemovedFile, ...]:
        return tuple(file._replace(path=VirtualPath(f"{self._place}{file.path}")) for file in self._inner.removed())

    def counts(self) -> TreeCounts:
        return self._inner.counts()

    async def close(self) -> None:
        await self._inner.close()
