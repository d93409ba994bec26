"""Copies on the server: CPFR CPTO, which are sub-verbs of SITE too, and the rename that has to copy.

ABOR and a client that leaves end a copy, and until its commit nothing of it is seen.  There is no preliminary reply,
because clients take the second 1yz of a dialogue for its end.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ftpd_service.commands.command import Column, Facts, command, features_of_storage
from ftpd_service.commands.context import Context
from ftpd_service.commands.needs import Access, needs
from ftpd_service.copy_interfaces import ICopyFiles
from ftpd_service.errors import IsADirectory, NotFound, Unsupported
from ftpd_service.events import FileCopied
from ftpd_service.session.sequence import OneShot
from ftpd_service.values import EntryKind, Permissions, VirtualPath
from ftpd_service.wire import arguments, file_replies
from ftpd_service.wire.reply import Final

_SOURCE = "ProFTPD's mod_copy"


def _storage(context: Context) -> ICopyFiles:
    if not ICopyFiles.providedBy(context.storage):
        raise Unsupported("Files cannot be copied here.")
    return ICopyFiles(context.storage)


@command(
    arguments.path,
    Facts(
        verb="CPFR",
        help="<path>",
        source=_SOURCE,
        replies=(350,),
        keeps=OneShot.RESTART | OneShot.RANGE | OneShot.COPY,
        access=Access(file=needs(Permissions.READ)),
    ),
)
async def copy_from(context: Context, argument: str) -> Final:
    """Choose the file that the next command copies; only its path is remembered."""
    sequence = context.session.sequence
    sequence.copy_from = None
    path = context.path(argument)
    _storage(context)
    # This comes before any look-up, because the answer would reveal which names exist.
    context.demand(path, Permissions.READ)
    entry = await context.storage.stat(path)
    if entry.kind is EntryKind.DIRECTORY:
        raise IsADirectory("a directory")
    if entry.kind is not EntryKind.FILE:
        raise NotFound("a link that leads nowhere")
    sequence.copy_from = path
    return file_replies.copy_pending()


@command(
    arguments.path,
    Facts(
        verb="CPTO",
        help="<path>",
        source=_SOURCE,
        replies=(250,),
        needs=OneShot.COPY,
        column=Column.WRITES,
        access=Access(
            free=needs(Permissions.READ | Permissions.CREATE), file=needs(Permissions.READ | Permissions.OVERWRITE)
        ),
    ),
)
async def copy_to(context: Context, argument: str) -> Final:
    """Copy the file of CPFR; the copy is a new file, as if the client had uploaded it."""
    source, target = context.session.sequence.copy_from, context.path(argument)
    assert source is not None, "the declaration needs it"
    storage = _storage(context)
    context.takes_long()
    await storage.copy_file(source, target, partial(_last, context))
    session = context.session
    context.emit(
        FileCopied(session=session.id, peer=session.peer, account=context.account.name, source=source, target=target)
    )
    return file_replies.file_done("Copy successful.")


async def move_across(context: Context, source: VirtualPath, target: VirtualPath) -> None:
    """Move a file between folders or file systems.

    :raises AcrossFolders: the storage cannot copy, or the source is no file.
    """
    context.takes_long()
    await ICopyFiles(context.storage).move_file(source, target, partial(_last, context))


def _last(context: Context) -> None:
    context.demand_client()
    context.point_of_no_return()


COMMANDS = (copy_from, copy_to)

SITE_COPIES = (
    replace(copy_from, facts=replace(copy_from.facts, source=f"{_SOURCE}; WinSCP")),
    replace(
        copy_to,
        facts=replace(
            copy_to.facts, source=f"{_SOURCE}; WinSCP", features=features_of_storage(ICopyFiles, "SITE COPY")
        ),
    ),
)
"""The same as sub-verbs of SITE."""
