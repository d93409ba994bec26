"""Reading a password from the operator, and hashing it."""

from __future__ import annotations

import sys

import click
from argon2 import PasswordHasher

from ftpd_service.auth.passwords import LONGEST_PASSWORD_OCTETS


def ask_password() -> bytes:
    """Read a password, twice and without echo from a terminal, otherwise as the next line of standard input.

    :raises click.ClickException: the password is empty, too long for a login, or not UTF-8.
    """
    stream = sys.stdin
    if stream is None:
        password = b""
    elif stream.isatty():
        typed = click.prompt("Password", hide_input=True, confirmation_prompt="Once more", err=True)
        password = str(typed).encode()
    else:
        try:
            password = stream.readline().rstrip("\r\n").encode()
        except UnicodeError:
            raise click.ClickException("the password is not UTF-8") from None
    if not password:
        raise click.ClickException("no password was given; without a terminal it is the next line of standard input")
    if len(password) > LONGEST_PASSWORD_OCTETS:
        raise click.ClickException(f"a password has {LONGEST_PASSWORD_OCTETS} bytes at most")
    return password


def hashed(password: bytes) -> str:
    """Return the argon2id hash of a password, in the form for ``accounts.*.password``."""
    return PasswordHasher().hash(password)
