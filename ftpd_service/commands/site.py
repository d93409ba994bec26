"""SITE and its sub-verbs, which are declared like verbs in a table of their own."""

from __future__ import annotations

from ftpd_service.commands import copies, trees
from ftpd_service.commands.command import AnyCommand, Column, Facts, command, features
from ftpd_service.commands.context import Context
from ftpd_service.commands.equal_arguments import carry_out
from ftpd_service.commands.information import verb_rows
from ftpd_service.commands.needs import existing
from ftpd_service.errors import BadArgument, Unsupported
from ftpd_service.interfaces import IChangeMode
from ftpd_service.session.sequence import OneShot
from ftpd_service.session.session import Session
from ftpd_service.values import EntryKind, Permissions
from ftpd_service.wire import arguments, replies
from ftpd_service.wire.reply import Final
from ftpd_service.wire.symbolic_modes import symbolic_mode

_LEAST_IDLE_SECONDS = 1


def _change_mode(context: Context) -> IChangeMode:
    if not IChangeMode.providedBy(context.storage):
        raise Unsupported("Permission bits cannot be changed here.")
    return IChangeMode(context.storage)


@command(
    arguments.site_chmod,
    Facts(
        verb="CHMOD",
        help="<mode> <path>",
        source="ncftp",
        replies=(200,),
        features=features("SITE CHMOD"),
        access=existing(Permissions.ATTRIBUTES, argument="644 {path}"),
    ),
)
async def chmod(context: Context, argument: arguments.ModePath) -> Final:
    """Set the permission bits of a file or directory that the configuration allows, and tell the new mode."""
    path, storage, mode = context.path(argument.path), _change_mode(context), argument.mode
    if mode is None:
        context.demand(path, Permissions.ATTRIBUTES)
        former = await context.storage.stat(path)
        mode = symbolic_mode(argument.symbolic, former.mode, directory=former.kind is EntryKind.DIRECTORY)
    await storage.change_mode(path, mode)
    context.attributes_changed("SITE CHMOD", path)
    entry = await context.storage.stat(path)
    return replies.ok(f"SITE CHMOD successful, the mode is {entry.mode:04o}.")


@command(
    arguments.site_utime,
    Facts(
        verb="UTIME",
        help="<path> <atime> <mtime> <ctime> UTC | <time> <path>",
        source="ncftp; lftp; gFTP",
        replies=(200,),
        features=features("SITE UTIME"),
        access=existing(Permissions.ATTRIBUTES, argument="20200101000000 {path}"),
    ),
)
async def utime(context: Context, argument: arguments.TimedPath) -> Final:
    """Set the modification time of a file or directory."""
    path = context.path(argument.path)
    await context.storage.set_modified(path, argument.modified_ns)
    context.attributes_changed("SITE UTIME", path)
    return replies.ok("SITE UTIME successful.")


@command(arguments.octal_mask, Facts(verb="UMASK", help="[<mask>]", source="BSD ftpd", replies=(200,)))
async def umask(context: Context, argument: int | None) -> Final:
    """Tell or set the umask of the files and directories that this session makes."""
    storage = _change_mode(context)
    if argument is None:
        return replies.ok(f"Current UMASK is {storage.umask():03o}")
    storage.set_umask(argument)
    return replies.ok(f"UMASK set to {storage.umask():03o}")


@command(arguments.seconds, Facts(verb="IDLE", help="[<seconds>]", source="BSD ftpd", replies=(200,)))
async def idle(context: Context, argument: int | None) -> Final:
    """Tell or lower the idle timeout of this session."""
    session = context.session
    if argument is None:
        return replies.ok(f"Current idle timeout is {session.idle_seconds:.0f} seconds")
    if not _LEAST_IDLE_SECONDS <= argument <= session.settings.idle_seconds:
        raise BadArgument(f"Idle timeout is from 1 to {session.settings.idle_seconds:.0f} seconds.")
    session.idle_seconds = argument
    return replies.ok(f"Idle timeout set to {argument} seconds")


@command(arguments.ignored, Facts(verb="HELP", help="", source="BSD ftpd", replies=(214,)))
async def help_(context: Context, argument: None) -> Final:
    """List the sub-verbs."""
    return replies.help_overview(verb_rows(tuple(SUB_VERBS)))


SUB_COMMANDS: tuple[AnyCommand, ...] = (
    chmod,
    *copies.SITE_COPIES,
    help_,
    idle,
    *trees.SITE_TREES,
    umask,
    utime,
)
SUB_VERBS: dict[str, AnyCommand] = {one.facts.verb: one for one in sorted(SUB_COMMANDS, key=lambda one: one.facts.verb)}
"""The sub-verbs by name, sorted."""


def _features(session: Session) -> tuple[str, ...]:
    return tuple(line for one in SUB_COMMANDS if one.facts.features for line in one.facts.features(session))


def _column(argument: str) -> Column:
    found = _found(argument)
    return Column.READS if found is None else found.facts.column


def _found(argument: str) -> AnyCommand | None:
    return SUB_VERBS.get(argument.lstrip(" ").partition(" ")[0].upper())


@command(
    arguments.text,
    Facts(
        verb="SITE",
        help=" | ".join(SUB_VERBS),
        source="RFC 959 section 4.1.3",
        replies=tuple(sorted({500, *(code for one in SUB_COMMANDS for code in one.facts.replies)})),
        keeps=OneShot.RESTART | OneShot.RANGE | OneShot.COPY,
        column_of=_column,
        features=_features,
    ),
)
async def site(context: Context, argument: str) -> Final:
    """Carry out a sub-verb; an unknown sub-verb is 500."""
    _, _, rest = argument.lstrip(" ").partition(" ")
    found, sequence = _found(argument), context.session.sequence
    kept = OneShot.NONE if found is None else found.facts.keeps
    try:
        if found is None:
            return replies.unknown_site_command()
        sequence.demand(found.facts.needs)
        return await carry_out(context, found, found.parse(rest))
    finally:
        sequence.lapse(OneShot.COPY & ~kept)


COMMANDS = (site,)
