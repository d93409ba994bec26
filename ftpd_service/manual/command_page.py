"""The generator of the manual page ftpd-service(1): ``python -m ftpd_service.manual.command_page``.

The page follows the tree of click's commands: their help, their arguments and options.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from inspect import cleandoc

import click

import ftpd_service
from ftpd_service.admin.cli import CONFIGURATION, main
from ftpd_service.admin.completion_command import PROGRAM
from ftpd_service.manual import roff

_DESCRIPTION = f"""\
``{PROGRAM}`` serves files by FTP and FTPS, as its configuration says, and has the tools of the server's operator.
Options of the command itself, such as ``-c``, stand before the sub-command. Each sub-command has ``--help``.

With ``--json`` a sub-command prints JSON for programs. Mistakes are told in one line on standard error.
"""

_STATUS = (
    ("0", "The sub-command has done its work; a server was stopped by SIGTERM or SIGINT."),
    (
        "1",
        "The sub-command could not do its work: the configuration has a mistake, there is no such account or session, "
        "or the running service refuses. ``reload``: nothing was applied. ``explain``: the server refuses.",
    ),
    ("2", "The command line is wrong. ``explain``: the question is wrong."),
    ("3", "No running service answers at the admin socket, or the service has ended meanwhile."),
)

_EXAMPLE = f"""\
{PROGRAM} init --account alice --home /srv/ftp/alice
{PROGRAM} check
{PROGRAM} serve
{PROGRAM} explain alice STOR /in/report.pdf
"""

_ABOUT_EXAMPLE = "To make a configuration with one account, check it, serve, and ask why an upload is refused:"


def command_page(command: click.Group = main) -> str:
    """Return the whole page of a command."""
    context = click.Context(command, info_name=PROGRAM)
    synopsis = rf"{roff.bold(PROGRAM)} [{roff.bold('-c')} {roff.italic('FILE')}] {roff.italic('COMMAND')} ..."
    return "".join(
        (
            roff.title(PROGRAM, 1, source=f"{PROGRAM} {ftpd_service.__version__}", volume="General Commands Manual"),
            roff.section("NAME", (rf"{roff.escaped(PROGRAM)} \- FTP and FTPS daemon",)),
            roff.section("SYNOPSIS", (synopsis,)),
            roff.section("DESCRIPTION", roff.blocks(_DESCRIPTION)),
            roff.section("OPTIONS", _options(command, context)),
            roff.section("COMMANDS", _commands(command, context)),
            roff.section("EXIT STATUS", (line for status, text in _STATUS for line in _status(status, text))),
            roff.section("FILES", roff.entry(roff.italic(CONFIGURATION), ("The configuration.",))),
            roff.section("EXAMPLES", (*roff.filled(_ABOUT_EXAMPLE), *roff.example(_EXAMPLE.splitlines()))),
            roff.section("SEE ALSO", (r"\fBftpd.yaml\fR(5), \fBtwistd\fR(1), \fBsystemctl\fR(1)",)),
        )
    )


def _commands(group: click.Group, above: click.Context) -> Iterator[str]:
    """Yield the sub-commands of a group and theirs, in the order of the alphabet."""
    for name in group.list_commands(above):
        command = group.get_command(above, name)
        if command is None or command.hidden:
            continue
        context = click.Context(command, parent=above, info_name=name)
        yield from roff.subsection(_words(context), _text(command, context))
        if isinstance(command, click.Group):
            yield from _commands(command, context)


def _text(command: click.Command, context: click.Context) -> Iterator[str]:
    """Yield the usage of a sub-command, its help and its options."""
    if not isinstance(command, click.Group):
        pieces = command.collect_usage_pieces(context)
        # Without other options, [OPTIONS] stands for --help alone.
        usage = " ".join(piece for piece in pieces if piece != "[OPTIONS]" or any(_records(command, context)))
        yield from roff.filled(f"{roff.bold(_words(context))} {_placeholders(usage)}")
        yield ".PP"
    yield from roff.blocks(cleandoc(command.help or "").replace("\b\n", ""))
    yield from _options(command, context)


def _words(context: click.Context) -> str:
    """Return a sub-command as an operator types it behind the options of the command."""
    return context.command_path.partition(" ")[2]


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    """Yield the options of a command; its arguments stand in the usage, and the help speaks of them."""
    for forms, text in _records(command, context):
        yield from roff.entry(_placeholders(forms), roff.filled(roff.inline(text)))


def _records(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    options = (parameter for parameter in command.params if isinstance(parameter, click.Option))
    return filter(None, (option.get_help_record(context) for option in options))


def _placeholders(usage: str) -> str:
    """Return options in bold, and words in capitals in italics."""
    parts = re.split(r"((?<![\w-])--?[a-z][\w-]*|\b[A-Z][A-Z]+\b)", usage)
    shown = [roff.escaped(part) for part in parts]
    shown[1::2] = [roff.bold(part) if part.startswith("-") else roff.italic(part) for part in parts[1::2]]
    # A usage may be divided behind a bar.
    return "".join(shown).replace("|", r"|\:")


def _status(status: str, text: str) -> Iterator[str]:
    return roff.entry(roff.bold(status), roff.filled(roff.inline(text)))


if __name__ == "__main__":
    sys.stdout.write(command_page())
