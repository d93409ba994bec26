"""SITE and its sub-verbs, which have a small table of their own: CHMOD HELP IDLE UMASK UTIME."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ftpd_service.commands.command import Facts, command, features
from ftpd_service.commands.context import Context
from ftpd_service.errors import BadArgument, Unsupported
from ftpd_service.interfaces import IChangeMode
from ftpd_service.wire import arguments, replies
from ftpd_service.wire.reply import Final

_LEAST_IDLE_SECONDS = 1


def _change_mode(context: Context) -> IChangeMode:
    if not IChangeMode.providedBy(context.storage):
        raise Unsupported("Permission bits cannot be changed here.")
    return IChangeMode(context.storage)


async def _chmod(context: Context, text: str) -> Final:
    wanted = arguments.site_chmod(text)
    await _change_mode(context).change_mode(context.path(wanted.path), wanted.mode)
    return replies.ok("SITE CHMOD successful.")


async def _utime(context: Context, text: str) -> Final:
    wanted = arguments.site_utime(text)
    await context.storage.set_modified(context.path(wanted.path), wanted.modified_ns)
    return replies.ok("SITE UTIME successful.")


async def _umask(context: Context, text: str) -> Final:
    storage = _change_mode(context)
    mask = arguments.octal_mask(text)
    if mask is None:
        return replies.ok(f"Current UMASK is {storage.umask():03o}")
    storage.set_umask(mask)
    return replies.ok(f"UMASK set to {mask:03o}")


async def _idle(context: Context, text: str) -> Final:
    session = context.session
    seconds = arguments.seconds(text)
    if seconds is None:
        return replies.ok(f"Current idle timeout is {session.idle_seconds:.0f} seconds")
    if not _LEAST_IDLE_SECONDS <= seconds <= session.settings.idle_seconds:
        raise BadArgument(f"Idle timeout is from 1 to {session.settings.idle_seconds:.0f} seconds.")
    session.idle_seconds = seconds
    return replies.ok(f"Idle timeout set to {seconds} seconds")


async def _help(context: Context, text: str) -> Final:
    return replies.help_overview([" ".join(NAMES)])


SUB_VERBS: dict[str, Callable[[Context, str], Awaitable[Final]]] = {
    "CHMOD": _chmod,
    "HELP": _help,
    "IDLE": _idle,
    "UMASK": _umask,
    "UTIME": _utime,
}

NAMES = tuple(sorted(SUB_VERBS))


@command(
    arguments.text,
    Facts(
        verb="SITE",
        help="CHMOD | HELP | IDLE | UMASK | UTIME",
        source="RFC 959 section 4.1.3",
        replies=(200, 214, 500),
        features=features("SITE CHMOD", "SITE UTIME"),
    ),
)
async def site(context: Context, argument: str) -> Final:
    """Carry out a sub-verb; an unknown one is 500."""
    verb, _, rest = argument.lstrip(" ").partition(" ")
    run = SUB_VERBS.get(verb.upper())
    if run is None:
        return replies.unknown_site_command()
    return await run(context, rest)


COMMANDS = (site,)
