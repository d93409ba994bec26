"""The working directory: CWD CDUP PWD and their X forms."""

from __future__ import annotations

from ftpd_service.commands.command import Facts, command
from ftpd_service.commands.context import Context
from ftpd_service.commands.needs import TO_KNOW_DIRECTORY, Access
from ftpd_service.errors import NotADirectory, NotFound
from ftpd_service.values import ROOT, EntryKind, VirtualPath
from ftpd_service.wire import arguments, file_replies, paths
from ftpd_service.wire.reply import Final


async def _enter(context: Context, path: VirtualPath) -> Final:
    entry = await context.storage.stat(path)
    if entry.kind is EntryKind.DANGLING:
        raise NotFound("a link that leads nowhere")
    if entry.kind is not EntryKind.DIRECTORY:
        raise NotADirectory
    context.session.cwd = path
    return file_replies.directory_changed()


async def _home_form(context: Context, argument: str) -> VirtualPath | None:
    """Expand ``~`` and ``~/x`` to the login directory, unless the current directory has an entry ``~``."""
    if argument != "~" and not argument.startswith("~/"):
        return None
    try:
        await context.storage.stat(context.path("~"))
    except NotFound:
        home = paths.join(ROOT, argument[2:])
        await context.look_up(home)
        return home
    return None


@command(
    arguments.optional_path,
    Facts(
        verb="CWD",
        aliases=("XCWD",),
        help="[<path>]",
        source="RFC 959 section 4.1.1",
        replies=(250,),
        access=Access(directory=TO_KNOW_DIRECTORY),
    ),
)
async def change_directory(context: Context, argument: str) -> Final:
    """Change to a directory, without an argument to the login directory (lftp and cameras do that)."""
    if not argument:
        return await _enter(context, ROOT)
    home = await _home_form(context, argument)
    return await _enter(context, context.told_path(argument) if home is None else context.told_path(home))


@command(
    arguments.ignored,
    Facts(
        verb="CDUP",
        aliases=("XCUP",),
        help="",
        source="RFC 959 section 4.1.1 and appendix II",
        replies=(250,),
        access=Access(directory=TO_KNOW_DIRECTORY, argument=""),
    ),
)
async def change_up(context: Context, argument: None) -> Final:
    """Change to the parent directory; the root is its own parent."""
    return await _enter(context, paths.parent(context.session.cwd))


@command(
    arguments.ignored,
    Facts(
        verb="PWD",
        aliases=("XPWD",),
        help="",
        source="RFC 959 section 4.1.3 and appendix II",
        replies=(257,),
        access=Access(directory=TO_KNOW_DIRECTORY, argument=""),
    ),
)
async def print_directory(context: Context, argument: None) -> Final:
    """Show the working directory, or 550 if it no longer exists."""
    await context.storage.stat(context.session.cwd)
    return file_replies.working_directory(context.session.cwd)


COMMANDS = (change_directory, change_up, print_directory)
