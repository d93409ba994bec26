"""The seams of work on whole directory trees: removing a directory with everything below it."""

from __future__ import annotations

from collections.abc import Callable

from zope.interface import Interface

from ftpd_service.values import Page, RemovedFile, TreeCounts, VirtualPath

Marking = Callable[[VirtualPath], Callable[[Page], Page]]
"""The permissions of an account, for the removal of a tree; any thread may call both functions.

For a directory it returns a function that marks pages of its entries: the function leaves out entries that listings do
not show, and sets `Entry.allowed` of all others.  It raises StorageError for a directory that may not be listed.
"""


class IRemoveTree(Interface):
    """An optional interface of a storage that removes directories with everything below them."""

    async def open_removal(path: VirtualPath, marking: Marking) -> ITreeRemoval:
        """Begin the removal of a directory, and remove nothing yet.  The caller closes the removal.

        The removal follows no link: it removes links as it removes files.  An entry that `marking` leaves out, a file
        without the permission DELETE, and a directory without REMOVE_DIRECTORY stay, with everything below them.

        :raises NotFound: and NotADirectory, also for a link to a directory.
        :raises PermissionDenied: also for the root.
        :raises TemporarilyUnavailable: an upload runs in the directory.
        """


class ITreeRemoval(Interface):
    """The removal of a tree, in steps that are short enough for other clients."""

    async def step() -> bool:
        """Remove some entries; return whether the removal is finished.  A cancelled step has ended when it raises.

        The removal goes on with other entries where an entry cannot be removed; the last step raises the reason.

        :raises RemovedInPart: at the end: entries were removed, but others stay.
        :raises TemporarilyUnavailable: at the end: an upload runs in the tree.
        :raises StorageError: at the end: nothing was removed; or at once: the storage fails.
        """

    def removed() -> tuple[RemovedFile, ...]:
        """Return the files, without links, that the last step has removed, also if it was cancelled."""

    def counts() -> TreeCounts:
        """Return how much was removed so far."""

    async def close() -> None:
        """End the removal, finished or not; a second call does nothing."""
