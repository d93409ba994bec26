"""The configuration of ``twistd ftpd`` without a file: a single directory on the loopback address."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from twisted.internet.endpoints import quoteStringArgument

from ftpd_service.account import AccountSettings
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.config.schema import Config, ListenerSettings, ServiceSettings
from ftpd_service.values import Permissions


class UnfitDirectory(ValueError):
    """The directory cannot be served without a configuration file; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickOptions:
    """The options of the command line that replace a file."""

    root: str = "."
    port: int = 2121
    interface: str = "127.0.0.1"
    """An IPv4 or IPv6 address; ``::`` serves both families."""
    users: Sequence[tuple[str, str]] = ()
    """Names and passwords in clear.  If there is no name, only ``anonymous`` can log in."""
    writable: bool = False
    """Whether ``anonymous`` may write too; named users always may."""


def quick_config(options: QuickOptions) -> Config:
    """Return the configuration for the options.

    :raises UnfitDirectory: for the root of the host, and for a path that is not a directory.
    :raises ValueError: the interface is not an address.
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
        # A trial on this host needs no user of its own.
        service=ServiceSettings(allow_root=ip_address(options.interface).is_loopback),
    )


def summary(options: QuickOptions) -> str:
    """Describe the directory and its users in a line without passwords."""
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
