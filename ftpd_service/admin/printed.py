"""The output of sub-commands for programs."""

from __future__ import annotations

import json

import click


def print_json(told: object) -> None:
    """Print a value as JSON, in lines that people can read too."""
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))
