"""Operations on single files and directories: DELE RNFR RNTO MKD RMD SIZE MDTM MFMT MFF."""

from __future__ import annotations

from ftpd_service.commands import ascii_offsets
from ftpd_service.commands.command import Column, Facts, command, features, features_of_storage
from ftpd_service.commands.context import Context
from ftpd_service.commands.copies import move_across
from ftpd_service.commands.needs import Access, existing, known, needs
from ftpd_service.commands.resumed import told
from ftpd_service.copy_interfaces import ICopyFiles
from ftpd_service.errors import (
    AcrossFolders,
    BadArgument,
    IsADirectory,
    NotFound,
    StorageError,
    Unsupported,
    UnsupportedParameter,
    UploadUnfinished,
)
from ftpd_service.events import DirectoryChanged, FileRemoved, Renamed
from ftpd_service.interfaces import IChangeMode
from ftpd_service.session.sequence import OneShot
from ftpd_service.values import EntryKind, Permissions, RepresentationType
from ftpd_service.wire import arguments, facts, file_replies, paths
from ftpd_service.wire.arguments import FactsPath, TimedPath
from ftpd_service.wire.reply import Final


@command(
    arguments.path,
    Facts(
        verb="DELE",
        help="<path>",
        source="RFC 959 section 4.1.3",
        replies=(250,),
        access=Access(file=needs(Permissions.DELETE)),
    ),
)
async def delete(context: Context, argument: str) -> Final:
    """Remove a file, or a link but not its target."""
    path = context.path(argument)
    await context.storage.remove_file(path)
    context.emit(
        FileRemoved(session=context.session.id, peer=context.session.peer, account=context.account.name, path=path)
    )
    return file_replies.file_done("File removed.")


@command(
    arguments.path,
    Facts(
        verb="RNFR",
        help="<path>",
        source="RFC 959 section 4.1.3",
        replies=(350,),
        keeps=OneShot.ALL,
        access=existing(Permissions.RENAME),
    ),
)
async def rename_from(context: Context, argument: str) -> Final:
    """Choose the entry that the next command renames; only its path is remembered."""
    sequence = context.session.sequence
    sequence.rename_from = None
    path = context.path(argument)
    # This comes before any look-up, because the answer would reveal which names exist.
    context.demand(path, Permissions.RENAME)
    if (await context.storage.stat(path)).kind is EntryKind.UNFINISHED:
        raise UploadUnfinished("the upload has not finished")
    sequence.rename_from = path
    return file_replies.rename_pending()


@command(
    arguments.path,
    Facts(
        verb="RNTO",
        help="<path>",
        source="RFC 959 section 4.1.3",
        replies=(250,),
        needs=OneShot.RENAME,
        column=Column.WRITES,
        access=Access(free=needs(Permissions.RENAME), file=needs(Permissions.RENAME | Permissions.OVERWRITE)),
    ),
)
async def rename_to(context: Context, argument: str) -> Final:
    """Rename the entry of RNFR; a file may replace a file, but nothing replaces a directory.

    A file moves to another folder or file system by a copy.
    """
    source, target = context.session.sequence.rename_from, context.path(argument)
    assert source is not None, "the declaration needs it"
    try:
        await context.storage.rename(source, target)
    except AcrossFolders:
        if not ICopyFiles.providedBy(context.storage):
            raise
        await move_across(context, source, target)
    context.emit(
        Renamed(
            session=context.session.id,
            peer=context.session.peer,
            account=context.account.name,
            source=source,
            target=target,
        )
    )
    return file_replies.file_done("Rename successful.")


@command(
    arguments.path,
    Facts(
        verb="MKD",
        aliases=("XMKD",),
        help="<path>",
        source="RFC 959 section 4.1.3 and appendix II",
        replies=(257,),
        access=Access(free=needs(Permissions.MAKE_DIRECTORY)),
    ),
)
async def make_directory(context: Context, argument: str) -> Final:
    """Make one directory, but not its parents, and answer 257 with the absolute path."""
    # The storage itself refuses the new name (553).
    context.told_path(paths.parent(context.path(argument)))
    path = context.path(argument)
    await context.storage.make_directory(path)
    context.emit(
        DirectoryChanged(
            session=context.session.id, peer=context.session.peer, account=context.account.name, verb="MKD", path=path
        )
    )
    return file_replies.directory_made(path)


@command(
    arguments.path,
    Facts(
        verb="RMD",
        aliases=("XRMD",),
        help="<path>",
        source="RFC 959 section 4.1.3",
        replies=(250,),
        access=Access(directory=needs(Permissions.REMOVE_DIRECTORY)),
    ),
)
async def remove_directory(context: Context, argument: str) -> Final:
    """Remove one empty directory."""
    path = context.path(argument)
    await context.storage.remove_directory(path)
    context.emit(
        DirectoryChanged(
            session=context.session.id, peer=context.session.peer, account=context.account.name, verb="RMD", path=path
        )
    )
    return file_replies.file_done("Directory removed.")


@command(
    arguments.path,
    Facts(
        verb="SIZE",
        help="<path>",
        source="RFC 3659 section 4",
        replies=(213, 550),
        features=features("SIZE"),
        access=known(directory=False),
    ),
)
async def size(context: Context, argument: str) -> Final:
    """Show the exact number of bytes that a RETR would send now; in TYPE A the file is converted to count them."""
    path = context.path(argument)
    entry = told(context, path, await context.storage.stat(path))
    if entry.kind is EntryKind.DANGLING:
        raise NotFound("a link that leads nowhere")
    if entry.kind is EntryKind.DIRECTORY:
        raise IsADirectory
    if context.session.representation.type is RepresentationType.IMAGE:
        return file_replies.file_size(entry.size)
    count = await ascii_offsets.converted_size(context, path)
    if count is None:
        return file_replies.not_taken("SIZE not allowed in ASCII mode for this file.")
    return file_replies.file_size(count)


@command(
    arguments.path,
    Facts(
        verb="MDTM",
        help="<path> | <time> <path>",
        source="RFC 3659 section 3",
        replies=(213,),
        features=features("MDTM"),
        access=known(),
    ),
)
async def modification_time(context: Context, argument: str) -> Final:
    """Show the modification time; a leading time sets it, unless an entry has that whole name."""
    try:
        entry = await context.storage.stat(context.path(argument))
    except NotFound:
        wanted = arguments.mdtm_set(argument)
        if wanted is None:
            raise
        await context.look_up(wanted.path)
        return await _set_time(context, "MDTM", wanted)
    return file_replies.modification_time(facts.time_value(entry.modified_ns))


@command(
    arguments.timed_path,
    Facts(
        verb="MFMT",
        help="<time> <path>",
        source="draft-somers-ftp-mfxx-03 section 3",
        replies=(213,),
        features=features("MFMT"),
        access=existing(Permissions.ATTRIBUTES, argument="20200101000000 {path}"),
    ),
)
async def set_modification_time(context: Context, wanted: TimedPath) -> Final:
    """Set the modification time and show its new value."""
    return await _set_time(context, "MFMT", wanted)


async def _set_time(context: Context, verb: str, wanted: TimedPath) -> Final:
    path = context.told_path(wanted.path)
    await context.storage.set_modified(path, wanted.modified_ns)
    context.attributes_changed(verb, path)
    now = facts.time_value((await context.storage.stat(path)).modified_ns)
    return file_replies.facts_set(f"Modify={now};", wanted.path)


@command(
    arguments.facts_path,
    Facts(
        verb="MFF",
        help="<fact>=<value>;... <path>",
        source="draft-somers-ftp-mfxx-03 section 5",
        replies=(213, 504),
        features=features_of_storage(IChangeMode, "MFF Modify;UNIX.mode;", otherwise=("MFF Modify;",)),
        access=existing(Permissions.ATTRIBUTES, argument="Modify=20200101000000; {path}"),
    ),
)
async def set_facts(context: Context, wanted: FactsPath) -> Final:
    """Set facts, all of which are checked before the first is set, so an unknown fact changes nothing."""
    modified_ns: int | None = None
    mode: int | None = None
    for name, value in wanted.facts:
        if name.lower() == "modify":
            modified_ns = facts.parse_time_value(value)
        elif name.lower() == "unix.mode":
            mode = arguments.octal_mode(value)
        else:
            raise UnsupportedParameter(f"Fact {name} cannot be set.")
    if modified_ns is None and mode is None:
        raise BadArgument("No fact is given.")
    return await _set_facts(context, wanted.path, modified_ns, mode)


async def _set_facts(context: Context, argument: str, modified_ns: int | None, mode: int | None) -> Final:
    path = context.told_path(argument)
    if mode is not None and not IChangeMode.providedBy(context.storage):
        raise Unsupported("Fact UNIX.mode cannot be set here.")
    context.demand(path, Permissions.ATTRIBUTES)
    former = await context.storage.stat(path)
    if modified_ns is not None:
        await context.storage.set_modified(path, modified_ns)
    if mode is not None:
        try:
            await IChangeMode(context.storage).change_mode(path, mode)
        except StorageError:
            if modified_ns is not None:
                await context.storage.set_modified(path, former.modified_ns)
            raise
    context.attributes_changed("MFF", path)
    entry = await context.storage.stat(path)
    told = "" if modified_ns is None else f"Modify={facts.time_value(entry.modified_ns)};"
    if mode is not None:
        told += f"UNIX.mode={entry.mode:04o};"
    return file_replies.facts_set(told, argument)


COMMANDS = (
    delete,
    rename_from,
    rename_to,
    make_directory,
    remove_directory,
    size,
    modification_time,
    set_modification_time,
    set_facts,
)
