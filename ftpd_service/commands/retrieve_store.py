"""Files on a data connection: RETR STOR STOU APPE, and the verbs before or during them: REST ALLO ABOR."""

from __future__ import annotations

from ftpd_service.commands import ascii_offsets
from ftpd_service.commands.command import Column, Facts, Timing, command, features
from ftpd_service.commands.context import Context
from ftpd_service.commands.needs import Access, needs
from ftpd_service.commands.ranges import PartRead, open_part, part_for_transfer
from ftpd_service.commands.reported import Reported
from ftpd_service.commands.resumed import resumed
from ftpd_service.commands.upload_endings import ClientUpload
from ftpd_service.commands.uploads import check_space, receive_upload
from ftpd_service.errors import AlreadyExists, NotFound, RangeRefused, RestartBeyondEnd
from ftpd_service.interfaces import IReadHandle
from ftpd_service.session.sequence import OneShot
from ftpd_service.values import Direction, EntryKind, Permissions, RepresentationType, VirtualPath, WriteMode
from ftpd_service.wire import arguments, file_replies, paths, replies
from ftpd_service.wire.ascii import ToNetwork
from ftpd_service.wire.reply import Final

_UNIQUE_TRIES = 100
_ANY_WRITE = Permissions.CREATE | Permissions.OVERWRITE | Permissions.APPEND


@command(
    arguments.path,
    Facts(
        verb="RETR",
        help="<path>",
        source="RFC 959 section 4.1.3; RFC 3659 section 5",
        replies=(226,),
        transfer=True,
        keeps=OneShot.NONE,
        access=Access(file=needs(Permissions.READ)),
    ),
)
async def retrieve(context: Context, argument: str) -> Final:
    """Send a file, from the restart offset on, or the range of RANG."""
    session, path = context.session, context.path(argument)
    restart, translation, part = session.sequence.restart, None, part_for_transfer(session)
    if session.representation.type is RepresentationType.ASCII:
        start = await ascii_offsets.for_download(context, path, restart)
        restart, translation = start.offset, ToNetwork(previous_cr=start.previous_cr)
    if part is not None:
        handle: IReadHandle = await open_part(context.storage, path, part)
    else:
        handle = await context.storage.open_read(path, restart)
    try:
        if not context.data.chosen():
            return file_replies.port_wanted()
        due = handle.byte_count if isinstance(handle, PartRead) else handle.entry().size - restart
        announced = None if translation is not None else due
        context.send_preliminary(file_replies.opening(session.representation, announced))
        with Reported(context, "RETR", Direction.DOWNLOAD, path) as tally:
            tally.byte_count = await context.data.send_file(handle, translation, due)
    finally:
        await handle.close()
    return file_replies.transfer_complete()


@command(
    arguments.path,
    Facts(
        verb="STOR",
        help="<path>",
        source="RFC 959 section 4.1.3; RFC 3659 section 5",
        replies=(226,),
        transfer=True,
        keeps=OneShot.NONE,
        column=Column.WRITES,
        access=Access(free=needs(Permissions.CREATE), file=needs(Permissions.OVERWRITE)),
    ),
)
async def store(context: Context, argument: str) -> Final:
    """Receive a file: the whole in place of an earlier file, or a part in place, as REST or RANG says."""
    return await _store(context, "STOR", context.path(argument), WriteMode.REPLACE)


@command(
    arguments.path,
    Facts(
        verb="APPE",
        help="<path>",
        source="RFC 959 section 4.1.3; RFC 3659 section 5.3",
        replies=(226,),
        transfer=True,
        keeps=OneShot.NONE,
        column=Column.WRITES,
        access=Access(free=needs(Permissions.CREATE), file=needs(Permissions.APPEND)),
    ),
)
async def append(context: Context, argument: str) -> Final:
    """Receive behind the end of a file; after REST exactly as STOR."""
    _refuse_range(context)
    return await _store(context, "APPE", context.path(argument), WriteMode.APPEND)


def _refuse_range(context: Context) -> None:
    """Refuse APPE and STOU after RANG, whose draft leaves their meaning open."""
    if context.session.sequence.part is not None:
        raise RangeRefused("RANG before a verb that does not begin where the client says")


async def _refuse_unfinished(context: Context, path: VirtualPath) -> None:
    """Refuse to go on with an unfinished upload after RANG: its end would publish a file that may lack its rest."""
    try:
        entry = await context.storage.stat(path)
    except NotFound:
        return
    if entry.kind is EntryKind.UNFINISHED:
        raise RangeRefused("a part of an unfinished upload")


async def _store(context: Context, verb: str, path: VirtualPath, mode: WriteMode) -> Final:
    session = context.session
    context.demand_any(path, _ANY_WRITE)
    part, restart = part_for_transfer(session), session.sequence.restart
    if part is not None:
        await _refuse_unfinished(context, path)
        mode, restart = WriteMode.MODIFY, part.start
    elif restart:
        mode = WriteMode.MODIFY
        if session.representation.type is RepresentationType.ASCII:
            restart = await ascii_offsets.for_upload(context, path, restart)
    mode, offset = await resumed(context, path, mode, restart if mode is WriteMode.MODIFY else 0)
    await check_space(context, path, mode, offset)
    handle = await context.storage.open_write(path, mode, offset)
    upload = ClientUpload(verb=verb, path=path, mode=mode, offset=offset)
    return await receive_upload(context, upload, handle, file_replies.opening(session.representation, None))


@command(
    arguments.optional_path,
    Facts(
        verb="STOU",
        help="[<name>]",
        source="RFC 959 section 4.1.3; RFC 1123 section 4.1.2.9",
        replies=(226,),
        transfer=True,
        keeps=OneShot.NONE,
        column=Column.WRITES,
        access=Access(free=needs(Permissions.CREATE), file=needs(Permissions.CREATE)),
    ),
)
async def store_unique(context: Context, argument: str) -> Final:
    """Receive a file under a free name; the argument is a hint for directory and name."""
    _refuse_range(context)
    if context.session.sequence.restart:
        raise RestartBeyondEnd("STOU starts at the beginning")
    stem = context.told_path(argument or f"stou.{int(context.now() * 1000):x}")
    context.demand(stem, Permissions.CREATE)
    for number in range(_UNIQUE_TRIES):
        path = _numbered(stem, number)
        await check_space(context, path, WriteMode.CREATE, 0)
        try:
            handle = await context.storage.open_write(path, WriteMode.CREATE, 0)
        except AlreadyExists:
            continue
        shown = paths.name(path) if paths.parent(path) == context.session.cwd else path
        upload = ClientUpload(verb="STOU", path=path, mode=WriteMode.CREATE)
        return await receive_upload(context, upload, handle, file_replies.opening_unique(paths.display(shown)))
    raise AlreadyExists("no unique name found")


def _numbered(stem: VirtualPath, number: int) -> VirtualPath:
    """Return the stem itself, then ``a.1.txt``, ``a.2.txt``: the suffix stays, because programs need it."""
    if number == 0:
        return stem
    name = paths.name(stem)
    base, dot, suffix = name.rpartition(".")
    numbered = f"{base}.{number}{dot}{suffix}" if base else f"{name}.{number}"
    return paths.child(paths.parent(stem), numbered)


@command(
    arguments.offset,
    Facts(
        verb="REST",
        help="<offset>",
        source="RFC 3659 section 5",
        replies=(350,),
        features=features("REST STREAM"),
    ),
)
async def restart(context: Context, offset: int) -> Final:
    """Remember the restart offset of the next transfer, which checks it against the file."""
    context.session.sequence.restart, context.session.sequence.part = offset, None
    return replies.restarting(offset)


@command(
    arguments.allocation,
    Facts(verb="ALLO", help="<octets> [R <octets>]", source="RFC 959 section 4.1.3", replies=(200,)),
)
async def allocate(context: Context, size: int) -> Final:
    """Remember the size of the next upload; never refused here."""
    context.session.sequence.allocated = size
    return replies.ok()


def _at_once(argument: str) -> Timing:
    return Timing.AT_ONCE


@command(
    arguments.ignored,
    Facts(
        verb="ABOR",
        help="",
        source="RFC 959 section 4.1.3",
        replies=(225, 226),
        needs_login=False,
        timing=_at_once,
        keeps=OneShot.NONE,
    ),
)
async def abort(context: Context, argument: None) -> Final:
    """Stop the running verb: its reply goes out first, then 226; 225 if no verb was running."""
    running = context.running
    if running is not None and running.may_be_aborted:
        running.cancel()
        return file_replies.abort_done()
    await context.data.finish()
    return file_replies.nothing_to_abort()


COMMANDS = (retrieve, store, append, store_unique, restart, allocate, abort)
