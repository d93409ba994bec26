"""Information about the server and the session: FEAT HELP SYST STAT NOOP CLNT CSID AVBL."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ftpd_service.closing import closing
from ftpd_service.commands.command import Column, Facts, Timing, command, features, features_of_storage
from ftpd_service.commands.context import Context
from ftpd_service.commands.listings import long_rows
from ftpd_service.commands.needs import TO_KNOW_DIRECTORY, Access, existing
from ftpd_service.commands.selection import Rows, select
from ftpd_service.errors import Unsupported
from ftpd_service.interfaces import IFreeSpace
from ftpd_service.session.sequence import OneShot
from ftpd_service.values import Permissions
from ftpd_service.wire import arguments, file_replies, replies
from ftpd_service.wire.charsets import UTF8
from ftpd_service.wire.paths import display
from ftpd_service.wire.reply import Final, interior_rows

_VERBS_A_ROW = 8
_MOST_ROWS = 10_000
_MOST_BYTES = 1024 * 1024
"""The most bytes of rows in a reply, which is written at once."""

_LONGEST_CLIENT_NAME = 100


@command(
    arguments.nothing,
    Facts(verb="FEAT", help="", source="RFC 2389 section 3", replies=(211,), needs_login=False),
)
async def list_features(context: Context, argument: None) -> Final:
    """List the extensions that work in this session."""
    return replies.features(context.catalogue.feature_lines(context.session))


@command(
    arguments.optional_text,
    Facts(verb="HELP", help="[<verb>]", source="RFC 959 section 4.1.3", replies=(214, 502), needs_login=False),
)
async def help_(context: Context, argument: str) -> Final:
    """List all verbs, or tell the syntax of a verb."""
    verb = argument.strip().upper()
    if not verb:
        return replies.help_overview(verb_rows(context.catalogue.names()))
    if verb == "SITE":
        return replies.help_overview(verb_rows(context.catalogue.site_names()))
    syntax = context.catalogue.syntax(verb)
    return replies.help_unknown() if syntax is None else replies.help_syntax(syntax)


def verb_rows(verbs: tuple[str, ...]) -> list[str]:
    """Return the rows of HELP."""
    return [" ".join(verbs[place : place + _VERBS_A_ROW]) for place in range(0, len(verbs), _VERBS_A_ROW)]


@command(
    arguments.ignored,
    Facts(verb="SYST", help="", source="RFC 959 section 4.1.3", replies=(215,), needs_login=False),
)
async def system(context: Context, argument: None) -> Final:
    """Tell the prefix that clients look for, on every operating system."""
    return replies.system_type()


def _at_once_without_path(argument: str) -> Timing:
    return Timing.QUEUED if argument else Timing.AT_ONCE


@command(
    arguments.listing,
    Facts(
        verb="STAT",
        help="[<path>]",
        source="RFC 959 section 4.1.3; RFC 1123 section 4.1.3.3",
        replies=(211, 212, 213),
        needs_login=False,
        timing=_at_once_without_path,
        abortable=True,
        keeps=OneShot.ALL,
        column=Column.READS,
        access=existing(Permissions.LIST),
    ),
)
async def status(context: Context, argument: arguments.ListArgument) -> Final:
    """Tell the state of the session or of the running transfer, or list a path on the control connection."""
    if argument.words:
        return await _listed(context, argument)
    running = context.running
    if running is not None and running.may_be_aborted and running.verb != "STAT":
        return replies.transfer_status(running.verb, context.data.progress())
    session = context.session
    return replies.status(session.peer, session.account_name, session.representation, session.idle_seconds)


async def _listed(context: Context, argument: arguments.ListArgument) -> Final:
    # Only STAT without a path may stand between RNFR and RNTO.
    context.session.sequence.lapse(OneShot.PATHS)
    context.told_path(argument.path)
    charset = context.session.charset
    of_page = long_rows(context, argument.options, UTF8).of_page
    # Rows are built where the pages are, beside the reactor if there are many.
    form = Rows(of_page=lambda page, prefix: interior_rows(of_page(page, prefix), charset))
    selection = await select(context, argument, form)
    async with closing(selection.source):
        rows, cut = await _as_many_as_fit(selection.rows)
    status_of = replies.directory_status if selection.directory else replies.file_status
    return status_of(argument.path or context.session.cwd, rows, cut=cut)


async def _as_many_as_fit(pieces: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """Return the rows that fit into a reply, and whether rows are left out."""
    taken: list[bytes] = []
    rows_left, bytes_left = _MOST_ROWS, _MOST_BYTES
    async for piece in pieces:
        rows = piece.count(b"\n")
        if rows > rows_left or len(piece) > bytes_left:
            fitting = piece[: piece.rfind(b"\n", 0, bytes_left) + 1].splitlines(keepends=True)[:rows_left]
            return b"".join([*taken, *fitting]), True
        taken.append(piece)
        rows_left -= rows
        bytes_left -= len(piece)
    return b"".join(taken), False


@command(
    arguments.ignored,
    Facts(
        verb="NOOP",
        help="",
        source="RFC 959 section 4.1.3",
        replies=(200,),
        needs_login=False,
        keeps=OneShot.ALL,
    ),
)
async def no_operation(context: Context, argument: None) -> Final:
    """Do nothing, but count as activity."""
    return replies.ok()


@command(
    arguments.text,
    Facts(
        verb="CLNT",
        help="<client>",
        source="de facto (FileZilla, lftp, WinSCP)",
        replies=(200,),
        needs_login=False,
        features=features("CLNT"),
    ),
)
async def client(context: Context, name: str) -> Final:
    """Note the client's name of itself, for the log."""
    context.session.client_name = display(name)[:_LONGEST_CLIENT_NAME]
    return replies.client_noted("Noted.")


@command(
    arguments.text,
    Facts(
        verb="CSID",
        help="Name=<client>; Version=<version>;",
        source="draft-peterson-streamlined-ftp-command-extensions",
        replies=(200,),
        needs_login=False,
        features=features("CSID"),
    ),
)
async def client_id(context: Context, name: str) -> Final:
    """Note the client's name of itself, and tell only the facts that Indy's client asks for."""
    context.session.client_name = display(name)[:_LONGEST_CLIENT_NAME]
    equal = context.session.equal_names
    sensitive = equal is None or not equal.any_case
    return replies.client_noted(f"Name=FTP server; CaseSensitive={int(sensitive)}; DirSep=/;")


@command(
    arguments.optional_path,
    Facts(
        verb="AVBL",
        help="[<path>]",
        source="draft-peterson-streamlined-ftp-command-extensions",
        replies=(213,),
        features=features_of_storage(IFreeSpace, "AVBL"),
        access=Access(directory=TO_KNOW_DIRECTORY),
    ),
)
async def available(context: Context, argument: str) -> Final:
    """Tell how many bytes this login can still write into a directory."""
    if not IFreeSpace.providedBy(context.storage):
        raise Unsupported("The free space is not known here.")
    return file_replies.free_bytes(await IFreeSpace(context.storage).free_bytes(context.path(argument)))


COMMANDS = (list_features, help_, system, status, no_operation, client, client_id, available)
