"""Caps on sessions: in all, per host, subnet, account and group.  They are pure counters; each entry has one exit."""

from __future__ import annotations

from ftpd_service.account import Account
from ftpd_service.errors import LimitReached
from ftpd_service.policy.subnets import Subnet, SubnetPrefix
from ftpd_service.reasons import SessionRefusal
from ftpd_service.values import IPAddress

_PREFIX = SubnetPrefix()


class Connections:
    """The counter of control connections, in all, per host and per subnet."""

    __slots__ = ("_by_host", "_by_subnet", "_open", "_per_host", "_per_subnet", "_sessions", "_subnets")

    def __init__(
        self,
        sessions: int,
        per_host: int | None,
        *,
        per_subnet: int | None = None,
        subnets: SubnetPrefix = _PREFIX,
    ) -> None:
        """Take the most concurrent sessions, in all, from one host, and from one subnet (None means no cap)."""
        self._open = 0
        self._by_host: dict[IPAddress, int] = {}
        self.change(sessions, per_host, per_subnet=per_subnet, subnets=subnets)

    def __len__(self) -> int:
        return self._open

    def change(
        self,
        sessions: int,
        per_host: int | None,
        *,
        per_subnet: int | None = None,
        subnets: SubnetPrefix = _PREFIX,
    ) -> None:
        """Change the caps; existing sessions stay, and are counted by the new subnets."""
        self._sessions = sessions
        self._per_host = per_host
        self._per_subnet = per_subnet
        self._subnets = subnets
        self._by_subnet: dict[Subnet, int] = {}
        if per_subnet is not None:
            for host, count in self._by_host.items():
                subnet = subnets.subnet(host)
                self._by_subnet[subnet] = self._by_subnet.get(subnet, 0) + count

    def enter(self, host: IPAddress) -> None:
        """Count a connection of a host in (`ftpd_service.values.Peer.host`).

        :raises LimitReached: a cap is reached, and nothing was counted; the text names the cap.
        """
        if self._open >= self._sessions:
            raise LimitReached(f"limits.sessions: {self._sessions} are open")
        here = self._by_host.get(host, 0)
        if self._per_host is not None and here >= self._per_host:
            text = f"limits.sessions_per_host: {self._per_host} are open from {host}"
            raise LimitReached(text, cause=SessionRefusal.SESSIONS_PER_HOST)
        if self._per_subnet is not None:
            self._enter_subnet(self._subnets.subnet(host), self._per_subnet)
        self._open += 1
        self._by_host[host] = here + 1

    def _enter_subnet(self, subnet: Subnet, most: int) -> None:
        here = self._by_subnet.get(subnet, 0)
        if here >= most:
            text = f"limits.sessions_per_subnet: {most} are open from {subnet}"
            raise LimitReached(text, cause=SessionRefusal.SESSIONS_PER_SUBNET)
        self._by_subnet[subnet] = here + 1

    def leave(self, host: IPAddress) -> None:
        """Count a connection out that was counted in."""
        here = self._by_host[host] - 1
        self._open -= 1
        if here:
            self._by_host[host] = here
        else:
            del self._by_host[host]
        if self._per_subnet is not None:
            subnet = self._subnets.subnet(host)
            self._by_subnet[subnet] -= 1
            if not self._by_subnet[subnet]:
                del self._by_subnet[subnet]


class AccountSessions:
    """The counter of sessions that are logged in, per account and per group."""

    __slots__ = ("_by_account", "_by_group")

    def __init__(self) -> None:
        self._by_account: dict[str, int] = {}
        self._by_group: dict[str, int] = {}

    def count(self, account: str) -> int:
        """Return the number of an account's sessions."""
        return self._by_account.get(account, 0)

    def enter(self, account: Account) -> None:
        """Count a session in; it leaves with the same record.

        :raises LimitReached: a cap is reached, and nothing was counted; the text begins with the key of the cap.
        """
        name, group, most = account.name, account.group, account.group_sessions
        if account.sessions is not None and self.count(name) >= account.sessions:
            raise LimitReached(f"limits.sessions_per_account: {account.sessions} of account {name!r} are open")
        if group is not None:
            here = self._by_group.get(group, 0)
            if most is not None and here >= most:
                raise LimitReached(f"groups.{group}.limits.group_sessions: {most} of group {group!r} are open")
            self._by_group[group] = here + 1
        self._by_account[name] = self.count(name) + 1

    def leave(self, account: Account) -> None:
        """Count a session out that was counted in."""
        _count_out(self._by_account, account.name)
        if account.group is not None:
            _count_out(self._by_group, account.group)


def _count_out(counts: dict[str, int], name: str) -> None:
    counts[name] -= 1
    if not counts[name]:
        del counts[name]
