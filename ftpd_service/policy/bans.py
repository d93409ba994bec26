"""Bans of hosts, subnets and accounts after failed logins.  Pure: `now` is an argument, in seconds since 1970.

Every ban of an address is a network, so an IPv6 host (the network of its prefix) is found by each of its addresses.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address, ip_network

from ftpd_service.policy.logins import name_key
from ftpd_service.policy.subnets import Subnet, SubnetPrefix
from ftpd_service.policy.tls_networks import within
from ftpd_service.values import IPAddress, Networks, Peer

MOST_BANS = 10_000
"""The most bans that the server makes itself; beyond them the oldest is lifted.  Bans of operators always count."""

MOST_FAILING = 10_000
"""The most hosts, subnets and names whose failures are counted; the one whose last failure is oldest is forgotten."""


class BanKind(Enum):
    """The subject of a ban; the values are those of the database."""

    HOST = "host"
    SUBNET = "subnet"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """One ban."""

    kind: BanKind
    subject: str
    """An address, a network, or the name of an account as clients type it (surrogateescape)."""
    since: float
    until: float | None = None
    """None: until an operator lifts it."""
    reason: str = ""
    automatic: bool = False
    """Whether the server made it, and not an operator."""

    @property
    def key(self) -> tuple[BanKind, str]:
        """Return what is banned; there is one ban for each key."""
        return self.kind, self.subject

    def over(self, now: float) -> bool:
        """Return whether the ban has ended."""
        return self.until is not None and self.until <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class BanSettings:
    """The rule by which the server bans."""

    failures: int = 10
    within_seconds: float = 600.0
    """The time within which so many failures lead to a ban."""
    duration_seconds: float = 3600.0
    subnets: bool = False
    """Whether failures count for the subnet of a host instead of the host."""
    accounts: bool = True
    """Whether failures count for the name too."""
    exempt: Networks = field(default=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
    """The networks that are never banned, and whose failures do not count."""


def address_subject(network: Subnet) -> str:
    """Return a network as the subject of a ban; a single address has no prefix."""
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def account_subject(name: bytes) -> str:
    """Return a name as the subject of a ban; long names that begin alike share a ban."""
    return name_key(name).decode("utf-8", "surrogateescape")


def outlasts(former: Ban | None, ban: Ban) -> bool:
    """Return whether a former ban of the same subject ends after another one."""
    if former is None or ban.until is None:
        return False
    return former.until is None or former.until > ban.until


class Bans:
    """The bans in force, and the failures that lead to further ones."""

    __slots__ = (
        "_accounts",
        "_automatic",
        "_failures",
        "_forgotten_until",
        "_most",
        "_networks",
        "_settings",
        "_subnets",
    )

    def __init__(self, settings: BanSettings | None, subnets: SubnetPrefix, *, most_bans: int = MOST_BANS) -> None:
        """Take the rule; with None the server makes no bans, and those of operators count."""
        self._settings = settings
        self._subnets = subnets
        self._most = most_bans
        self._networks: dict[tuple[BanKind, int, int], dict[int, Ban]] = {}
        self._accounts: dict[str, Ban] = {}
        self._automatic: OrderedDict[tuple[BanKind, str], float] = OrderedDict()
        self._forgotten_until = float("-inf")
        self._failures: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._accounts) + sum(len(table) for table in self._networks.values())

    def change(self, settings: BanSettings | None, subnets: SubnetPrefix) -> None:
        """Put another rule into force; bans stay."""
        if (settings, subnets) == (self._settings, self._subnets):
            return
        self._settings = settings
        self._subnets = subnets
        self._failures.clear()

    def all(self) -> list[Ban]:
        """Return all bans, also those that have ended."""
        return [*self._accounts.values(), *(ban for table in self._networks.values() for ban in table.values())]

    def of_address(self, address: IPAddress, now: float) -> Ban | None:
        """Return the ban of a client's address, or None."""
        if not self._networks or self.exempts(address):
            return None
        bits, number = address.max_prefixlen, int(address)
        for (_, version, prefix), table in self._networks.items():
            ban = table.get(number >> (bits - prefix)) if version == address.version else None
            if ban is not None and not ban.over(now):
                return ban
        return None

    def exempts(self, address: IPAddress) -> bool:
        """Return whether no ban concerns a client's address."""
        return self._settings is not None and within(self._settings.exempt, address)

    def of_name(self, name: bytes, now: float) -> Ban | None:
        """Return the ban of the account that a client names, or None."""
        ban = self._accounts.get(account_subject(name)) if self._accounts else None
        return None if ban is None or ban.over(now) else ban

    def failed(self, peer: Peer, name: bytes, now: float) -> list[Ban]:
        """Count a wrong password, and return the bans that it leads to."""
        settings = self._settings
        if settings is None or within(settings.exempt, peer.address):
            return []
        network = self._subnets.subnet(peer.host) if settings.subnets else _network_of(peer)
        kind = BanKind.SUBNET if settings.subnets else BanKind.HOST
        wanted = [(kind, address_subject(network))]
        if settings.accounts:
            wanted.append((BanKind.ACCOUNT, account_subject(name)))
        due = [one for one in wanted if self._count(one, settings, now)]
        until = now + settings.duration_seconds
        reason = f"{settings.failures} failed logins within {settings.within_seconds:g} s"
        made = [
            Ban(kind=kind, subject=subject, since=now, until=until, reason=reason, automatic=True)
            for kind, subject in due
        ]
        # The ban of an operator, which may last longer, is not replaced.
        made = [ban for ban in made if not outlasts(self.of_subject(*ban.key), ban)]
        for ban in made:
            self.put(ban)
        return made

    def of_subject(self, kind: BanKind, subject: str) -> Ban | None:
        """Return the ban of a subject, or None."""
        if kind is BanKind.ACCOUNT:
            return self._accounts.get(subject)
        network = ip_network(subject)
        return self._networks.get(_table(kind, network), {}).get(_number(network))

    def put(self, ban: Ban) -> bool:
        """Put a ban into force, in place of another of the same subject; return whether there is room for it.

        A ban that the server has made replaces the oldest such ban if there are too many, and is ignored if it is older
        than those that were replaced.

        :raises ValueError: the subject is not a network.
        """
        if ban.automatic and ban.since <= self._forgotten_until:
            return False
        if ban.kind is BanKind.ACCOUNT:
            self._accounts[ban.subject] = ban
        else:
            network = ip_network(ban.subject)
            self._networks.setdefault(_table(ban.kind, network), {})[_number(network)] = ban
        self._automatic.pop(ban.key, None)
        if ban.automatic:
            self._automatic[ban.key] = ban.since
            if len(self._automatic) > self._most:
                key, self._forgotten_until = next(iter(self._automatic.items()))
                self.lift(*key)
        return True

    def lift(self, kind: BanKind, subject: str) -> Ban | None:
        """Lift a ban, and return it, or None if there was none."""
        self._automatic.pop((kind, subject), None)
        if kind is BanKind.ACCOUNT:
            return self._accounts.pop(subject, None)
        network = ip_network(subject)
        table = self._networks.get(_table(kind, network), {})
        ban = table.pop(_number(network), None)
        if not table:
            self._networks.pop(_table(kind, network), None)
        return ban

    def _count(self, key: tuple[BanKind, str], settings: BanSettings, now: float) -> bool:
        """Count a failure; return whether a ban is due, which begins the count anew."""
        times = self._failures.pop(key, None)
        if times is None or times.maxlen != settings.failures:
            times = deque(times or (), maxlen=settings.failures)
        times.append(now)
        if len(times) == settings.failures and now - times[0] <= settings.within_seconds:
            return True
        self._failures[key] = times
        if len(self._failures) > MOST_FAILING:
            self._failures.popitem(last=False)
        return False


def _network_of(peer: Peer) -> Subnet:
    prefix = 32 if isinstance(peer.host, IPv4Address) else peer.ipv6_prefix
    return ip_network(f"{peer.host}/{prefix}")


def _table(kind: BanKind, network: Subnet) -> tuple[BanKind, int, int]:
    # A host of IPv6 and a subnet may be one network, and are two bans.
    return kind, network.version, network.prefixlen


def _number(network: Subnet) -> int:
    return int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
