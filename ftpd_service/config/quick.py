"""The configuration of ``twistd ftpd`` without a file: one directory, for the moment, on the loopback address."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from twisted.internet.endpoints import quoteStringArgument

from ftpd_service.accounts.settings import AccountSettings, AccountsSettings
from ftpd_service.config.schema import Config, ListenerSettings
from ftpd_service.values import Permissions


class UnfitDirectory(ValueError):
    """The directory cannot be served in this form; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickOptions:
    """What the command line gives in place of a file."""

    root: str = "."
    port: int = 2121
    interface: str = "127.0.0.1"
    """An IPv4 or IPv6 address; ``::`` serves both families."""
    users: Sequence[tuple[str, str]] = ()
    """Names and passwords in clear.  With any, nobody else gets in; without, ``anonymous`` does."""
    writable: bool = False
    """Whether ``anonymous`` may write too; named users always may."""


def quick_config(options: QuickOptions) -> Config:
    """The configuration that the options come to.

    :raises UnfitDirectory: for the root of the host, and for what is no directory.
    :raises ValueError: when the interface is no address.
    """
    root = os.path.realpath(options.root)
    if root == "/":
        raise UnfitDirectory("this would serve the whole host: choose another directory than / with --root")
    if not os.path.isdir(root):
        raise UnfitDirectory(f"no such directory: {options.root}")
    if "{name}" in root:
        raise UnfitDirectory("a directory with {name} in its path needs a configuration file")
    if options.users:
        accounts = {
            name: AccountSettings(password="{plain}" + password, home=root, permissions=Permissions.ALL)
            for name, password in options.users
        }
    else:
        rights = Permissions.ALL if options.writable else Permissions.LIST | Permissions.READ
        accounts = {"anonymous": AccountSettings(password="any", home=root, permissions=rights)}
    return Config(
        listeners=(ListenerSettings(endpoint=_endpoint(options)),),
        accounts=AccountsSettings(accounts=accounts),
    )


def summary(options: QuickOptions) -> str:
    """What is served to whom, in one line without passwords."""
    if options.users:
        people, may = ", ".join(name for name, _ in options.users), "for reading and writing"
    else:
        people, may = "anonymous", "for reading and writing" if options.writable else "read-only"
    place = f"[{options.interface}]" if ":" in options.interface else options.interface
    return f"serving {os.path.realpath(options.root)} {may} to {people} on {place}:{options.port}"


def _endpoint(options: QuickOptions) -> str:
    address = ip_address(options.interface)
    kind = "tcp6" if isinstance(address, IPv6Address) else "tcp"
    return f"{kind}:{options.port}:interface={quoteStringArgument(str(address))}"
