"""Listings on a data connection, LIST NLST MLSD, and MLST on the control connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

from ftpd_service.closing import closing
from ftpd_service.commands.command import Column, Facts, command
from ftpd_service.commands.computed_digests import known_digests
from ftpd_service.commands.context import Context
from ftpd_service.commands.needs import Access, existing, known, needs
from ftpd_service.commands.reported import Reported
from ftpd_service.commands.resumed import told
from ftpd_service.commands.selection import Rows, Selection, directory_selection, select, without_dot_files
from ftpd_service.errors import NotFound
from ftpd_service.session.sequence import OneShot
from ftpd_service.session.session import Session
from ftpd_service.values import ROOT, Direction, Entry, EntryKind, Permissions, VirtualPath
from ftpd_service.wire import arguments, facts, file_replies, listing, paths
from ftpd_service.wire.arguments import ListArgument, ListOptions
from ftpd_service.wire.charsets import Charset
from ftpd_service.wire.reply import Final


async def _send(context: Context, verb: str, selection: Selection) -> Final:
    """Send the rows of a selection, whose first page was read already."""
    async with closing(selection.source):
        if not context.data.chosen():
            return file_replies.port_wanted()
        context.send_preliminary(file_replies.opening_listing(verb))
        with Reported(context, verb, Direction.LISTING, selection.path) as tally:
            tally.byte_count = await context.data.send_pages(selection.rows)
    return file_replies.transfer_complete()


def long_rows(context: Context, options: ListOptions, charset: Charset) -> Rows:
    """Return the form of LIST's rows in a set."""
    now = context.now()
    style = listing.ListStyle(follow=options.follow, charset=charset)
    return Rows(of_page=lambda page, prefix: listing.list_page(page, style, now))


def _names_alone(charset: Charset) -> Rows:
    """Return the form of NLST's rows in a set."""
    return Rows(
        of_page=partial(listing.nlst_page, charset=charset), of_names=partial(listing.nlst_names, charset=charset)
    )


@command(
    arguments.listing,
    Facts(
        verb="LIST",
        help="[-<options>] [<path>]",
        source="RFC 959 section 4.1.3; RFC 1123 section 4.1.2.7",
        replies=(226,),
        transfer=True,
        keeps=OneShot.NONE,
        column=Column.LISTS,
        access=existing(Permissions.LIST),
    ),
)
async def list_long(context: Context, argument: ListArgument) -> Final:
    """List a directory, a file, or the matches of a pattern; always with CRLF."""
    selection = await select(context, argument, long_rows(context, argument.options, context.session.charset))
    return await _send(context, "LIST", selection)


@command(
    arguments.listing,
    Facts(
        verb="NLST",
        help="[-<options>] [<path>]",
        source="RFC 959 section 4.1.3; RFC 1123 section 4.1.2.7",
        replies=(226,),
        transfer=True,
        keeps=OneShot.NONE,
        column=Column.LISTS,
        access=existing(Permissions.LIST),
    ),
)
async def list_names(context: Context, argument: ListArgument) -> Final:
    """List names that are usable as arguments; ``-l`` gives LIST rows (Windows sends that for ``ls -l``)."""
    charset = context.session.charset
    form = long_rows(context, argument.options, charset) if argument.options.long else _names_alone(charset)
    return await _send(context, "NLST", await select(context, argument, form))


@command(
    arguments.optional_path,
    Facts(
        verb="MLSD",
        help="[<path>]",
        source="RFC 3659 section 7",
        replies=(226,),
        transfer=True,
        keeps=OneShot.NONE,
        column=Column.LISTS,
        access=Access(directory=needs(Permissions.LIST)),
    ),
)
async def list_facts(context: Context, argument: str) -> Final:
    """List the facts of every entry of a directory, without options or patterns, in any TYPE."""
    path = context.path(argument)
    context.demand(path, Permissions.LIST)
    shows_dot_files = context.session.settings.dot_files
    if argument in ("-a", "-l", "-la", "-al") and not await _exists(context, path):
        path = context.session.cwd
        shows_dot_files = shows_dot_files or "a" in argument
    own = await _own_rows(context, path)
    format_page = partial(facts.mlsd_page, enabled=context.session.facts, charset=context.session.charset)
    selection = await directory_selection(
        context, path, format_page if shows_dot_files else lambda page: format_page(without_dot_files(page))
    )
    return await _send(context, "MLSD", replace(selection, rows=_behind(own, selection.rows)))


async def _own_rows(context: Context, path: VirtualPath) -> bytes:
    """Return the rows of the directory itself and its parent, as ``.`` and ``..`` (RFC 3659 section 7.5.1)."""
    enabled = context.session.facts
    if not facts.tells_own_rows(enabled):
        return b""
    this = await context.storage.stat(path)
    above = None if path == ROOT else await context.storage.stat(paths.parent(path))
    return facts.own_rows(this, above, enabled, above_is_root=paths.parent(path) == ROOT)


async def _behind(first: bytes, rows: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield rows in the same pieces, with other rows before the first piece."""
    async for piece in rows:
        yield first + piece
        first = b""
    if first:
        yield first


async def _exists(context: Context, path: VirtualPath) -> bool:
    try:
        await context.storage.stat(path)
    except NotFound:
        return False
    return True


def _facts_feature(session: Session) -> tuple[str, ...]:
    return (facts.feature_line(session.facts, session.digest_facts),)


@command(
    arguments.optional_path,
    Facts(
        verb="MLST",
        help="[<path>]",
        source="RFC 3659 section 7",
        replies=(250,),
        features=_facts_feature,
        access=known(),
    ),
)
async def entry_facts(context: Context, argument: str) -> Final:
    """Tell the facts of an entry, on the control connection."""
    path = context.told_path(argument)
    entry = told(context, path, await context.storage.stat(path))
    known = facts.facts_of(entry, context.session.facts, root=path == ROOT)
    return file_replies.facts_of_entry(known + await _digest_facts(context, path, entry), path)


async def _digest_facts(context: Context, path: VirtualPath, entry: Entry) -> str:
    """Return the facts of the digests of a file that are on and known."""
    session = context.session
    facts_on = dict(zip(session.settings.digests, session.digest_facts, strict=False))
    asked = [algorithm for algorithm, fact in facts_on.items() if fact in session.facts]
    if not asked or entry.kind is not EntryKind.FILE:
        return ""
    known = await known_digests(context, path, entry, asked)
    return "".join(f"{facts_on[algorithm]}={known[algorithm]};" for algorithm in asked if algorithm in known)


COMMANDS = (list_long, list_names, list_facts, entry_facts)
