"""The output of sub-commands: JSON for programs, and text that is safe for terminals."""

from __future__ import annotations

import json

import click


def print_json(told: object) -> None:
    """Print a value as JSON, in lines that people can read too."""
    click.echo(json_text(told, indent=2))


def json_text(told: object, *, indent: int | None = None) -> str:
    """Return a value as JSON in which characters that could steer a terminal are escaped."""
    text = json.dumps(told, ensure_ascii=False, indent=indent)
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter == "\n" else _escape(letter) for letter in text)


def _escape(letter: str) -> str:
    # JSON has escapes of 16 bits only: two for a character beyond them.
    return json.dumps(letter)[1:-1] if ord(letter) > 0xFFFF else f"\\u{ord(letter):04x}"
