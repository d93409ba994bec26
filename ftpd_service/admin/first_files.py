"""The first files of a new server: a self-signed certificate, and a configuration with one account."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from ftpd_service.admin.new_files import NewFiles
from ftpd_service.config.load import load
from ftpd_service.tls.self_signed import self_signed

CERTIFICATE = "fullchain.pem"
PRIVATE_KEY = "privkey.pem"
"""Certbot's file names, so that a real certificate can replace the self-signed certificate."""

DATABASE = "ftpd.db"
"""The SQLite file beside the configuration."""

TLS_FOLDER = "tls"
"""The folder of certificate and key, beside the configuration."""

_CONFIGURATION = """\
# The configuration of ftpd-service.
#
#   ftpd-service -c FILE check      reports every mistake with its line
#   ftpd-service -c FILE serve      serves in the foreground; Ctrl-C ends it
#   ftpd-service print config       prints every key with its default and its unit
#
# Relative paths are relative to this file.

listeners:
  - endpoint: "tcp:{port}"            # IPv4; both families: "tcp6:{port}:interface=\\\\:\\\\:"
    tls: required                   # logins need TLS; explicit: TLS is offered, and logins in clear are accepted

# This certificate is self-signed, so clients trust it only on request (curl -k).  Enter the files of certbot or another
# authority here.  The server loads changed files by itself.
tls:
  certificate: {folder}/{certificate}
  private_key: {folder}/{private_key}

data_connections:
  passive_address: auto             # behind NAT: the public address or host name
  #passive_ports: "50000-50999"     # absent: any free port; open the same ports in the firewall

{accounts}"""

_ACCOUNT_OF_FILE = """\
accounts:
  {account}:
    password: {password}
    home: {home}  # the account sees this directory as /
    permissions: all                # or read, or write (which cannot replace or remove files), or a list
    create_home: true               # at the first login
  #anonymous:
    #password: any
    #home: /srv/ftp/pub
    #permissions: read
"""


_ACCOUNTS_OF_DATABASE = """\
# Accounts are in the database: ftpd-service -c FILE account add NAME, and 'account --help' for more.
database: sqlite:///{database}
auth:
  checkers: [database]
account_defaults:
  permissions: all                  # or read, or write (which cannot replace or remove files), or a list
  create_home: true                 # at the first login
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAccount:
    """The account of a first configuration."""

    name: str
    password: str
    """The hash of the password."""
    home: str


def own_names() -> list[str]:
    """Return the names of this host for a certificate, if the operator gives no name."""
    return ["localhost", socket.gethostname()]


def write_certificate(files: NewFiles, folder: str, names: Sequence[str]) -> tuple[str, str]:
    """Write a certificate and its key, and return their absolute paths.

    :raises OSError: a file exists already, or cannot be written.
    :raises LookupError: there is no such group.
    :raises ValueError: a name is invalid.
    """
    certificate, key = self_signed(names, now=datetime.now(timezone.utc))
    folder = os.path.abspath(folder)
    paths = os.path.join(folder, CERTIFICATE), os.path.join(folder, PRIVATE_KEY)
    files.directory(folder)
    files.public(paths[0], certificate)
    files.secret(paths[1], key)
    return paths


def write_configuration(files: NewFiles, path: str, *, port: int, accounts: str) -> None:
    """Write a configuration whose certificate lies in `TLS_FOLDER`, and read it as the server would.

    :param accounts: the sections about accounts: `of_file` or `of_database`.
    :raises OSError: the file exists already, or cannot be written.
    :raises LookupError: there is no such group.
    :raises ConfigError: the account's name or home is invalid.
    """
    files.directory(os.path.dirname(os.path.abspath(path)))
    text = _CONFIGURATION.format(
        port=port,
        folder=TLS_FOLDER,
        certificate=CERTIFICATE,
        private_key=PRIVATE_KEY,
        accounts=accounts,
    )
    files.secret(path, text.encode())
    load(path, {})


def of_file(account: FirstAccount) -> str:
    """Return the section of an account in the file."""
    return _ACCOUNT_OF_FILE.format(
        account=_quoted(account.name), password=_quoted(account.password), home=_quoted(account.home)
    )


def of_database() -> str:
    """Return the sections of a service whose accounts are in a database beside the file."""
    return _ACCOUNTS_OF_DATABASE.format(database=DATABASE)


def _quoted(text: str) -> str:
    """Return a text as YAML in JSON's double quotes, with ``${NAME}`` escaped."""
    return json.dumps(text.replace("${", "$${"), ensure_ascii=False)
