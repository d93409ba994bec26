"""The sub-commands that make or print what a server needs before it can run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps

import click

from ftpd_service.admin.account_commands import add_first
from ftpd_service.admin.completed_values import DIRECTORY
from ftpd_service.admin.database_of_file import upgraded
from ftpd_service.admin.first_files import (
    DATABASE,
    TLS_FOLDER,
    FirstAccount,
    of_database,
    of_file,
    own_names,
    write_certificate,
    write_configuration,
)
from ftpd_service.admin.hinted import HintedCommand, HintedGroup
from ftpd_service.admin.new_files import NewFiles
from ftpd_service.admin.password_prompt import ask_password, hashed
from ftpd_service.admin.questions import answer
from ftpd_service.admin.shipped import SHIPPED, shipped
from ftpd_service.admin.start_commands import demand_file
from ftpd_service.config.json_schema import json_schema
from ftpd_service.config.problems import ConfigError
from ftpd_service.tls.self_signed import DAYS

SCHEMA = "schema"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForCertificate:
    """The options of all sub-commands that make a certificate."""

    names: Sequence[str]
    group: str | None


def _certificate_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a sub-command these options, as one `ForCertificate` in its parameter ``wanted``."""

    @click.option(
        "--name",
        "names",
        metavar="NAME",
        multiple=True,
        help="A host name or address of the server, for the certificate; may be given again.  Default: this host.",
    )
    @click.option(
        "--group",
        metavar="GROUP",
        help="The group of the service, which may then read the secret files.  Default: only you may read them.",
    )
    @wraps(command)
    def with_certificate(*given: object, names: Sequence[str], group: str | None, **more: object) -> None:
        command(*given, wanted=ForCertificate(names=names or own_names(), group=group), **more)

    return with_certificate


@contextmanager
def _told() -> Iterator[None]:
    """Turn problems with files into one line and exit status 1."""
    try:
        yield
    except OSError as problem:
        raise click.ClickException(f"{problem.filename}: {problem.strerror}") from problem
    except ConfigError as problem:
        raise click.ClickException("\n".join(problem.lines())) from problem
    except (LookupError, ValueError) as problem:
        raise click.ClickException(str(problem.args[0])) from problem


def _default_home(account: str) -> str:
    return f"/srv/ftp/{account}" if os.geteuid() == 0 else os.path.expanduser("~/ftp")


@click.command(cls=HintedCommand)
@click.option("--account", metavar="NAME", help="The name of the first account.")
@click.option("--home", metavar="DIR", type=DIRECTORY, help="The directory that the account sees as /.")
@click.option(
    "--port", metavar="PORT", default=2121, show_default=True, type=click.IntRange(1, 65535), help="The control port."
)
@click.option("--database", "in_database", is_flag=True, help="Keep accounts in an SQLite database beside FILE.")
@_certificate_options
@click.pass_obj
def init(
    config: str, account: str | None, home: str | None, port: int, in_database: bool, wanted: ForCertificate
) -> None:
    """Write FILE with one account, and a certificate beside it.

    The command asks for values that no option gives.  It reads the password without echo, or as a line from a pipe.  It
    never overwrites a file.
    """
    database = os.path.join(os.path.dirname(config), DATABASE)
    for file in (config, database) if in_database else (config,):
        if os.path.lexists(file):
            raise click.ClickException(f"{file}: File exists")
    account = account or answer("Name of the first account", option="--account NAME")
    home = home or answer("Its directory", option="--home DIRECTORY", default=_default_home(account))
    first = FirstAccount(name=account, password=hashed(ask_password()), home=os.path.abspath(home))
    with _told(), NewFiles(wanted.group) as files:
        write_certificate(files, os.path.join(os.path.dirname(config), TLS_FOLDER), wanted.names)
        write_configuration(files, config, port=port, accounts=of_database() if in_database else of_file(first))
        if in_database:
            add_first(config, first)
    place = "Its database" if in_database else config
    click.echo(
        f"{place} has one account, {account}, and there is a self-signed certificate.  Next:\n\n"
        f"    ftpd-service -c {config} check\n"
        f"    ftpd-service -c {config} serve\n"
        f"    curl -k --ssl-reqd -u {account} ftp://127.0.0.1:{port}/"
    )


@click.command("print", cls=HintedCommand)
@click.argument("what", type=click.Choice([*SHIPPED, SCHEMA]))
def print_(what: str) -> None:
    """Print a file that comes with the server, so that you can save it at its place.

    config shows every key with its default; schema is the JSON Schema of the configuration for editors; unit and socket
    are for systemd; fail2ban prints the filter and the jail together, and each of the two has its own word.
    """
    click.echo(f"{json.dumps(json_schema(), indent=2)}\n" if what == SCHEMA else shipped(what), nl=False)


@click.command("hash-password", cls=HintedCommand)
def hash_password() -> None:
    """Print the argon2id hash of a password, for the configuration.

    The command asks without echo, or reads one line from a pipe.
    """
    click.echo(hashed(ask_password()))


@click.group(cls=HintedGroup)
def database() -> None:
    """Keep the database of accounts."""


@database.command()
@click.pass_obj
def upgrade(config: str) -> None:
    """Make the tables of the database that FILE names, or bring them to this version.

    Run the command as the user of the service, before the first start and after each installation of a new version.  A
    second run does nothing, and two at once are safe.
    """
    demand_file(config)
    with _told():
        click.echo(upgraded(config))


@click.group(cls=HintedGroup)
def tls() -> None:
    """Make certificates."""


@tls.command("self-signed", help=f"Make an ECDSA key and a self-signed certificate for {DAYS} days.")
@click.option(
    "--directory",
    metavar="DIR",
    type=DIRECTORY,
    default=TLS_FOLDER,
    show_default=True,
    help="The directory for the two files.",
)
@_certificate_options
def self_signed(directory: str, wanted: ForCertificate) -> None:
    """Write a self-signed certificate for a first try; clients trust it only on request."""
    with _told(), NewFiles(wanted.group) as files:
        certificate, key = write_certificate(files, directory, wanted.names)
    click.echo(
        f"A certificate for {', '.join(wanted.names)}, for {DAYS} days.  In the configuration file:\n\n"
        f"tls:\n  certificate: {certificate}\n  private_key: {key}"
    )
