"""Asks an operator at a terminal for the values that no option has given."""

from __future__ import annotations

import sys

import click


def answer(question: str, *, option: str, default: str | None = None) -> str:
    """Ask a question; where nobody can answer, the error names the option that would have.

    :param option: the option that gives the same value, as an operator types it.
    :raises click.Abort: the operator has ended the question at the terminal.
    :raises click.ClickException: standard input is closed, or has come to its end.
    """
    unanswered = click.ClickException(f"nobody answers on standard input; give {option}")
    if sys.stdin is None:
        raise unanswered
    try:
        return str(click.prompt(question, default=default))
    except click.Abort:
        if sys.stdin.isatty():
            raise
        click.echo()
        raise unanswered from None
