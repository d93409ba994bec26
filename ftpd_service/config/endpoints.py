"""Endpoints in the notation of the file, and the checks of single endpoints and of conflicting endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from twisted.internet.endpoints import serverFromString
from twisted.internet.testing import MemoryReactor

from ftpd_service.config.problems import FromEnvironment, found
from ftpd_service.values import IPAddress

EXAMPLE = "tcp:2121:interface=127.0.0.1"
PROXIED = "haproxy:"
"""The prefix of endpoints with PROXY headers; our code reads the header, because Twisted's code greets too early."""

_TCP_PORT = re.compile(r"tcp6?:(?:port=)?(-?[0-9]+)(?::|\Z)")
_PIECES = re.compile(r"(?:[^:\\]|\\.)+")
"""The parts between colons, except colons after a backslash."""
_BARE_IPV6 = re.compile(r"interface=(\[?[0-9A-Fa-f]*:[0-9A-Fa-f:.]*[^:\s]*)")
"""An IPv6 address whose colons have no backslash."""

_REASONS = (
    (re.compile(r"unexpected keyword argument '(\w+)'"), "the argument {} is unknown here"),
    (re.compile(r"missing \d+ required positional argument.*'(\w+)'"), "{} is missing"),
    (re.compile(r"invalid literal for int\(\) with base 10: '(.*)'"), '"{}" is no number'),
    (re.compile(r"multiple values for argument '(\w+)'"), "{} is given twice"),
    (re.compile(r"takes .* positional arguments"), "more values than it takes"),
)
"""Python's complaints about arguments of Twisted's functions, with their translations for operators."""


def endpoint(value: object) -> str:
    """Return the description of a Twisted server endpoint whose clients have IP addresses.

    ``systemd:`` is valid even if no such socket exists yet, because systemd passes its sockets at the start.
    """
    if isinstance(value, str):
        if value.removeprefix(PROXIED).startswith(("ssl:", "tls:")):
            raise ValueError("expected an endpoint without TLS, which the key tls switches on: tls: implicit")
        if value.startswith("unix:"):
            raise ValueError("expected an endpoint whose clients have IP addresses, found a unix socket")
    return _described(value)


def any_endpoint(value: object) -> str:
    """Return the description of a Twisted server endpoint of any kind, but not behind a proxy."""
    if isinstance(value, str) and value.startswith(PROXIED):
        raise ValueError("expected an endpoint without haproxy:, as nothing here asks for the client's address")
    return _described(value)


def _described(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f"expected a Twisted endpoint such as {EXAMPLE}, found {found(value)}")
    inner = value.removeprefix(PROXIED)
    try:
        # This endpoint is discarded and opens no port; it only stores the reactor.
        serverFromString(MemoryReactor(), str(value))
    except (IndexError, KeyError, ValueError, TypeError, OSError) as error:
        if not (inner.startswith("systemd:") and isinstance(error, LookupError)):
            raise ValueError(_refusal(value, error)) from None
    port = _TCP_PORT.match(inner)
    if port and not _is_port(port[1]):
        raise ValueError(f"expected a port from 0 to 65535, found {found(value)}")
    return str(value)


def _is_port(digits: str) -> bool:
    return len(digits) < 20 and 0 <= int(digits) <= 65535


def _refusal(value: str, error: Exception) -> str:
    bare = _BARE_IPV6.search(value)
    if bare is not None:
        # The text is not shown if it came from the environment; the rule is the same.
        address = "::1" if isinstance(value, FromEnvironment) else bare[1].strip("[]")
        escaped = address.replace(":", "\\:")
        doubled = escaped.replace("\\", "\\\\")
        return (
            "the colons of an IPv6 address each need a backslash before them, and no brackets: "
            f"'tcp6:PORT:interface={escaped}' in single quotes, or \"tcp6:PORT:interface={doubled}\" in double quotes"
        )
    reason = "" if isinstance(value, FromEnvironment) else f" ({_reason(error)})"
    return f"expected a Twisted endpoint such as {EXAMPLE} or tcp6:2121:interface=\\:\\:1, found {found(value)}{reason}"


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    text = str(error)
    for pattern, meaning in _REASONS:
        match = pattern.search(text)
        if match:
            return meaning.format(*match.groups())
    return text


@dataclass(frozen=True, slots=True)
class ListenPlace:
    """The address and port of a TCP endpoint."""

    port: int
    address: IPAddress | str
    """A host name if the interface is given by name."""
    both_families: bool

    def overlaps(self, other: ListenPlace) -> bool:
        """Return whether the system would refuse to open the second of two places."""
        if self.port != other.port:
            return False
        return self.address == other.address or self._holds(other) or other._holds(self)

    def _holds(self, other: ListenPlace) -> bool:
        if isinstance(self.address, str) or isinstance(other.address, str) or not self.address.is_unspecified:
            return False
        return self.both_families or self.address.version == other.address.version


def v6_only() -> bool:
    """Return whether ``::`` excludes IPv4 on this system."""
    try:
        with open("/proc/sys/net/ipv6/bindv6only", "rb") as file:
            return file.read().strip() == b"1"
    except OSError:
        return False


def place(endpoint: str, *, v6_only: bool) -> ListenPlace | None:
    """Return the place of an endpoint, or None for any free port, a socket of systemd, or an invalid description.

    :param v6_only: whether ``::`` excludes IPv4 on this system.
    """
    kind, named = arguments(endpoint)
    port = named.get("port", "")
    if not port.isascii() or not port.isdigit() or not _is_port(port) or not int(port):
        return None
    interface = named.get("interface") or ("0.0.0.0" if kind == "tcp" else "::")
    try:
        address: IPAddress = ip_address(interface)
    except ValueError:
        return ListenPlace(int(port), interface, False)
    both = isinstance(address, IPv6Address) and address.is_unspecified and not v6_only
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return ListenPlace(int(port), address, both)


def arguments(endpoint: str) -> tuple[str, dict[str, str]]:
    """Return the kind of an endpoint, such as ``tcp6``, and its arguments by name, without backslashes."""
    pieces = [piece.replace("\\", "") for piece in _PIECES.findall(endpoint.removeprefix(PROXIED))]
    kind = pieces[0] if pieces else ""
    return kind, dict(_named(pieces[1:], _ORDER.get(kind, ())))


def with_backlog(endpoint: str, backlog: int) -> str:
    """An endpoint with this many places for connections that wait to be accepted.

    It stays as it is where the operator has given a number, and where no TCP port is opened by it.
    """
    kind, *pieces = _PIECES.findall(endpoint)
    order = _ORDER.get(kind)
    if order is None or any(name == "backlog" for name, _ in _named(pieces, order)):
        return endpoint
    return f"{endpoint}:backlog={backlog}"


_ORDER = {"tcp": ("port", "interface", "backlog"), "tcp6": ("port", "backlog", "interface")}
"""The order of Twisted's arguments that have no name."""


def _named(pieces: list[str], order: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    names = iter(order)
    for piece in pieces:
        name, equals, value = piece.partition("=")
        yield (name, value) if equals else (next(names, ""), piece)
