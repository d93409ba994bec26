"""Sub-commands that tell where the configuration is named, and how output is told that cannot be written."""

from __future__ import annotations

import os

import click


class HintedCommand(click.Command):
    """A sub-command that tells where the configuration is named, to those who name it behind the sub-command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words behind the sub-command.

        :raises click.UsageError: they are not right.
        """
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as problem:
            if not any(word.startswith(("-c", "--config")) or os.path.isfile(word) for word in given):
                raise
            program, _, name = ctx.command_path.partition(" ")
            hint = f"The configuration stands before the sub-command: {program} -c FILE {name}"
            raise click.UsageError(f"{problem.format_message()}\n{hint}", ctx=ctx) from problem


class HintedGroup(click.Group):
    command_class = HintedCommand
    group_class = type

    def invoke(self, ctx: click.Context) -> object:
        """Run a sub-command.

        :raises click.ClickException: its output cannot be written, as to a full disk.
        """
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except OSError as problem:
            raise click.ClickException(f"{problem.filename or 'the output'}: {problem.strerror}") from problem
