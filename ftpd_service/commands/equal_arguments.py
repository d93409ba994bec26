"""Carries out a verb, after its paths are looked up where some names are the same name (``names``).

So rules, the policy of uploads, events and logs are about the path that the storage has.
"""

from __future__ import annotations

from collections.abc import Iterator

from ftpd_service.commands.command import AnyCommand
from ftpd_service.commands.context import Context
from ftpd_service.session.sequence import OneShot
from ftpd_service.wire.patterns import has_wildcards
from ftpd_service.wire.reply import Final


async def carry_out(context: Context, command: AnyCommand, argument: object) -> Final:
    """Carry out a verb whose argument is parsed."""
    if context.session.equal_names is not None and command.facts.access is not None:
        texts = [text for text in _paths_in(argument) if text and not has_wildcards(text)]
        await context.look_up(*texts, renames=OneShot.RENAME in command.facts.needs)
    return await command.run(context, argument)


def _paths_in(argument: object) -> Iterator[str]:
    """Yield the paths of an argument: it is a path, or several, or has them beside something else."""
    if isinstance(argument, str):
        yield argument
    elif isinstance(argument, tuple):
        yield from (one for one in argument if isinstance(one, str))
    else:
        yield from (one for name in ("path", "shorter") if isinstance(one := getattr(argument, name, None), str))
