"""Whole directory trees: RMDA DSIZ, SITE MKDIR and SITE RMDIR."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from ftpd_service.closing import closing
from ftpd_service.commands.command import Facts, command, features, features_of_storage
from ftpd_service.commands.context import Context
from ftpd_service.commands.needs import Access, needs
from ftpd_service.commands.pages import directory_rows
from ftpd_service.errors import AlreadyExists, NotADirectory, NotFound, PermissionDenied, TooManyEntries, Unsupported
from ftpd_service.events import DirectoryChanged, TreeRemoved
from ftpd_service.tree_interfaces import IRemoveTree, ITreeRemoval
from ftpd_service.values import ROOT, EntryKind, Page, Permissions, VirtualPath
from ftpd_service.wire import arguments, file_replies, paths, replies
from ftpd_service.wire.reply import Final

_DRAFT = "draft-peterson-streamlined-ftp-command-extensions"

MOST_TREE_ENTRIES = 1_000_000
"""The most entries that DSIZ counts."""
MOST_TREES_WAITING = 10_000
"""The most directories that wait while DSIZ counts."""


@command(
    arguments.path,
    Facts(
        verb="RMDA",
        help="<path>",
        source=_DRAFT,
        replies=(250,),
        abortable=True,
        features=features_of_storage(IRemoveTree, "RMDA"),
        access=Access(directory=needs(Permissions.LIST | Permissions.REMOVE_DIRECTORY)),
    ),
)
async def remove_all(context: Context, argument: str) -> Final:
    """Remove a directory with everything below it; entries that may not be removed stay (550)."""
    await remove_tree(context, "RMDA", context.path(argument))
    return file_replies.file_done("Directory removed with everything in it.")


async def remove_tree(context: Context, verb: str, path: VirtualPath) -> None:
    """Remove a directory with everything below it, in steps; others have their turns between steps."""
    context.takes_long()
    if not IRemoveTree.providedBy(context.storage):
        raise Unsupported("Directories can be removed only when they are empty.")
    removal = await IRemoveTree(context.storage).open_removal(path, _all_entries)
    whole = False
    try:
        while not await removal.step():
            """The next step follows."""
        whole = True
    finally:
        # The event comes first, because the close may wait for a disk.
        _tell(context, verb, path, removal, whole=whole)
        await removal.close()


def _tell(context: Context, verb: str, path: VirtualPath, removal: ITreeRemoval, *, whole: bool) -> None:
    counts, session = removal.counts(), context.session
    if any(counts):
        context.emit(
            TreeRemoved(
                session=session.id,
                peer=session.peer,
                account=context.account.name,
                verb=verb,
                path=path,
                files=counts.files,
                directories=counts.directories,
                whole=whole,
            )
        )


def _all_entries(path: VirtualPath) -> type[Page]:
    # tuple() of a page, which is a tuple, returns the page itself.
    return tuple


@command(
    arguments.optional_path,
    Facts(
        verb="DSIZ",
        help="[<path>]",
        source=_DRAFT,
        replies=(213,),
        abortable=True,
        features=features("DSIZ"),
        access=Access(directory=needs(Permissions.LIST)),
    ),
)
async def size_of_tree(context: Context, argument: str) -> Final:
    """Tell the bytes of all files below a directory that the account may list; links do not count."""
    context.takes_long()
    start = context.path(argument)
    waiting, counted, size = [start], 0, 0
    while waiting:
        path = waiting.pop()
        passed_over = () if path == start else (NotFound, NotADirectory, PermissionDenied)
        with suppress(*passed_over):
            async with closing(directory_rows(context, path, _sum)) as pages:
                async for page in pages:
                    size += page.size
                    counted += page.entries
                    above = "" if path == ROOT else path
                    waiting += [VirtualPath(f"{above}/{name}") for name in page.directories]
                    if counted > MOST_TREE_ENTRIES or len(waiting) > MOST_TREES_WAITING:
                        raise TooManyEntries("the tree is too large to count")
    return file_replies.tree_size(size)


class _Sum(NamedTuple):
    """The part of a page in the size of a tree."""

    entries: int
    size: int
    directories: tuple[str, ...]


def _sum(page: Page) -> _Sum:
    own = [entry for entry in page if entry.link is None]
    return _Sum(
        entries=len(page),
        size=sum(entry.size for entry in own if entry.kind in (EntryKind.FILE, EntryKind.UNFINISHED)),
        directories=tuple(entry.name for entry in own if entry.kind is EntryKind.DIRECTORY),
    )


@command(
    arguments.path,
    Facts(
        verb="MKDIR",
        help="<path>",
        source="ProFTPD",
        replies=(200,),
        features=features("SITE MKDIR"),
        access=Access(free=needs(Permissions.MAKE_DIRECTORY)),
    ),
)
async def make_path(context: Context, argument: str) -> Final:
    """Make a directory and its missing parents; a directory that is there is no error."""
    missing = [context.path(argument)]
    while True:
        try:
            await _make(context, missing[-1])
        except NotFound:
            missing.append(paths.parent(missing[-1]))
            if missing[-1] == ROOT:
                raise
            continue
        except AlreadyExists:
            if len(missing) == 1 and (await context.storage.stat(missing[0])).kind is not EntryKind.DIRECTORY:
                raise
        break
    for path in reversed(missing[:-1]):
        await _make(context, path)
    return replies.ok("SITE MKDIR successful.")


async def _make(context: Context, path: VirtualPath) -> None:
    await context.storage.make_directory(path)
    session, account = context.session, context.account.name
    event = DirectoryChanged(session=session.id, peer=session.peer, account=account, verb="SITE MKDIR", path=path)
    context.emit(event)


@command(
    arguments.path,
    Facts(
        verb="RMDIR",
        help="<path>",
        source="ProFTPD",
        replies=(200,),
        features=features_of_storage(IRemoveTree, "SITE RMDIR"),
        access=Access(directory=needs(Permissions.LIST | Permissions.REMOVE_DIRECTORY)),
    ),
)
async def remove_path(context: Context, argument: str) -> Final:
    """Remove a directory with everything below it, as RMDA does."""
    await remove_tree(context, "SITE RMDIR", context.path(argument))
    return replies.ok("SITE RMDIR successful.")


COMMANDS = (remove_all, size_of_tree)
SITE_TREES = (make_path, remove_path)
"""The sub-verbs of SITE."""
