"""The removal of a local tree: each step is a call on the pool, and other clients have their turns between steps."""

from __future__ import annotations

from zope.interface import implementer

from ftpd_service.interfaces import Blocking
from ftpd_service.placed import Due, Placed
from ftpd_service.storage.local.beneath import finding
from ftpd_service.storage.local.tree_walk import TreeWalk
from ftpd_service.tree_interfaces import ITreeRemoval
from ftpd_service.values import RemovedFile, TreeCounts, VirtualPath


@implementer(ITreeRemoval)
class LocalTreeRemoval:
    """The removal of a local tree."""

    def __init__(self, blocking: Blocking, walk: TreeWalk, path: VirtualPath) -> None:
        self._blocking = blocking
        self._walk = walk
        self._path = path

    async def step(self) -> bool:
        # A step that is cancelled before it begins removes nothing.
        self._walk.removed = []
        with finding:
            return await self._blocking(Placed(self._walk.step, self._path, Due.CONTINUES))

    def removed(self) -> tuple[RemovedFile, ...]:
        return tuple(self._walk.removed)

    def counts(self) -> TreeCounts:
        return self._walk.counts

    async def close(self) -> None:
        await self._blocking(Placed(self._walk.close, self._path, Due.ENDS))
